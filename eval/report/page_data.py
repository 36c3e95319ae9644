"""The data of the interactive parts as the page's script reads it: small JSON, arrays in base64."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Shaped

from eval.interactive.pair_matches import PairMatches
from eval.interactive.surface_points import SurfacePoints

INT16 = 32767


def matches_data(pair: PairMatches) -> dict[str, Any]:
    """Matches as bytes: cells are (row, column), heat is a row for each source cell."""
    height, width, _ = pair.source_image.shape
    target_height, target_width, _ = pair.target_image.shape
    return {
        "step": pair.step,
        "source": {"height": height, "width": width, "cells": _packed(pair.source_cells, np.uint8)},
        "target": {"height": target_height, "width": target_width, "cells": _packed(pair.target_cells, np.uint8)},
        "matches": [
            {
                "descriptor": of_one.descriptor,
                "heat": _packed(of_one.heat, np.uint8),
                "match": _packed(of_one.match, "<u2"),
                "cosine": [round(float(value), 3) for value in of_one.cosine],
            }
            for of_one in pair.matches
        ],
    }


def surfaces_data(surfaces: Sequence[SurfacePoints]) -> dict[str, Any]:
    """Points as 16-bit numbers around the middle of each surface, on one scale for all; colours as bytes."""
    middles = [(surface.xyz.min(axis=0) + surface.xyz.max(axis=0)) / 2 for surface in surfaces]
    centred = [surface.xyz - middle for surface, middle in zip(surfaces, middles, strict=True)]
    reach = max((float(np.linalg.norm(xyz, axis=1).max()) for xyz in centred), default=0.0) or 1.0
    return {
        "surfaces": [
            {
                "title": surface.title,
                "xyz": _packed(np.rint(xyz / reach * INT16), "<i2"),
                "rgb": _packed(surface.rgb, np.uint8),
                "feature": _packed(surface.feature, np.uint8),
            }
            for surface, xyz in zip(surfaces, centred, strict=True)
        ]
    }


def _packed(array: Shaped[np.ndarray, "..."], dtype: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(array.astype(dtype)).tobytes()).decode("ascii")
