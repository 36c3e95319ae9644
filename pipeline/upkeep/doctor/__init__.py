"""Find what would stop a run before it begins. Nothing is changed, nothing is downloaded."""
