"""Similarities as colours: from a cold blue to a hot yellow."""

import numpy as np
from jaxtyping import Float32, UInt8

# Colours of the map "inferno" without its black end: lightness rises evenly, also for colour-blind readers.
_RAMP = np.array([(40, 11, 84), (120, 28, 109), (188, 55, 84), (237, 105, 37), (252, 181, 25), (252, 255, 164)], float)
# The range begins at this percentile: most places are unlike what was asked, and the rest is worth the colours.
_LOW = 30


def heat_colours(similarities: Float32[np.ndarray, " n"]) -> UInt8[np.ndarray, "n 3"]:
    """Colour similarities, at least one: the largest is the hottest."""
    stops = np.linspace(np.percentile(similarities, _LOW), similarities.max(), len(_RAMP))
    painted = np.stack([np.interp(similarities, stops, channel) for channel in _RAMP.T], axis=-1)
    return np.asarray(np.rint(painted), dtype=np.uint8)
