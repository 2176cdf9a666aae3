"""Handlers that lack the guard of their siblings."""
