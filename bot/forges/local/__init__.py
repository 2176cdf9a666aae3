"""A git work tree or two folders as a forge."""
