"""A ranking and what people said of it to an agreed order. Pure."""
