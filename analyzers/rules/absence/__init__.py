"""Values that may be None, and sequences that may be empty."""
