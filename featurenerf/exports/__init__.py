"""Exports of an object that a field has seen: points, a mesh, a video."""
