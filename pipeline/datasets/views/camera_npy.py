"""Pictures with a matrix beside each, as the Blender scripts of Zero123 and Objaverse-XL write them.

`<root>/<category>/<id>/` holds 000.png and 000.npy, 001.png and 001.npy, ... The matrix is 3x4 or 4x4: world-to-camera
with Blender's camera axes, which are OpenGL's. This is what get_3x4_RT_matrix_from_blender returns in
scripts/rendering/blender_script.py of objaverse-xl: the transposed rotation of the camera's matrix_world, without a
turn to OpenCV's axes. The files do not hold the field of view: it is camera.angle_x, whose default is that of the
scripts' lens, 35 mm on a sensor of 32 mm. The world's top is +z there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import object_folder
from pipeline.datasets.meshes.folder_listing import visible_files
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.numpy_files.npy_header import read_npy_header
from pipeline.datasets.picture_file import read_rgba
from pipeline.datasets.records import ObjectKey, Split
from pipeline.datasets.text_files import read_bytes
from pipeline.datasets.views.checked_camera import centred_intrinsics, checked_pose, inverse_pose
from pipeline.datasets.views.frame import Frame
from pipeline.datasets.views.object_folders import category_folders, folder_of, list_objects
from pipeline.datasets.views.unlabelled import Unlabelled
from pipeline.datasets.views.view_source import GivenView

MATRIX_BYTES = 2**16
SHAPES = ((3, 4), (4, 4))


@dataclass(frozen=True)
class CameraNpy(Unlabelled):
    """A ViewSource. `angle_x` is the horizontal field of view in radians; pixels are square."""

    root: Path
    frame: Frame
    angle_x: float

    def listing(self, synset: str) -> Listing:
        """List the folders that hold a png with its npy. Raises UserError if the category has no folder."""
        return list_objects(self.root, synset, lambda folder: None if _stems(folder) else "has no png with its npy")

    def folders(self, synset: str) -> tuple[PurePosixPath, ...]:
        """The category's folder."""
        return category_folders(synset)

    def splits(self, synset: str) -> Mapping[str, Split] | None:  # noqa: ARG002 # the interface's
        """None: the layout has none."""
        return None

    def files(self, key: ObjectKey) -> tuple[PurePosixPath, ...]:
        """Name the pictures and the matrices."""
        folder, names = self._names(key)
        return tuple(folder / f"{name}{suffix}" for name in names for suffix in (".png", ".npy"))

    def world_from_source(self, key: ObjectKey) -> Float64[np.ndarray, "4 4"]:
        """The same similarity for all objects, as the settings say."""
        object_folder(key)
        return self.frame.world_from_source()

    def count(self, key: ObjectKey) -> int:
        """The number of pictures that have a matrix."""
        return len(self._names(key)[1])

    def read(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> list[GivenView]:
        """Read views, sorted by name."""
        folder, names = self._names(key)
        return [self._view(folder, names[number]) for number in numbers]

    def _view(self, folder: PurePosixPath, name: str) -> GivenView:
        picture, matrix = folder / f"{name}.png", folder / f"{name}.npy"
        rgba = read_rgba(self.root, picture)
        camera_from_world = checked_pose(read_matrix(self.root, matrix), matrix, "matrix")
        intrinsics = centred_intrinsics(self.angle_x, rgba.shape, picture, "camera")
        return GivenView(rgba, inverse_pose(camera_from_world), intrinsics)

    def _names(self, key: ObjectKey) -> tuple[PurePosixPath, list[str]]:
        folder = folder_of(self.root, key)
        names = _stems(self.root / folder)
        if not names:
            raise DatasetError(folder, "folder", "has no png with its npy")
        return folder, names


def read_matrix(root: Path, file: PurePosixPath) -> Float64[np.ndarray, "r 4"]:
    """Read a 3x4 or 4x4 matrix of real numbers from a npy file; nothing in it is executed.

    Raises DatasetError if it is missing, too large, or holds anything else.
    """
    data = read_bytes(root, file, MATRIX_BYTES)
    header = read_npy_header(data, file, "matrix")
    shape, dtype, content = header.shape, header.dtype, data[header.length :]
    if shape not in SHAPES or dtype.kind not in "fiu":
        raise DatasetError(file, "matrix", f"is a {dtype} of shape {shape}, not a matrix of 3 x 4 or 4 x 4 numbers")
    if len(content) != dtype.itemsize * shape[0] * shape[1]:
        raise DatasetError(file, "matrix", f"has {len(content)} bytes, not those of {shape[0]} x {shape[1]} numbers")
    rows = np.frombuffer(content, dtype).reshape(shape, order="F" if header.columns_first else "C")
    return rows.astype(np.float64)


def _stems(folder: Path) -> list[str]:
    """The names that a png and a npy in a folder share, sorted; none if it is no folder."""
    pictures, matrices = ({path.stem for path in visible_files(folder, suffix)} for suffix in (".png", ".npy"))
    return sorted(pictures & matrices)
