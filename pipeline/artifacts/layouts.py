"""The arrays of each store: names, shapes, types, units. Lengths are world units, images go row by row from the top."""

from pipeline.config.settings import Camera
from pipeline.stores.array_spec import ArraySpec

CELL = 4  # pixels along a teacher cell's edge
WORLD = "world: right-handed, +Y up, the object's front is -Z"
PIXELS = "continuous pixels: u to the right, v down, (0, 0) at the upper left corner, pixel centres at +0.5"
WORLD_UNITS, PIXEL_UNITS = "world unit", "pixel"


def views_layout(camera: Camera, has_depth: bool = True) -> list[ArraySpec]:
    """List the arrays of an object's views; views that were not rendered here may have no depth.

    rgba: straight alpha, sRGB. depth: along the optical axis, 0 on the background. pose: camera-to-world, OpenGL axes.
    intrinsics: focal lengths and principal point (fx, fy, cx, cy) in continuous pixels, pixel centres at +0.5.
    """
    views, size = camera.views, camera.size
    rgba = ArraySpec(
        "rgba",
        (views, size, size, 4),
        "uint8",
        shuffle="shuffle",
        axes=("view", "row", "column", "colour"),
        attributes={"description": "Images: red, green, blue in sRGB, and straight alpha, 0 to 255."},
    )
    depth = ArraySpec(
        "depth",
        (views, size, size),
        "float32",
        axes=("view", "row", "column"),
        attributes={"description": "Depth along the optical axis; 0 is background.", "units": WORLD_UNITS},
    )
    pose = ArraySpec(
        "pose",
        (views, 4, 4),
        "float32",
        axes=("view", "world_axis", "camera_axis"),
        attributes={
            "description": "Camera-to-world matrices for column vectors.",
            "units": WORLD_UNITS,
            "frame": WORLD,
            "camera_axes": "OpenGL: +X right, +Y up, the camera looks along -Z",
        },
    )
    intrinsics = ArraySpec(
        "intrinsics",
        (views, 4),
        "float32",
        axes=("view", "intrinsic"),
        attributes={
            "description": "Focal lengths and principal point of each view: fx, fy, cx, cy.",
            "units": PIXEL_UNITS,
            "frame": PIXELS,
        },
    )
    return [rgba, *([depth] if has_depth else []), pose, intrinsics]


def labels_layout(camera: Camera, keypoints: int, part_points: int, candidates: int) -> list[ArraySpec]:
    """List the arrays of a labelled object.

    part: 0 background or unlabelled, else 1 + index in Manifest.part_names. Keypoints are indexed by semantic id; uv is
    continuous pixels (pixel centres at +0.5), NaN where absent. The points of the 3D tasks are padded to one length;
    part_count and candidate_count say how many are real.
    """
    views, size = camera.views, camera.size
    return [
        ArraySpec(
            "part",
            (views, size, size),
            "uint8",
            shuffle="shuffle",
            axes=("view", "row", "column"),
            attributes={"description": "Part of each pixel: 0 background or unlabelled, else 1 + index in part_names."},
        ),
        _points("keypoint_xyz", keypoints, "keypoint", "Keypoints by semantic id; NaN where absent."),
        ArraySpec(
            "keypoint_uv",
            (views, keypoints, 2),
            "float32",
            axes=("view", "keypoint", "uv"),
            attributes={
                "description": "Keypoints in each view, also where hidden; NaN where absent.",
                "units": PIXEL_UNITS,
                "frame": PIXELS,
            },
        ),
        ArraySpec(
            "keypoint_visible",
            (views, keypoints),
            "bool",
            axes=("view", "keypoint"),
            attributes={"description": "Whether a view shows the keypoint."},
        ),
        ArraySpec(
            "keypoint_present",
            (keypoints,),
            "bool",
            axes=("keypoint",),
            attributes={"description": "Whether the object has the keypoint."},
        ),
        _points("part_xyz", part_points, "part_point", "Points with part labels; NaN from part_count on."),
        ArraySpec(
            "part_label",
            (part_points,),
            "uint8",
            axes=("part_point",),
            attributes={"description": "Part of each point: 0 unlabelled, else 1 + index in part_names."},
        ),
        ArraySpec("part_count", (), "int32", attributes={"description": "Number of points in part_xyz."}),
        _points("candidate_xyz", candidates, "candidate", "Candidates of 3D transfer; NaN from candidate_count on."),
        ArraySpec("candidate_count", (), "int32", attributes={"description": "Number of points in candidate_xyz."}),
    ]


def _points(name: str, count: int, axis: str, description: str) -> ArraySpec:
    attributes = {"description": description, "units": WORLD_UNITS, "frame": WORLD}
    return ArraySpec(name, (count, 3), "float32", axes=(axis, "xyz"), attributes=attributes)


def maps_layout(camera: Camera, channels: int, dtype: str) -> list[ArraySpec]:
    """List the arrays of an object's teacher maps: one feature vector for each cell, 0 on background cells.

    Cell (r, c) covers pixels [4r, 4r+4) x [4c, 4c+4). Each object is a shard, each view a chunk. dtype is float16, or
    int8 with a scale for each of the object's channels.
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
    scale = ArraySpec(
        "scale",
        (channels,),
        "float32",
        axes=("channel",),
        attributes={"description": "Size of one step of an object's int8 features, for each channel."},
    )
    return [feature, scale] if rounded else [feature]
