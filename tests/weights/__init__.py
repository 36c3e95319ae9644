"""Broken files of weights against everything that loads them: `python -m tests.reliability --weights 4500`."""
