"""Write views of known cameras in the layouts of other programs, with the conventions spelled out by hand."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64
from PIL import Image

from pipeline.datasets.views.view_source import GivenView, Intrinsics
from render.cameras import orbit_pose

POINT = np.array([0.11, 0.07, -0.05])  # in the cameras' frame: each view has a red pixel there
RED, GREEN = (200, 30, 20, 255), (20, 160, 60, 255)
ANGLE_X = 0.8


def plain_projection(point: Float64[np.ndarray, "3"], view: GivenView) -> tuple[float, float]:
    """Where a point lies in a view, in continuous pixels, by the definition of an OpenGL camera."""
    x, y, z = np.linalg.inv(view.pose)[:3, :3] @ (point - view.pose[:3, 3])
    k = view.intrinsics
    return k.fx * x / -z + k.cx, k.fy * -y / -z + k.cy


def known_views(count: int, intrinsics: Intrinsics, height: int = 48, width: int = 48) -> list[GivenView]:
    """Views around the origin: a green square on transparent ground, and in it POINT as a red pixel."""
    views = []
    for number in range(count):
        pose = orbit_pose(37.0 * number, 15.0 + 10.0 * number, 1.3)
        rgba = np.zeros((height, width, 4), dtype=np.uint8)
        rgba[height // 4 : -height // 4, width // 4 : -width // 4] = GREEN
        view = GivenView(rgba, pose, intrinsics)
        u, v = plain_projection(POINT, view)
        rgba[int(v), int(u)] = RED
        views.append(view)
    return views


def opencv(view: GivenView) -> Float64[np.ndarray, "4 4"]:
    """The pose with axes right, down, forward."""
    return view.pose @ np.diag([1.0, -1.0, -1.0, 1.0])


def write_srn(folder: Path, views: Sequence[GivenView]) -> None:
    """`intrinsics.txt`, `rgb/000000.png` over white without alpha, `pose/000000.txt` with OpenCV axes."""
    height, width = views[0].rgba.shape[:2]
    k = views[0].intrinsics
    (folder / "rgb").mkdir(parents=True)
    (folder / "pose").mkdir()
    (folder / "intrinsics.txt").write_text(f"{k.fx!r} {k.cx!r} {k.cy!r} 0.\n0. 0. 0.\n1.\n{height} {width}\n")
    for number, view in enumerate(views):
        white = np.where(view.rgba[..., 3:] > 0, view.rgba[..., :3], 255).astype(np.uint8)
        Image.fromarray(white).save(folder / "rgb" / f"{number:06}.png")
        (folder / "pose" / f"{number:06}.txt").write_text(" ".join(map(repr, opencv(view).reshape(-1).tolist())))


def write_transforms(folder: Path, views: Sequence[GivenView], name: str = "transforms.json", **keys: Any) -> None:
    """nerfstudio's file with intrinsics of each frame; pictures have alpha."""
    pictures = folder / "images"
    pictures.mkdir(parents=True, exist_ok=True)
    frames = []
    for number, view in enumerate(views):
        picture = pictures / f"{Path(name).stem}_{number}.png"
        Image.fromarray(view.rgba).save(picture)
        k, (height, width) = view.intrinsics, view.rgba.shape[:2]
        camera = {"fl_x": k.fx, "fl_y": k.fy, "cx": k.cx, "cy": k.cy, "w": width, "h": height}
        frames.append({"file_path": f"./images/{picture.name}", "transform_matrix": view.pose.tolist(), **camera})
    (folder / name).write_text(json.dumps({"camera_model": "OPENCV", "k1": 0.0, **keys, "frames": frames}))


def write_camera_npy(folder: Path, views: Sequence[GivenView]) -> None:
    """`000.png` and `000.npy` with the 3x4 from the world to Blender's camera."""
    folder.mkdir(parents=True)
    for number, view in enumerate(views):
        Image.fromarray(view.rgba).save(folder / f"{number:03}.png")
        np.save(folder / f"{number:03}.npy", np.linalg.inv(view.pose)[:3])


def write_co3d(folder: Path, views: Sequence[GivenView]) -> None:
    """Pictures and masks, and what the category's annotations say of them, with cameras as PyTorch3D has them."""
    frames = []
    for number, view in enumerate(views):
        paths = {part: f"{part}/frame{number + 1:06}.png" for part in ("images", "masks")}
        for (part, path), pixels in zip(paths.items(), (view.rgba[..., :3], view.rgba[..., 3]), strict=True):
            (folder / part).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / path)
            paths[part] = f"{folder.parent.name}/{folder.name}/{path}"
        height, width = view.rgba.shape[:2]
        k, half = view.intrinsics, min(height, width) / 2
        world_from_camera = view.pose[:3, :3] @ np.diag([-1.0, 1.0, -1.0])  # axes left, up, forward
        viewpoint = {
            "R": world_from_camera.tolist(),
            "T": (-world_from_camera.T @ view.pose[:3, 3]).tolist(),
            "focal_length": [k.fx / half, k.fy / half],
            "principal_point": [(width / 2 - k.cx) / half, (height / 2 - k.cy) / half],
            "intrinsics_format": "ndc_isotropic",
        }
        frames.append(
            {
                "sequence_name": folder.name,
                "frame_number": 5 + 2 * number,
                "frame_timestamp": number / 30,
                "image": {"path": paths["images"], "size": [height, width]},
                "depth": None,
                "mask": {"path": paths["masks"], "mass": float((view.rgba[..., 3] / 255).sum())},
                "viewpoint": viewpoint,
                "meta": None,
            }
        )
    sequence = {"sequence_name": folder.name, "category": folder.parent.name, "video": None, "point_cloud": None}
    for name, rows in (("frame", frames), ("sequence", [{**sequence, "viewpoint_quality_score": None}])):
        file = folder.parent / f"{name}_annotations.jgz"
        write_gzip(file, (read_gzip(file) if file.exists() else []) + rows)


def read_gzip(file: Path) -> Any:
    return json.loads(gzip.decompress(file.read_bytes()))


def write_gzip(file: Path, value: object) -> None:
    file.write_bytes(gzip.compress(json.dumps(value).encode()))


def write_npz(file: Path, **arrays: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, **arrays)


def write_released(folder: Path, views: Sequence[GivenView]) -> None:
    """`img/<synset>/<id>/000000.png` and `camera/<synset>/<id>.json` with one field of view and OpenCV axes."""
    folder.mkdir(parents=True)
    frames = []
    for number, view in enumerate(views):
        Image.fromarray(view.rgba).save(folder / f"{number:06}.png")
        frames.append({"file_path": f"{number:06}.png", "transform_matrix": opencv(view).tolist()})
    camera = folder.parents[2] / "camera" / folder.parent.name / f"{folder.name}.json"
    camera.parent.mkdir(parents=True, exist_ok=True)
    angle = 2 * np.arctan(0.5 * views[0].rgba.shape[1] / views[0].intrinsics.fx)
    camera.write_text(json.dumps({"camera_angle_x": angle, "frames": frames}))
