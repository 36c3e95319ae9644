"""transforms.json, as Blender's NeRF scenes, instant-ngp and nerfstudio write it.

`<root>/<category>/<id>/transforms.json`, or transforms_train.json, transforms_val.json and transforms_test.json beside
one another: all frames are views of one object. `transform_matrix` is camera-to-world with OpenGL axes
(docs.nerf.studio/quickstart/data_conventions.html). The camera is `camera_angle_x`, or `fl_x`, `fl_y`, `cx`, `cy` for
images of `w` x `h` pixels; a frame's own keys go before the file's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import check_inside
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.picture_file import SUFFIXES, read_rgba
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.text_files import read_frames, unreadable
from pipeline.datasets.views.checked_camera import checked_pose, focal_of_angle, resized
from pipeline.datasets.views.object_folders import category_folders, folder_of, list_objects
from pipeline.datasets.views.posed_views import PosedViews
from pipeline.datasets.views.view_source import GivenView, Intrinsics

SINGLE = "transforms.json"
SEVERAL = ("transforms_train.json", "transforms_val.json", "transforms_test.json")
MOST_FRAMES = 100_000
PINHOLE = ("OPENCV", "PINHOLE", "SIMPLE_PINHOLE", "PERSPECTIVE")  # of OpenCV's model the distortion must be zero
DISTORTION = ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2")


@dataclass(frozen=True)
class _Frame:
    """A frame: the file that speaks of it, its place there, its keys, those of the file, and its picture."""

    file: PurePosixPath
    number: int
    keys: Mapping[str, Any]
    shared: Mapping[str, Any]
    picture: PurePosixPath

    @property
    def field(self) -> str:
        """The frame's place in the file, for messages."""
        return f"frames[{self.number}]"

    def get(self, name: str) -> Any:
        """The frame's own value of a key, else the file's, else None."""
        return self.keys.get(name, self.shared.get(name))


@dataclass(frozen=True)
class Transforms(PosedViews[_Frame]):
    """A ViewSource, in the order of train, val and test, then of the file. A picture without alpha is opaque."""

    def listing(self, synset: str) -> Listing:
        """List the folders with a transforms file. Raises UserError if the category has no folder."""
        return list_objects(self.root, synset, lambda folder: None if _transforms(folder) else f"has no {SINGLE}")

    def folders(self, synset: str) -> tuple[PurePosixPath, ...]:
        """The category's folder."""
        return category_folders(synset)

    def files(self, key: ObjectKey) -> tuple[PurePosixPath, ...]:
        """Name the transforms files and the pictures."""
        frames = self.entries(key)
        return tuple(dict.fromkeys([*(frame.file for frame in frames), *(frame.picture for frame in frames)]))

    def view(self, entry: _Frame) -> GivenView:
        """Read a frame's picture and its camera."""
        rgba = read_rgba(self.root, entry.picture)
        pose = checked_pose(entry.keys.get("transform_matrix"), entry.file, f"{entry.field}.transform_matrix")
        return GivenView(rgba, pose, _intrinsics(entry, rgba.shape[0], rgba.shape[1]))

    def entries(self, key: ObjectKey) -> list[_Frame]:
        """Find the frames of all transforms files."""
        folder = folder_of(self.root, key)
        names = _transforms(self.root / folder)
        if not names:
            raise DatasetError(folder / SINGLE, "file", "is missing")
        frames: list[_Frame] = []
        for file in (folder / name for name in names):
            content = read_frames(self.root, file, MOST_FRAMES)
            listed = content.get("frames") if isinstance(content, dict) else None
            if not isinstance(listed, list) or not all(isinstance(keys, dict) for keys in listed):
                raise DatasetError(file, "frames", "is no list of frames")
            if len(frames) + len(listed) > MOST_FRAMES:
                raise DatasetError(file, "frames", f"are more than {MOST_FRAMES}")
            frames += [
                _Frame(file, number, keys, content, self._picture(folder, keys, file, number))
                for number, keys in enumerate(listed)
            ]
        if not frames:
            raise DatasetError(folder / names[0], "frames", "are none")
        return frames

    def _picture(
        self, folder: PurePosixPath, keys: Mapping[str, Any], file: PurePosixPath, number: int
    ) -> PurePosixPath:
        """Find a frame's picture, in the object's folder and nowhere else. Blender's scenes leave the suffix out."""
        field, name = f"frames[{number}].file_path", keys.get("file_path")
        if not isinstance(name, str):
            raise DatasetError(file, field, "is missing or no text")
        name = name.replace("\\", "/")
        check_inside(name, file, field)
        picture = folder / name
        if picture.suffix.lower() in SUFFIXES:
            return picture
        # The suffix is added and not replaced: names such as r_0.5 have a dot of their own.
        named = (picture.with_name(picture.name + suffix) for suffix in SUFFIXES)
        try:
            return next((path for path in named if (self.root / path).is_file()), picture)
        except OSError as error:
            raise unreadable(file, error) from None


def _transforms(folder: Path) -> list[str]:
    """Names of the transforms files in an object's folder. A single one goes before the three."""
    if (folder / SINGLE).is_file():
        return [SINGLE]
    return [name for name in SEVERAL if (folder / name).is_file()]


def _intrinsics(frame: _Frame, height: int, width: int) -> Intrinsics:
    """The intrinsics of a frame for its picture's size. Raises DatasetError for a camera that is no pinhole."""
    model = frame.get("camera_model")
    if (model is not None and model not in PINHOLE) or frame.get("is_fisheye"):
        name = "fisheye" if frame.get("is_fisheye") else str(model)[:40]
        raise DatasetError(frame.file, f"{frame.field}.camera_model", f"is {name}: undistort the pictures first")
    bent = [name for name in DISTORTION if _number(frame, name, 0.0) != 0]
    if bent:
        raise DatasetError(frame.file, f"{frame.field}.{bent[0]}", "is not 0: undistort the pictures first")
    w, h = _number(frame, "w", width), _number(frame, "h", height)
    if not (0 < w < 1e6 and 0 < h < 1e6):
        raise DatasetError(frame.file, f"{frame.field}.w", f"{w:g} x {h:g} is no image's size")
    fx, fy = _focal(frame, "x", w), _focal(frame, "y", h)
    across, down = (fy if fx is None else fx), (fx if fy is None else fy)
    if across is None or down is None:
        raise DatasetError(frame.file, frame.field, "has neither camera_angle_x nor fl_x")
    principal = _number(frame, "cx", w / 2), _number(frame, "cy", h / 2)
    given = Intrinsics(across, down, *principal)
    return resized(given, (h, w), (height, width), frame.file, frame.field)


def _focal(frame: _Frame, axis: str, side: float) -> float | None:
    """The focal length along an axis in pixels: `fl_x`, or from `camera_angle_x`; None if the frame has neither."""
    if frame.get(f"fl_{axis}") is not None:
        return _number(frame, f"fl_{axis}", 0.0)
    if frame.get(f"camera_angle_{axis}") is None:
        return None
    name = f"camera_angle_{axis}"
    return focal_of_angle(_number(frame, name, 0.0), side, frame.file, f"{frame.field}.{name}")


def _number(frame: _Frame, name: str, default: float) -> float:
    """A key's number. Raises DatasetError if it is none."""
    value = frame.get(name)
    if value is None:
        return float(default)
    # type() and not isinstance(): true and false are no numbers. Integers may be too large for a float.
    if type(value) not in (int, float) or not abs(value) < 1e12:
        raise DatasetError(frame.file, f"{frame.field}.{name}", f"{str(value)[:40]} is no number of a camera")
    return float(value)
