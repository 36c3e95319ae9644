"""What a trained field is worth: transfer, view synthesis, the report."""
