"""Distillation: how well a field's distilled feature explains its teacher."""
