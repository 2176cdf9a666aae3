"""The bot: from a forge's event to posted comments."""
