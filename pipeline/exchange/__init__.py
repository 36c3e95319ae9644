"""Exchange with other programs: the formats of `pipeline export` and `pipeline import`."""
