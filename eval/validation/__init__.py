"""How a field does on unseen objects while it trains."""
