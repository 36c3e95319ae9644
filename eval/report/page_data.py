"""The data of the interactive parts as the page's script reads it: small JSON, arrays in base64."""

import base64
from typing import Any

import numpy as np
from jaxtyping import Shaped

from eval.interactive.field_surface import SurfacePoints
from eval.interactive.match_cells import PairMatches

INT16 = 32767
STRAY = 2  # percent of the points at each end


def matches_data(pair: PairMatches) -> dict[str, Any]:
    """Matches as bytes: cells are (row, column), heat is a row for each source cell."""
    ends = (("source", pair.source_image, pair.source_cells), ("target", pair.target_image, pair.target_cells))
    rows = zip(pair.descriptors, pair.heat, pair.match, pair.cosine, strict=True)
    return {
        "step": int(pair.step),
        **{
            side: {"height": image.shape[0], "width": image.shape[1], "cells": _packed(cells, np.uint8)}
            for side, image, cells in ends
        },
        "matches": [
            {
                "descriptor": str(descriptor),
                "heat": _packed(heat, np.uint8),
                "match": _packed(match, "<u2"),
                "cosine": [round(float(value), 3) for value in cosine],
            }
            for descriptor, heat, match, cosine in rows
        ],
    }


def surfaces_data(surfaces: SurfacePoints) -> dict[str, Any]:
    """Points as 16-bit numbers around the middle of each surface, on one scale for all; colours as bytes.

    The scale is that of most points. Stray points further away are left out.
    """
    rows = [surfaces.object == number for number in range(len(surfaces.titles))]
    ends = [np.percentile(surfaces.xyz[row], [STRAY, 100 - STRAY], axis=0) for row in rows]
    centred = [surfaces.xyz[row] - both.mean(axis=0) for row, both in zip(rows, ends, strict=True)]
    away = [np.linalg.norm(xyz, axis=1) for xyz in centred]
    reach = max((float(np.percentile(each, 100 - STRAY)) for each in away), default=0.0) or 1.0
    near = [each <= reach * (1 + 1e-6) for each in away]
    return {
        "surfaces": [
            {
                "xyz": _packed(np.rint((xyz[kept] / reach).clip(-1, 1) * INT16), "<i2"),
                "rgb": _packed(surfaces.rgb[row][kept], np.uint8),
                "feature": _packed(surfaces.feature[row][kept], np.uint8),
            }
            for row, xyz, kept in zip(rows, centred, near, strict=True)
        ]
    }


def _packed(array: Shaped[np.ndarray, "..."], dtype: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(array.astype(dtype)).tobytes()).decode("ascii")
