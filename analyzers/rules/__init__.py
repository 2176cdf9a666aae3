"""The rules, one family a folder, one rule a file; found by walking this package."""
