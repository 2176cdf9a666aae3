"""Exceptions that are lost, hidden or never raised."""
