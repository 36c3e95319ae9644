"""Compare the metrics and settings of commits and of DVC's experiments."""
