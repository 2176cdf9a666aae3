"""What each format prints."""
