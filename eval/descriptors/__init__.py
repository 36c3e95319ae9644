"""What is compared: vectors of pixels and points, and how alike they are."""
