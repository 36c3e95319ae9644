"""Where the parts and keypoints of a made-up object are."""

from functools import cache

import numpy as np
import pytest

from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.generators import make_design
from pipeline.synthetic.kernel.table import kinds_of
from pipeline.synthetic.pieces import Design


def each_kind(category: str) -> pytest.MarkDecorator:
    """Runs a test that takes `kind` and `made` on three objects of each kind."""
    cases = [(kind, seed) for kind in kinds_of(category) for seed in range(3)]
    made = [pytest.param(kind, _made(category, kind, seed), id=f"{kind}-{seed}") for kind, seed in cases]
    return pytest.mark.parametrize(("kind", "made"), made)


@cache
def _made(category: str, kind: str, seed: int) -> Design:
    return make_design(category, kind, named_generator("test", category, kind, seed))


def vertices_of(design: Design, label: int | None = None) -> np.ndarray:
    """All vertices, or those of a part: none if the object lacks it."""
    pieces = [piece for piece in design.pieces if label in (None, piece.label)]
    return np.concatenate([np.zeros((0, 3)), *(piece.surface.vertices for piece in pieces)])


def keypoints_of(design: Design) -> dict[int, np.ndarray]:
    """Coordinates by semantic id."""
    points = {}
    for keypoint in design.keypoints:
        surface = design.pieces[keypoint.piece].surface
        points[keypoint.semantic_id] = keypoint.weights @ surface.vertices[surface.faces[keypoint.face]]
    return points
