"""Made-up motorcycles: the table of their kinds, and the builder."""
