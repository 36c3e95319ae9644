"""Positions of pixels and of the cells of an encoder's map, in the convention that a model was trained with.

With `half`, the ray of pixel i passes u = i + 0.5, and cell j of the encoder's map stands at j + 0.5 in units of cells.
With `corner`, as in the released code, they are u = i and j. So one number tells both: where the first one stands.
"""

from collections.abc import Mapping

from pipeline.config.sections.training import PixelCentres

FIRST_CENTRES: Mapping[PixelCentres, float] = {"half": 0.5, "corner": 0.0}
HALF = FIRST_CENTRES["half"]


def first_centre(centres: PixelCentres) -> float:
    """Return where the first pixel stands, in pixels from the image's corner, and the first cell, in cells."""
    return FIRST_CENTRES[centres]
