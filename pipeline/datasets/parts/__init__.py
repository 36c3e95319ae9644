"""Data sets of annotated part points behind one interface."""
