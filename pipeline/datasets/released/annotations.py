"""The arrays of the released annotations as the project's records, and back.

Functions that read raise ValueError with the rest of a sentence whose subject is the array.
"""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64, Shaped, UInt8

from pipeline.datasets.records import Keypoints, PartPoints
from pipeline.datasets.text_tables import LARGEST_NUMBER

MOST_IDS = 1000  # of keypoints; KeypointNet has 24 at most
MOST_VIEWS = 10_000
MOST_POINTS = 1_000_000  # of a point cloud
LARGEST_PIXEL = 2**20


def read_part_maps(labels: Shaped[np.ndarray, "..."]) -> UInt8[np.ndarray, "views h w"]:
    """Read labelled images; 0 is background or unlabelled."""
    if labels.ndim != 3:
        raise ValueError(f"has shape {labels.shape}, not (views, h, w)")
    return _part_labels(labels)


def read_part_points(points: Shaped[np.ndarray, "..."], labels: Shaped[np.ndarray, "..."]) -> PartPoints:
    """Read a labelled point cloud; 0 is unlabelled."""
    xyz = _points(points, 3)
    if labels.shape != (len(xyz),):
        raise ValueError(f"has shape {labels.shape} for {len(xyz)} points")
    return PartPoints(xyz, _part_labels(labels))


def read_keypoints(points: Shaped[np.ndarray, "..."], labels: Shaped[np.ndarray, "..."]) -> Keypoints:
    """Read keypoints and the candidate points of 3D transfer. Keypoints come out by ascending id."""
    rows = _points(labels, 4)
    ids = _ids(rows[:, 3])
    order = np.argsort(ids)
    return Keypoints(rows[order, :3], ids[order], _points(points, 3))


def read_keypoint_pixels(
    labels: Shaped[np.ndarray, "..."],
) -> tuple[Float64[np.ndarray, "views k 2"], Bool[np.ndarray, "views k"]]:
    """Read the visible keypoints of each view as continuous pixels (u, v), indexed by id; NaN where not visible.

    The file holds indices of pixels; a pixel's centre is at + 0.5. `labels` are an array for each view, or one array
    where all views have as many keypoints.
    """
    if labels.shape[:1] > (MOST_VIEWS,):
        raise ValueError(f"is of {len(labels)} views, more than {MOST_VIEWS}")
    views = [np.asarray(view, dtype=np.float64) for view in labels]
    for number, view in enumerate(views):
        if view.size and (view.ndim != 2 or view.shape[1] != 3):
            raise ValueError(f"has shape {view.shape} for view {number}, not (k, 3)")
        if not (np.abs(view) <= LARGEST_PIXEL).all() or (view != np.floor(view)).any():
            raise ValueError(f"has numbers in view {number} that are no indices of pixels")
    rows = [view.reshape(-1, 3) for view in views]
    ids = [_ids(view[:, 2]) for view in rows]
    slots = max((int(view.max()) + 1 for view in ids if view.size), default=0)
    uv = np.full((len(views), slots, 2), np.nan)
    for number, (view, of) in enumerate(zip(rows, ids, strict=True)):
        uv[number, of] = view[:, :2] + 0.5
    return uv, np.isfinite(uv).all(axis=2)


def keypoint_pixel_labels(
    uv: Float[np.ndarray, "views k 2"], visible: Bool[np.ndarray, "views k"], size: tuple[int, int]
) -> Shaped[np.ndarray, " views"]:
    """Return an array of objects: for each view (k, 3) x, y, id of visible keypoints as indices of pixels.

    `size` is the images' (height, width). Keypoints outside the image are left out: the released evaluation reads the
    pixel. A position inside a pixel is lost.
    """
    labels = np.empty(len(uv), dtype=object)
    for view, (places, seen) in enumerate(zip(uv, visible, strict=True)):
        ids = np.flatnonzero(seen)
        pixels = np.floor(places[ids]).astype(np.int64)
        inside = ((pixels >= 0) & (pixels < [size[1], size[0]])).all(axis=1)
        labels[view] = np.concatenate([pixels, ids[:, None]], axis=1)[inside].astype(np.int64)
    return labels


def keypoint_labels(xyz: Float[np.ndarray, "k 3"], semantic_id: Int64[np.ndarray, " k"]) -> Float[np.ndarray, "k 4"]:
    """Return rows x, y, z, id in the type of the coordinates."""
    return np.concatenate([xyz, semantic_id[:, None].astype(xyz.dtype)], axis=1)


def _points(rows: Shaped[np.ndarray, "..."], columns: int) -> Float64[np.ndarray, "n {columns}"]:
    if rows.ndim != 2 or rows.shape[1] != columns or rows.dtype.kind not in "fiu":
        raise ValueError(f"has shape {rows.shape} of {rows.dtype}, not (n, {columns}) of numbers")
    if len(rows) > MOST_POINTS:
        raise ValueError(f"has {len(rows)} points, more than {MOST_POINTS}")
    points = rows.astype(np.float64)
    if not (np.abs(points) <= LARGEST_NUMBER).all():
        raise ValueError(f"is not finite and within {LARGEST_NUMBER:g}")
    return points


def _ids(values: Float64[np.ndarray, " k"]) -> Int64[np.ndarray, " k"]:
    if ((values < 0) | (values >= MOST_IDS) | (values != np.floor(values))).any():
        raise ValueError(f"has a keypoint whose id is not one of 0 to {MOST_IDS - 1}")
    ids = values.astype(np.int64)
    if len(np.unique(ids)) < len(ids):
        raise ValueError("has two keypoints with one id")
    return ids


def _part_labels(labels: Shaped[np.ndarray, "*n"]) -> UInt8[np.ndarray, "*n"]:
    if labels.dtype.kind not in "iu":
        raise ValueError(f"holds {labels.dtype}, not integers")
    if labels.size and not 0 <= int(labels.min()) <= int(labels.max()) <= 255:
        raise ValueError("has a label that is not one of 0 to 255")
    return labels.astype(np.uint8)
