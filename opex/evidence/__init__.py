"""Facts to findings and candidate opportunities. Pure."""
