"""Zarr stores: create, resume, verify."""
