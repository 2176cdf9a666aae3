"""Chance where a secret must be unpredictable."""
