"""Validation: rendered views of unseen objects while a field trains."""
