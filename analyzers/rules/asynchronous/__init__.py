"""Event loops: what stops them, and what is never awaited."""
