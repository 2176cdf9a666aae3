"""Stored data that can run code when it is read."""
