"""Data of the report's interactive parts: matches of one pair, and the surface that the field renders."""
