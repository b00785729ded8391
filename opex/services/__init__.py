"""One module for an activity, one function for each thing a person asks for."""
