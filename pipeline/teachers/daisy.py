"""DAISY, a teacher without weights, for tests and as a control: dense descriptors with 384 channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from skimage import feature
from torch import Tensor

from pipeline.artifacts.layouts import CELL

# (3 rings x 5 histograms + 1) x 24 orientations = 384 channels, as many as ViT-S has.
RINGS, HISTOGRAMS, ORIENTATIONS = 3, 5, 24
LUMA = np.array([0.2125, 0.7154, 0.0721], dtype=np.float32)  # Rec. 709


@dataclass(frozen=True)
class DaisyTeacher:
    """A teacher of local gradient histograms: they show edges and shading, not meaning. `radius` is in pixels."""

    radius: int = 15
    channels = (RINGS * HISTOGRAMS + 1) * ORIENTATIONS
    own_scale = False
    on_gpu = False

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The descriptor's own parameters."""
        return {
            "kind": "daisy",
            "radius": self.radius,
            "rings": RINGS,
            "histograms": HISTOGRAMS,
            "orientations": ORIENTATIONS,
            "normalisation": "off",
        }

    def load(self, device: torch.device, compiled: bool = False) -> "DaisyNetwork":  # noqa: ARG002
        """See `Teacher.load`. It always runs on the CPU, and there is nothing to compile."""
        return DaisyNetwork(self.radius, self.channels)


@dataclass(frozen=True)
class DaisyNetwork:
    """See `Network`."""

    radius: int
    channels: int

    def __call__(
        self,
        images: Float32[Tensor, "n h w 3"],
        names: Sequence[str],  # noqa: ARG002
    ) -> Float32[Tensor, "n cells cells channels"]:
        """See `Network`. `names` are ignored: nothing is drawn."""
        grey = images.cpu().numpy() @ LUMA
        return torch.from_numpy(np.stack([self._map(image) for image in grey])).to(images.device)

    def _map(self, grey: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "cells cells channels"]:
        """Calculate DAISY at every cell's centre.

        A centre lies between four pixels: the means of all 2 x 2 blocks are an image with pixels at those points. The
        image is padded with black, as around the object; otherwise the border cells would be missing.
        """
        before, after = self.radius - CELL // 2 + 1, self.radius
        padded = np.pad(grey, (before, after))
        corners = 0.25 * (padded[:-1, :-1] + padded[1:, :-1] + padded[:-1, 1:] + padded[1:, 1:])
        descriptors: Any = feature.daisy  # scikit-image declares no types
        features = descriptors(
            corners,
            step=CELL,
            radius=self.radius,
            rings=RINGS,
            histograms=HISTOGRAMS,
            orientations=ORIENTATIONS,
            normalization="off",  # normalising would amplify rounding noise where a surface is plain
        )
        cells = len(grey) // CELL
        return np.asarray(features[:cells, :cells], dtype=np.float32)
