"""Local changes as a forge."""
