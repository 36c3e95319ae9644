"""Broken data sets against everything that reads them: `python -m tests.fuzz --inputs 2000 --seed 0`."""
