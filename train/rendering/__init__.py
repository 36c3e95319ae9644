"""Rays, samples along them, compositing."""
