"""Views rendered from other cameras."""
