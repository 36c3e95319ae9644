"""Points of the surface that a field knows of an object, with their colour and their feature as a colour."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8


@dataclass(frozen=True)
class SurfacePoints:
    """Points in world units (right-handed, +Y up), their sRGB colour, and their internal feature painted.

    `title` names the object and the view that the field was given. Surfaces that are shown together are painted in one
    basis: equal colours mean equal features.
    """

    title: str
    xyz: Float32[np.ndarray, "n 3"]
    rgb: UInt8[np.ndarray, "n 3"]
    feature: UInt8[np.ndarray, "n 3"]
