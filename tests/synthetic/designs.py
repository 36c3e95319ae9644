"""Where the parts and keypoints of a made-up object are."""

import numpy as np

from pipeline.synthetic.pieces import Design


def vertices_of(design: Design, label: int) -> np.ndarray:
    """All vertices of a part, none if the object lacks it."""
    return np.concatenate([np.zeros((0, 3)), *(p.surface.vertices for p in design.pieces if p.label == label)])


def keypoints_of(design: Design) -> dict[int, np.ndarray]:
    """Coordinates by semantic id."""
    points = {}
    for keypoint in design.keypoints:
        surface = design.pieces[keypoint.piece].surface
        points[keypoint.semantic_id] = keypoint.weights @ surface.vertices[surface.faces[keypoint.face]]
    return points
