"""Textures of painted metal, slightly uneven."""

import numpy as np
from jaxtyping import Float64, UInt8

from pipeline.synthetic.textures import SIZE, Colour, noise


def lacquered(rng: np.random.Generator, image: Float64[np.ndarray, "128 128 3"]) -> UInt8[np.ndarray, "128 128 3"]:
    """Pixels of an sRGB image (0..1), up to 3 % darker in places."""
    uneven = image * (0.97 + 0.03 * noise(rng, 32, 32))[..., None]
    pixels: UInt8[np.ndarray, "128 128 3"] = np.round(255.0 * np.clip(uneven, 0.0, 1.0)).astype(np.uint8)
    return pixels


def plain_paint(rng: np.random.Generator, paint: Colour) -> UInt8[np.ndarray, "128 128 3"]:
    """Paint of one colour."""
    return lacquered(rng, np.broadcast_to(np.asarray(paint, np.float64), (SIZE, SIZE, 3)))
