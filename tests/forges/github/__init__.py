"""GitHub's half of the tests."""
