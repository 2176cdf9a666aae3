"""What Touchline knows of Python and of danger; never the bot, the network or a database."""
