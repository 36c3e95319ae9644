"""Made-up cars: proportions of each kind, and the pieces that they are built of."""
