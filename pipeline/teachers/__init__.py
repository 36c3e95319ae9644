"""2D teachers: an image in, a map of features out."""
