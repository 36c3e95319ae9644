"""Training objects in memory, and the batches of rays drawn from them."""
