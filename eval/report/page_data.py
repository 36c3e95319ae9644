"""The data of the interactive parts as the page's script reads it: small JSON, arrays in base64."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Shaped

from eval.interactive.pair_matches import PairMatches
from eval.interactive.surface_points import SurfacePoints

INT16 = 32767
STRAY = 2  # percent of the points at each end


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
    """Points as 16-bit numbers around the middle of each surface, on one scale for all; colours as bytes.

    The scale is that of most points. Stray points further away are left out.
    """
    ends = [np.percentile(surface.xyz, [STRAY, 100 - STRAY], axis=0) for surface in surfaces]
    centred = [surface.xyz - both.mean(axis=0) for surface, both in zip(surfaces, ends, strict=True)]
    away = [np.linalg.norm(xyz, axis=1) for xyz in centred]
    reach = max((float(np.percentile(each, 100 - STRAY)) for each in away), default=0.0) or 1.0
    near = [each <= reach * (1 + 1e-6) for each in away]
    return {
        "surfaces": [
            {
                "xyz": _packed(np.rint((xyz[kept] / reach).clip(-1, 1) * INT16), "<i2"),
                "rgb": _packed(surface.rgb[kept], np.uint8),
                "feature": _packed(surface.feature[kept], np.uint8),
            }
            for surface, xyz, kept in zip(surfaces, centred, near, strict=True)
        ]
    }


def _packed(array: Shaped[np.ndarray, "..."], dtype: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(array.astype(dtype)).tobytes()).decode("ascii")
