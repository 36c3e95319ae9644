"""The stand-in teacher: dense DAISY descriptors. No weights, no download, 384 channels; for the demo and for tests."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float32
from skimage import feature

from pipeline.stores.layouts import CELL

# (3 rings x 5 histograms + 1) x 24 orientations = 384 channels, as many as ViT-S has.
RADIUS, RINGS, HISTOGRAMS, ORIENTATIONS = 15, 3, 5, 24
LUMA = np.array([0.2125, 0.7154, 0.0721], dtype=np.float32)  # Rec. 709


class DaisyTeacher:
    """Local gradient histograms: they know edges and shading, not meaning."""

    channels = (RINGS * HISTOGRAMS + 1) * ORIENTATIONS

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The descriptor's own parameters."""
        return {
            "teacher": "daisy",
            "radius": RADIUS,
            "rings": RINGS,
            "histograms": HISTOGRAMS,
            "orientations": ORIENTATIONS,
            "normalisation": "off",
        }

    def maps(self, images: Float32[np.ndarray, "n h w 3"]) -> Float32[np.ndarray, "n cells cells 384"]:
        """See `Teacher.maps`."""
        return np.stack([self._map(image @ LUMA) for image in images])

    def _map(self, grey: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "cells cells 384"]:
        """DAISY at every cell's centre.

        The centre lies between four pixels: the mean of each 2 x 2 block is an image with pixels at those points. The
        image is black outside, as around the object; without the padding the border cells would be missing.
        """
        before, after = RADIUS - CELL // 2 + 1, RADIUS
        padded = np.pad(grey, (before, after))
        corners = 0.25 * (padded[:-1, :-1] + padded[1:, :-1] + padded[:-1, 1:] + padded[1:, 1:])
        descriptors: Any = feature.daisy  # scikit-image declares no types
        features = descriptors(
            corners,
            step=CELL,
            radius=RADIUS,
            rings=RINGS,
            histograms=HISTOGRAMS,
            orientations=ORIENTATIONS,
            normalization="off",  # normalising would blow up rounding noise where a surface is plain
        )
        cells = len(grey) // CELL
        return np.asarray(features[:cells, :cells], dtype=np.float32)
