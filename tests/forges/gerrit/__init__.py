"""What the Gerrit half promises, on the real server and on the fake."""
