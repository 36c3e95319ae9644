"""Descriptors: the vectors of pixels and points that are compared, and their similarity."""
