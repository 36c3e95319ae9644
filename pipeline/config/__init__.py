"""params.yaml: its sections, its profiles, and the names in it."""
