"""The arrays of each store: names, shapes, types, units. Lengths are world units, images go row by row from the top."""

from collections.abc import Mapping
from typing import Literal

from pipeline.config.settings import Camera
from pipeline.stores.array_spec import ArraySpec

CELL = 4  # pixels along a teacher cell's edge
WORLD = "world: right-handed, +Y up, the object's front is -Z"
PIXELS = "continuous pixels: u to the right, v down, (0, 0) at the upper left corner, pixel centres at +0.5"
IN_WORLD = {"units": "world unit", "frame": WORLD}
IN_PIXELS = {"units": "pixel", "frame": PIXELS}


def _array(name: str, dtype: str, axes: Mapping[str, int], description: str, **attributes: str) -> ArraySpec:
    """Describe an array with these axes and their lengths. Pixels of bytes are shuffled as bytes, others bit by bit."""
    shuffle: Literal["shuffle", "bitshuffle"] = "shuffle" if dtype == "uint8" and "row" in axes else "bitshuffle"
    words = {"description": description, **attributes}
    return ArraySpec(name, tuple(axes.values()), dtype, shuffle=shuffle, axes=tuple(axes), attributes=words)


def _pixels(camera: Camera) -> dict[str, int]:
    return {"view": camera.views, "row": camera.size, "column": camera.size}


def views_layout(camera: Camera, has_depth: bool = True) -> list[ArraySpec]:
    """List the arrays of an object's views; views that were not rendered here may have no depth."""
    view, pixels = {"view": camera.views}, _pixels(camera)
    colour = "Images: red, green, blue in sRGB, and straight alpha, 0 to 255."
    depth = _array("depth", "float32", pixels, "Depth along the optical axis; 0 is background.", units="world unit")
    return [
        _array("rgba", "uint8", {**pixels, "colour": 4}, colour),
        *([depth] if has_depth else []),
        _array(
            "pose",
            "float32",
            {**view, "world_axis": 4, "camera_axis": 4},
            "Camera-to-world matrices for column vectors.",
            **IN_WORLD,
            camera_axes="OpenGL: +X right, +Y up, the camera looks along -Z",
        ),
        _array(
            "intrinsics",
            "float32",
            {**view, "intrinsic": 4},
            "Focal lengths and principal point of each view: fx, fy, cx, cy.",
            **IN_PIXELS,
        ),
    ]


def labels_layout(camera: Camera, keypoints: int, part_points: int, candidates: int) -> list[ArraySpec]:
    """List the arrays of a labelled object. Keypoints are indexed by semantic id.

    The points of the 3D tasks are padded to one length; part_count and candidate_count say how many are real.
    """
    keypoint, seen = {"keypoint": keypoints}, {"view": camera.views, "keypoint": keypoints}
    part_point, xyz = {"part_point": part_points}, {"xyz": 3}
    part = "0 background or unlabelled, else 1 + index in part_names."
    in_views = "Keypoints in each view, also where hidden; NaN where absent."
    points = "Points with part labels; NaN from part_count on."
    candidate = "Candidates of 3D transfer; NaN from candidate_count on."
    return [
        _array("part", "uint8", _pixels(camera), f"Part of each pixel: {part}"),
        _array("keypoint_xyz", "float32", keypoint | xyz, "Keypoints by semantic id; NaN where absent.", **IN_WORLD),
        _array("keypoint_uv", "float32", {**seen, "uv": 2}, in_views, **IN_PIXELS),
        _array("keypoint_visible", "bool", seen, "Whether a view shows the keypoint."),
        _array("keypoint_present", "bool", keypoint, "Whether the object has the keypoint."),
        _array("part_xyz", "float32", part_point | xyz, points, **IN_WORLD),
        _array("part_label", "uint8", part_point, "Part of each point: 0 unlabelled, else 1 + index in part_names."),
        _array("part_count", "int32", {}, "Number of points in part_xyz."),
        _array("candidate_xyz", "float32", {"candidate": candidates} | xyz, candidate, **IN_WORLD),
        _array("candidate_count", "int32", {}, "Number of points in candidate_xyz."),
    ]


def maps_layout(camera: Camera, channels: int, dtype: str) -> list[ArraySpec]:
    """List the arrays of an object's teacher maps: one feature vector for each cell, 0 on background cells.

    Each object is a shard, each view a chunk. dtype is float16, or int8 with a scale for each of the object's channels.
    """
    views, cells = camera.views, camera.size // CELL
    rounded = dtype == "int8"
    feature = ArraySpec(
        "feature",
        (views, cells, cells, channels),
        dtype,
        (1, cells, cells, channels),
        shuffle="shuffle",  # bytes instead of bits: 3% more space, written and read 1.5 times as fast
        axes=("view", "cell_row", "cell_column", "channel"),
        attributes={
            "description": "Features of the teacher after the projection; 0 on background cells.",
            "cell": f"Cell (r, c) covers {CELL} x {CELL} pixels, from row {CELL} r and column {CELL} c on.",
            **({"value": "feature times scale of the object's channel"} if rounded else {}),
        },
    )
    step = "Size of one step of an object's int8 features, for each channel."
    return [feature, _array("scale", "float32", {"channel": channels}, step)] if rounded else [feature]
