"""Secrets that leave their place."""
