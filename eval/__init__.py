"""Evaluation of trained fields: transfer, view synthesis, the report."""
