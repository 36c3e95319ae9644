"""Commands that reproduce the figures of docs/performance.md."""
