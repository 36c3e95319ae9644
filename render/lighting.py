"""The set of lights that all backends share.

Surfaces are matt and lights are far away, so light does not depend on the view. It is computed once per corner and side
of a face, and every backend draws texture times light and nothing else.
"""

import numpy as np
from jaxtyping import Float64

AMBIENT = 0.42
# Directions towards the lights (world: +Y up, front -Z) and their strengths: a key from the upper front left, a weaker
# fill from the right, a faint rim from behind. Ambient plus key plus fill stays near 1, so little is clipped.
LIGHTS: tuple[tuple[tuple[float, float, float], float], ...] = (
    ((-0.5, 0.8, -0.6), 0.50),
    ((0.9, 0.35, -0.2), 0.22),
    ((0.1, 0.45, 0.9), 0.16),
)
DISPLAY_GAMMA = 2.2


def light(normal: Float64[np.ndarray, "*n 3"]) -> Float64[np.ndarray, "*n"]:
    """The factor on a surface's displayed (sRGB-coded) colour, 0..1, for unit normals in world axes.

    Lambert's law adds up in linear light; a factor f there is f^(1/2.2) on coded values.
    """
    linear = np.full(normal.shape[:-1], AMBIENT)
    for direction, strength in LIGHTS:
        towards = np.array(direction) / np.linalg.norm(direction)
        linear = linear + strength * np.clip(normal @ towards, 0, None)
    factor: Float64[np.ndarray, "*n"] = np.clip(linear, 0, 1) ** (1 / DISPLAY_GAMMA)
    return factor
