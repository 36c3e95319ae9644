"""Faults injected into a whole project, and what survives: `python -m tests.reliability` (docs/reliability.md)."""
