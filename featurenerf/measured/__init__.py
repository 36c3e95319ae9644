"""Fields measured on the user's own images: photographs of SPair-71k, and views that were made elsewhere."""
