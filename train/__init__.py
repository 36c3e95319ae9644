"""The generalizable feature field and its training."""
