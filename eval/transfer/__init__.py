"""Keypoints and parts carried from one object to another, pair by pair."""
