"""A source and a target together: one colour basis of their features, and the parts that move from one to the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from eval.descriptors.similarity import most_similar
from eval.pictures.feature_colours import ColourBasis, fit_colours
from featurenerf.matching import Feature
from featurenerf.viewer.viewed_object import ViewedObject

PAIRS_KEPT = 8  # a click in these colours must not compute them again


@dataclass(frozen=True)
class MovedParts:
    """The source's part labels moved to the target: to its searched pixels and to the points of its cloud."""

    pixels: UInt8[np.ndarray, " n"]
    points: UInt8[np.ndarray, " m"]


@lru_cache(maxsize=PAIRS_KEPT)
def shared_basis(source: ViewedObject, target: ViewedObject, kind: Feature, threshold: float) -> ColourBasis:
    """Fit ONE basis to the features of both clouds, so that equal colours mean equal features.

    Points that are less dense than the threshold count only where a cloud has no other.
    """
    return fit_colours([each.features[kind].points[: each.cloud.above(threshold) or None] for each in (source, target)])


@lru_cache(maxsize=PAIRS_KEPT)
def move_parts(source: ViewedObject, target: ViewedObject, kind: Feature) -> MovedParts:
    """Give each place of the target the part of the most similar labelled place of the source; 0 if there is none.

    Pixels get it from pixels as in the evaluation, points from points.
    """
    here, there = source.features[kind], target.features[kind]
    pixel_parts = source.part[tuple(source.searched.T)]
    return MovedParts(
        _moved(here.searched, pixel_parts, there.searched), _moved(here.points, source.cloud_part, there.points)
    )


def _moved(
    known: Float32[np.ndarray, "n c"], labels: UInt8[np.ndarray, " n"], asked: Float32[np.ndarray, "m c"]
) -> UInt8[np.ndarray, " m"]:
    labelled = labels > 0
    if not labelled.any():
        return np.zeros(len(asked), np.uint8)
    row = most_similar(torch.from_numpy(asked), torch.from_numpy(known[labelled]))
    return np.asarray(labels[labelled][row.numpy()])
