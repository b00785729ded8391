"""Files of our own making that try to break opex, and honest ones that only look odd; each with its truth."""
