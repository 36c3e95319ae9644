"""Made-up objects for tests, and where their parts and keypoints are."""

from functools import cache, partial

import numpy as np
import pytest

from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.kernel.table import kinds_of
from pipeline.synthetic.pieces import Design
from pipeline.synthetic.synthesize import make_design, make_object

# Objects of each category that are looked at: at least one of each kind.
LOOKED_AT = {"plane": 12, "chair": 16, "table": 18, "bottle": 18, "car": 16, "motorcycle": 12}
CATEGORIES = list(LOOKED_AT)
object_of = cache(lambda category, index: make_object(category, index, 0))


def each_object(*categories: str, every: int = 1) -> pytest.MarkDecorator:
    """Runs a test that takes `made` on these categories' objects, or on every second one, third one, ..."""
    chosen = [(category, index) for category in categories for index in range(0, LOOKED_AT[category], every)]
    cases = [pytest.param(partial(object_of, *which), id="{}-{}".format(*which)) for which in chosen]
    return pytest.mark.parametrize("made", cases, indirect=True)


def each_kind(category: str) -> pytest.MarkDecorator:
    """Runs a test that takes `kind` and `made` on three objects of each kind."""
    cases = [(kind, seed) for kind in kinds_of(category) for seed in range(3)]
    made = [pytest.param(kind, partial(_made, category, kind, seed), id=f"{kind}-{seed}") for kind, seed in cases]
    return pytest.mark.parametrize(("kind", "made"), made, indirect=["made"])


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
