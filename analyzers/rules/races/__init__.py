"""A check, and an act that trusts it too late."""
