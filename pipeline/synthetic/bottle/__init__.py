"""Made-up bottles: proportions of each kind, and the pieces that they are built of."""
