"""Renders of Scene Representation Networks, in the layout that pixel-nerf reads.

`<root>/<category>_<split>/<id>/` holds intrinsics.txt, rgb/<name>.png and pose/<name>.txt. A pose is 16 numbers, row by
row: camera-to-world with OpenCV axes. The first line of intrinsics.txt is `f cx cy 0`, the last one with two numbers
`height width`; a line behind it that is 1 says that poses are world-to-camera (scene-representation-networks, util.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float64, UInt8

from pipeline.datasets.categories import folder_names
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import object_folder
from pipeline.datasets.meshes.folder_listing import PassedOverError, is_folder, list_folder, visible, visible_files
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.picture_file import read_rgba
from pipeline.datasets.records import SPLITS, ObjectKey, Split
from pipeline.datasets.text_files import filled_lines, read_bytes
from pipeline.datasets.views.checked_camera import checked_intrinsics, checked_pose, inverse_pose, resized
from pipeline.datasets.views.conventions import opengl_from_opencv
from pipeline.datasets.views.posed_views import PosedViews
from pipeline.datasets.views.view_source import GivenView, Intrinsics
from pipeline.errors import UserError

INTRINSICS = "intrinsics.txt"
NUMBERS_OF_A_POSE = 16
CAMERA_BYTES = 2**16  # of intrinsics.txt, and of a pose
# Names of folders in pixel-nerf's and SRN's archives. The archive of chairs has a folder inside its folder.
_PLURALS = {"plane": ("planes", "airplanes"), "motorcycle": ("motorcycles", "motorbikes")}
_INNER = "chairs_2.0_train"


@dataclass(frozen=True)
class Srn(PosedViews[tuple[PurePosixPath, str]]):
    """A ViewSource, sorted by name. White pixels of a picture without alpha are background."""

    def listing(self, synset: str) -> Listing:
        """List the folders with an intrinsics.txt in all splits. Raises UserError if no split has a folder."""
        ids, passed_over = set[str](), dict[str, str]()
        folders = self._split_folders(synset)
        if not folders:
            names = _names_of(synset)
            raise UserError(
                f"source.views_root: {self.root} has no folder {names[0]}_train or {names[-1]}_train: name the folder "
                "that holds the folders of the splits, <category>_train, <category>_val and <category>_test."
            )
        for folder, _ in folders:
            listing = list_folder(self.root / folder, _identify)
            twice = dict.fromkeys(ids & set(listing.ids), "is in the folders of two splits")
            passed_over |= {**listing.passed_over, **twice}
            ids |= set(listing.ids)
        return Listing(sorted(ids - passed_over.keys()), passed_over)

    def folders(self, synset: str) -> tuple[PurePosixPath, ...]:
        """The folders of the splits."""
        return tuple(PurePosixPath(f"{name}_{split}") for name in _names_of(synset) for split in SPLITS)

    def splits(self, synset: str) -> Mapping[str, Split] | None:
        """The splits that the folders' names say."""
        return {
            child.name: split
            for folder, split in self._split_folders(synset)
            for child in visible(self.root / folder)
            if child.is_dir()
        }

    def files(self, key: ObjectKey) -> tuple[PurePosixPath, ...]:
        """Name intrinsics.txt, the pictures and the poses."""
        entries = self.entries(key)
        views = [folder / part for folder, name in entries for part in (f"rgb/{name}.png", f"pose/{name}.txt")]
        return (entries[0][0] / INTRINSICS, *views)

    def entries(self, key: ObjectKey) -> list[tuple[PurePosixPath, str]]:
        """Find folder and stem of each picture. Raises DatasetError for one without its pose, or if there is none."""
        folder = self._folder(key)
        parts = (("rgb", ".png"), ("pose", ".txt"))
        names, poses = ([path.stem for path in visible_files(self.root / folder / part, end)] for part, end in parts)
        if not names:
            raise DatasetError(folder / "rgb", "folder", "is missing or holds no png")
        missing = set(names) - set(poses)
        if missing:
            raise DatasetError(folder / "pose" / f"{min(missing)}.txt", "file", "is missing")
        return [(folder, name) for name in names]

    def view(self, entry: tuple[PurePosixPath, str]) -> GivenView:
        """Read a picture and its camera. Intrinsics are scaled where it has another size than they are of."""
        folder, name = entry
        intrinsics, size, inverted = _read_cameras(self.root, folder / INTRINSICS)
        rgba = read_rgba(self.root, folder / "rgb" / f"{name}.png")
        pose = _read_pose(self.root, folder / "pose" / f"{name}.txt")
        return GivenView(
            rgba=without_white(rgba),
            pose=opengl_from_opencv(inverse_pose(pose) if inverted else pose),
            intrinsics=resized(intrinsics, size, rgba.shape[:2], folder / INTRINSICS, "f cx cy"),
        )

    def _folder(self, key: ObjectKey) -> PurePosixPath:
        object_folder(key)  # refuses a synset or id that is no plain name
        folders = [folder / key.id for folder, _ in self._split_folders(key.synset)]
        present = [folder for folder in folders if (self.root / folder).is_dir()]
        if len(present) != 1:
            reason = f"{present[0].parent} has it too; keep one of them" if present else "is missing"
            raise DatasetError(present[-1] if present else PurePosixPath(str(key)), "folder", reason)
        return present[0]

    def _split_folders(self, synset: str) -> list[tuple[PurePosixPath, Split]]:
        folders: list[tuple[PurePosixPath, Split]] = []
        for split in SPLITS:
            named = [PurePosixPath(f"{name}_{split}") for name in _names_of(synset)]
            there = [folder for folder in named if (self.root / folder).is_dir()]
            inner = [folder / _INNER for folder in there if (self.root / folder / _INNER).is_dir()]
            folders += [(folder, split) for folder in (*there, *inner)]
        return folders


def _identify(child: Path) -> str | None:
    if child.name == _INNER or not is_folder(child):
        return None
    if not (child / INTRINSICS).is_file():
        raise PassedOverError(f"has no {INTRINSICS}")
    return child.name


def _names_of(synset: str) -> tuple[str, ...]:
    """The names of a category in front of a split's: its name, its synset, the plural."""
    name, *others = folder_names(synset)
    return (name, *others, *_PLURALS.get(name, (f"{name}s",)))


def without_white(rgba: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 4"]:
    """Make pure white pixels transparent, unless the picture has an alpha of its own.

    pixel-nerf counts a pixel as background if any channel is 255, and loses saturated colours; over white, this loses
    nothing.
    """
    if (rgba[..., 3] < 255).any():
        return rgba
    masked = rgba.copy()
    masked[..., 3] = np.where((rgba[..., :3] == 255).all(axis=-1), 0, 255)
    return masked


def _read_pose(root: Path, file: PurePosixPath) -> Float64[np.ndarray, "4 4"]:
    numbers = _numbers(_text(root, file), file)
    if len(numbers) != NUMBERS_OF_A_POSE:
        raise DatasetError(file, "pose", f"has {len(numbers)} numbers, not {NUMBERS_OF_A_POSE}")
    return checked_pose(np.array(numbers).reshape(4, 4), file, "pose")


def _read_cameras(root: Path, file: PurePosixPath) -> tuple[Intrinsics, tuple[float, float], bool]:
    """Read intrinsics, the (height, width) that they are of, and whether poses are world-to-camera."""
    lines = [_numbers(line, file) for line in filled_lines(_text(root, file))]
    sizes = [line for line in lines[1:] if len(line) == 2]
    if not sizes or len(lines[0]) < 3:
        raise DatasetError(file, "lines", "does not start with `f cx cy 0`, or has no line `height width`")
    height, width = sizes[-1]
    if not (0 < height < 1e6 and 0 < width < 1e6):
        raise DatasetError(file, "height width", f"is {height:g} {width:g}, which is no image's size")
    f, cx, cy = lines[0][:3]
    return checked_intrinsics((f, f, cx, cy), file, "f cx cy"), (height, width), lines[-1] == [1.0]


def _text(root: Path, file: PurePosixPath) -> str:
    return read_bytes(root, file, CAMERA_BYTES).decode("utf-8-sig", "replace")


def _numbers(text: str, file: PurePosixPath) -> list[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError as error:
        raise DatasetError(file, "numbers", str(error)[:120]) from None
