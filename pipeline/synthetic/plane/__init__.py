"""Made-up planes: the table of their kinds, and the builder."""
