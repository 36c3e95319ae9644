"""Render images, geometry and labels from a mesh and cameras."""
