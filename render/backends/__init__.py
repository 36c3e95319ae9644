"""Colour backends behind one interface."""
