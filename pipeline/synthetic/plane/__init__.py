"""Made-up planes: the dimensions of each kind, and the pieces that make up an object."""
