"""Lay images over black, as networks see them."""

import numpy as np
from jaxtyping import Float32, UInt8


def over_black(rgba: UInt8[np.ndarray, "*views h w 4"]) -> Float32[np.ndarray, "*views h w 3"]:
    """Lay images with straight alpha over black; the result is sRGB, 0..1."""
    scaled = rgba.astype(np.float32) / np.float32(255)
    return np.asarray(scaled[..., :3] * scaled[..., 3:], dtype=np.float32)
