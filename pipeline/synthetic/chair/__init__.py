"""Made-up chairs: the table of their kinds, and the builder."""
