"""STL files, binary and ascii: triangles without colours."""

import io
import logging
import struct
import warnings
from pathlib import PurePosixPath

import numpy as np
from trimesh.exchange.stl import load_stl

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.checked_surface import checked_surface
from pipeline.datasets.meshes.obj_materials import GREY
from pipeline.datasets.records import Mesh

_HEADER, _TRIANGLE = 84, 50  # bytes

# trimesh logs a traceback of each file that it cannot read; without a handler Python would print it.
logging.getLogger("trimesh").addHandler(logging.NullHandler())


def parse_stl(data: bytes, file: PurePosixPath) -> Mesh:
    """Parse a grey mesh in which each triangle has three vertices of its own; `file` names it in errors.

    Raises DatasetError for a file that is neither whole nor ascii, and for what is no mesh.
    """
    announced = struct.unpack_from("<I", data, 80)[0] if len(data) >= _HEADER else -1
    if len(data) != _HEADER + _TRIANGLE * announced and data.lstrip()[:5].lower() != b"solid":
        following = max(len(data) - _HEADER, 0) // _TRIANGLE
        raise DatasetError(file, "header", f"announces {max(announced, 0)} triangles, and {following} follow")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # numpy only warns of text that is no number
            loaded = load_stl(io.BytesIO(data))
        solids = list(loaded["geometry"].values()) if "geometry" in loaded else [loaded]
        corners = [np.asarray(solid["vertices"])[np.asarray(solid["faces"])].reshape(-1, 3) for solid in solids]
    except Exception as error:  # trimesh raises whatever a bad file makes its code raise
        raise DatasetError(file, "file", f"is no valid stl: {error!r:.200}") from None
    vertices = np.concatenate([np.zeros((0, 3)), *corners])
    vertices, faces = checked_surface(vertices, np.arange(len(vertices)).reshape(-1, 3), file)
    return Mesh(vertices, faces, np.zeros((len(faces), 3, 2)), np.zeros(len(faces), dtype=np.int32), (GREY,))
