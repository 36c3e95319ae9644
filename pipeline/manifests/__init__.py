"""Objects of a category, their splits and pairs, and the dropped ones."""
