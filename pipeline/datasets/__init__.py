"""Published data sets, each read into the same records."""
