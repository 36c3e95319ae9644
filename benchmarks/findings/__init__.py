"""The paper's findings on made-up objects: `python -m benchmarks.findings`."""
