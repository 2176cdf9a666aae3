"""The installed command, in processes of its own, on real repositories."""
