"""The model card: the README.md beside a trained model."""
