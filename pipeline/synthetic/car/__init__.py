"""Made-up cars: the table of their kinds, and the builder."""
