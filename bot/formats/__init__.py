"""A finished review, printed: one file, one format."""
