"""Pictures with a matrix beside each, as the Blender scripts of Zero123 and Objaverse-XL write them.

`<root>/<category>/<id>/` holds 000.png and 000.npy, 001.png and 001.npy, ... The matrix is 3x4 or 4x4: world-to-camera
with Blender's camera axes, which are OpenGL's. This is what get_3x4_RT_matrix_from_blender returns in
scripts/rendering/blender_script.py of objaverse-xl: the transposed rotation of the camera's matrix_world, without a
turn to OpenCV's axes. The files do not hold the field of view: it is camera.angle_x, whose default is that of the
scripts' lens, 35 mm on a sensor of 32 mm. The world's top is +z there.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.folder_listing import visible_files
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.numpy_files.npz_file import read_npy
from pipeline.datasets.picture_file import read_rgba
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.text_files import read_bytes
from pipeline.datasets.views.checked_camera import centred_intrinsics, checked_pose, inverse_pose
from pipeline.datasets.views.object_folders import category_folders, folder_of, list_objects
from pipeline.datasets.views.posed_views import PosedViews
from pipeline.datasets.views.view_source import GivenView

MATRIX_BYTES = 2**16
SHAPES = ((3, 4), (4, 4))
NO_PAIR = "has no png with its npy"


@dataclass(frozen=True)
class CameraNpy(PosedViews[PurePosixPath]):
    """A ViewSource, sorted by name. `angle_x` is the horizontal field of view in radians; pixels are square."""

    angle_x: float

    def listing(self, synset: str) -> Listing:
        """List the folders that hold a png with its npy. Raises UserError if the category has no folder."""
        return list_objects(self.root, synset, lambda folder: None if _stems(folder) else NO_PAIR)

    def folders(self, synset: str) -> tuple[PurePosixPath, ...]:
        """The category's folder."""
        return category_folders(synset)

    def files(self, key: ObjectKey) -> tuple[PurePosixPath, ...]:
        """Name the pictures and the matrices."""
        return tuple(stem.with_name(stem.name + end) for stem in self.entries(key) for end in (".png", ".npy"))

    def entries(self, key: ObjectKey) -> list[PurePosixPath]:
        """Find the pictures that have a matrix, without their endings."""
        folder = folder_of(self.root, key)
        stems = [folder / name for name in _stems(self.root / folder)]
        if not stems:
            raise DatasetError(folder, "folder", NO_PAIR)
        return stems

    def view(self, entry: PurePosixPath) -> GivenView:
        """Read a picture and its camera."""
        picture, matrix = (entry.with_name(entry.name + end) for end in (".png", ".npy"))
        rgba = read_rgba(self.root, picture)
        camera_from_world = checked_pose(read_matrix(self.root, matrix), matrix, "matrix")
        intrinsics = centred_intrinsics(self.angle_x, rgba.shape, picture, "camera")
        return GivenView(rgba, inverse_pose(camera_from_world), intrinsics)


def read_matrix(root: Path, file: PurePosixPath) -> Float64[np.ndarray, "r 4"]:
    """Read a 3x4 or 4x4 matrix of real numbers from a npy file; nothing in it is executed.

    Raises DatasetError if it is missing, too large, or holds anything else.
    """
    data = read_bytes(root, file, MATRIX_BYTES)
    matrix = read_npy(lambda: BytesIO(data), len(data), file, "matrix")
    if matrix.shape not in SHAPES or matrix.dtype.kind not in "fiu":
        reason = f"is a {matrix.dtype} of shape {matrix.shape}, not a matrix of 3 x 4 or 4 x 4 numbers"
        raise DatasetError(file, "matrix", reason)
    return matrix.astype(np.float64)


def _stems(folder: Path) -> list[str]:
    """The names that a png and a npy in a folder share, sorted; none if it is no folder."""
    pictures, matrices = ({path.stem for path in visible_files(folder, suffix)} for suffix in (".png", ".npy"))
    return sorted(pictures & matrices)
