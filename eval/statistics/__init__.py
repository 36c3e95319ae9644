"""Means over pairs, and how sure they are."""
