"""Made-up bottles: the table of their kinds, and the builder."""
