"""The page Sessions, a module for each state of a session."""
