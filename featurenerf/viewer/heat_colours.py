"""Similarities as colours: from a cold blue to a hot yellow."""

import numpy as np
from jaxtyping import Float32, UInt8

# Colours of the map "inferno" without its black end: lightness rises evenly, also for colour-blind readers.
_RAMP = np.array([(40, 11, 84), (120, 28, 109), (188, 55, 84), (237, 105, 37), (252, 181, 25), (252, 255, 164)], float)
# The range begins at this percentile: most places are unlike what was asked, and the rest is worth the colours.
_LOW = 30


def heat_range(similarities: Float32[np.ndarray, " n"]) -> tuple[float, float]:
    """Return the similarities of the coldest and of the hottest colour. Raises ValueError without similarities."""
    if not len(similarities):
        raise ValueError("there is no similarity to take a range of")
    return float(np.percentile(similarities, _LOW)), float(similarities.max())


def heat_colours(similarities: Float32[np.ndarray, " n"], between: tuple[float, float]) -> UInt8[np.ndarray, "n 3"]:
    """Colour similarities on the scale between two of them; equal ends give the hottest colour to all that reach it."""
    low, high = between
    span = high - low
    share = np.clip((similarities - low) / span, 0, 1) if span > 0 else (similarities >= high).astype(np.float32)
    stops = np.linspace(0, 1, len(_RAMP))
    painted = np.stack([np.interp(share, stops, channel) for channel in _RAMP.T], axis=-1)
    return np.asarray(np.rint(painted), dtype=np.uint8)
