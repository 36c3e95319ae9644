"""Estimate the disk, memory and time of a run before it begins."""
