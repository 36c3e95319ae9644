"""Pictures for the report: arrays in, PIL images out."""
