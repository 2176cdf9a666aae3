"""Files, sockets, processes and temporary files, and whether they are given back."""
