"""Keypoint transfer between real photographs."""
