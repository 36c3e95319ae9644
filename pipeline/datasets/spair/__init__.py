"""SPair-71k: photographs of objects in pairs, with keypoints that both show (Min et al., 2019)."""
