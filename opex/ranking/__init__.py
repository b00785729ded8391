"""Opportunities and drivers to a ranking with its reasons. Pure."""
