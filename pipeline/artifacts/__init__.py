"""Results of stages: for each kind its fingerprint, its layout, and how to open it."""
