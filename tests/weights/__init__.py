"""Broken files of weights against everything that loads them: `python -m tests.weights --inputs 4500`."""
