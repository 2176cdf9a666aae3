"""Locks and what happens under them, and checks that an act trusts too late."""
