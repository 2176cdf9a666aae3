"""Gerrit for the tests: a real server from its published jars, and a fast fake held to the same contract."""
