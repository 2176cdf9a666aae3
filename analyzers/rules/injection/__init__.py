"""Data that becomes code: SQL, shell commands, templates."""
