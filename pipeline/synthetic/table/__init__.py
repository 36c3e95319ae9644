"""Made-up tables: the table of their kinds, and the builder."""
