"""The report: what a run made and what it is worth, in one HTML file."""
