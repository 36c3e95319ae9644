"""A run of many steps: its loop, checkpoints, validation, curves, processes."""
