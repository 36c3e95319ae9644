"""2D teachers: networks that turn an image into a map of features."""
