"""Locks: their release, their order, and what happens under them."""
