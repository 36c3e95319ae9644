"""Several closed surfaces as one, for pieces of many like members: spokes, bars, fins."""

from collections.abc import Sequence

import numpy as np

from pipeline.synthetic.surfaces import Surface


def joined(surfaces: Sequence[Surface]) -> Surface:
    """One surface of all the faces; each member stays closed by itself."""
    first = np.cumsum([0, *(len(surface.vertices) for surface in surfaces)])[:-1]
    faces = [surface.faces + start for surface, start in zip(surfaces, first, strict=True)]
    return Surface(
        np.concatenate([surface.vertices for surface in surfaces]),
        np.concatenate(faces).astype(np.int32),
        np.concatenate([surface.uv for surface in surfaces]),
    )
