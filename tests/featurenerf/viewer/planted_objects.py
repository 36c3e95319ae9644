"""Viewed objects whose features are planted: 4 x 4 pixels and as many points as rows are given."""

import numpy as np

from featurenerf.answers import RenderedView
from featurenerf.viewer.cloud import Cloud
from featurenerf.viewer.given_view import GivenView
from featurenerf.viewer.viewed_object import (
    Keypoints,
    ObjectFeatures,
    ViewedObject,
    unit_rows,
)

SIZE = 4
POSE = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1.3], [0, 0, 0, 1]], dtype=np.float32)
INTRINSICS = np.array([4, 4, 2, 2], dtype=np.float32)


def one_hot(indices, channels=16):
    return np.eye(channels, dtype=np.float32)[np.asarray(indices)]


def planted(name, image_feature, point_feature, *, points=None, density=None, part=None, point_part=None, keypoints=()):
    """An object that fills its image. `keypoints` are (id, row, column)."""
    image = np.asarray(image_feature, np.float32)
    rows = np.asarray(point_feature, np.float32)
    count = len(rows)
    searched = np.argwhere(np.ones((SIZE, SIZE))).astype(np.int64)
    rgba = np.full((SIZE, SIZE, 4), 255, np.uint8)
    view = RenderedView(
        rgb=np.ones((SIZE, SIZE, 3), np.float32),
        depth=np.ones((SIZE, SIZE), np.float32),
        opacity=np.ones((SIZE, SIZE), np.float32),
        feature=image,
        internal=image,
        pose=POSE,
        intrinsics=INTRINSICS,
    )
    flat = image.reshape(-1, image.shape[-1])
    features = ObjectFeatures(image, flat, rows, unit_rows(flat), unit_rows(rows))
    ids = np.array([number for number, _, _ in keypoints], np.int64)
    pixels = np.array([place for _, *place in keypoints], np.int64).reshape(-1, 2)
    return ViewedObject(
        given=GivenView(name, rgba, POSE, INTRINSICS),
        view=view,
        surface=np.arange(SIZE * SIZE * 3, dtype=np.float32).reshape(SIZE, SIZE, 3),
        searched=searched,
        keypoints=Keypoints(ids, pixels, pixels[:, ::-1].astype(np.float32) + np.float32(0.25)),
        part=np.zeros((SIZE, SIZE), np.uint8) if part is None else np.asarray(part, np.uint8),
        cloud=Cloud(
            points=np.zeros((count, 3), np.float32) if points is None else np.asarray(points, np.float32),
            rgb=np.zeros((count, 3), np.uint8),
            density=np.linspace(0.9, 0.5, count, dtype=np.float32) if density is None else np.asarray(density),
            cell=0.1,
        ),
        cloud_part=np.zeros(count, np.uint8) if point_part is None else np.asarray(point_part, np.uint8),
        features={"internal": features, "distilled": features},
    )
