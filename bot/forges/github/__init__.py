"""GitHub: webhook (pure), wire (pure), forge (the only part that speaks to it)."""
