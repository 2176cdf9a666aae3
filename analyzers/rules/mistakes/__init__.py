"""Mistakes that fail, or mean something else, whenever they run."""
