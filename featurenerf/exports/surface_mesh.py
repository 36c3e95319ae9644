"""The surface of an object as a mesh with colours, as GLB."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import trimesh
from jaxtyping import Float32, Int32, UInt8
from skimage.measure import marching_cubes
from trimesh.visual.color import srgb_to_linear

from eval.pictures.canvas import as_bytes
from featurenerf.matching import LEAST_OPACITY
from featurenerf.point_query import query_in_parts
from featurenerf.seen_object import SeenObject
from featurenerf.surface import points_behind
from featurenerf.volume_grid import cell_centres, covering_edge
from pipeline.errors import UserError
from pipeline.progress import counted
from pipeline.stores.atomic_files import write_bytes

CELLS = 96  # along each side of the grid
MOST_CELLS = 512  # its grid takes 4 GB of memory
RAYS = 512  # through the object's pixels, at most


@dataclass(frozen=True)
class SurfaceMesh:
    """A closed mesh in the world frame, its faces counter-clockwise from outside.

    `rgb` is the field's sRGB colour at each vertex. The surface lies where the density is `level`, per world unit.
    """

    vertices: Float32[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    rgb: UInt8[np.ndarray, "v 3"]
    level: float


def export_mesh(seen: SeenObject, path: str | Path, cells: int = CELLS, level: float | None = None) -> SurfaceMesh:
    """Write the object's surface as a GLB file, and return it. The arguments and errors are those of `surface_mesh`."""
    mesh = surface_mesh(seen, cells, level)
    write_bytes(Path(path), glb_bytes(mesh))
    return mesh


def surface_mesh(seen: SeenObject, cells: int = CELLS, level: float | None = None) -> SurfaceMesh:
    """Find the surface at which the density passes a level, by marching cubes (Lewiner, 2003).

    Args:
        seen: the object.
        cells: of the density's grid along each side of the cube that `SeenObject.volume` covers.
        level: the density, per world unit. The default is that of `density_level`.

    Raises UserError if cells or level is out of range, or if the density nowhere reaches the level.
    """
    level = density_level(seen) if level is None else level
    if not 0 < level < np.inf:
        raise UserError(f"the density level must be a positive number, not {level}.")
    edge = covering_edge(seen.camera)
    density = density_grid(seen, cells, edge)
    if density.max() <= level:
        raise UserError(
            f"the density is nowhere above {level:.3g}, its largest value is {density.max():.3g}: give a lower level."
        )
    vertices, faces = isosurface(density, level, edge)
    return SurfaceMesh(vertices, faces, as_bytes(seen.at(vertices).rgb[None])[0], level)


def density_grid(seen: SeenObject, cells: int, edge: float) -> Float32[np.ndarray, "n n n"]:
    """Return the density at the cell centres of a cube around the origin, as `SeenObject.volume` does, with progress.

    Raises UserError if cells is not positive or larger than 512.
    """
    if not 1 <= cells <= MOST_CELLS:
        raise UserError(f"cells must be 1 to {MOST_CELLS}, not {cells}.")
    slabs = [
        query_in_parts(seen.query, points.reshape(-1, 3), feature=False, internal=False).density
        for points in counted(list(cell_centres(cells, edge)), "mesh", "slabs")
    ]
    return np.stack(slabs).reshape(cells, cells, cells)


def isosurface(
    density: Float32[np.ndarray, "n n n"], level: float, edge: float
) -> tuple[Float32[np.ndarray, "v 3"], Int32[np.ndarray, "f 3"]]:
    """Return vertices and faces of a level surface of a grid of cells that fills a cube around the origin.

    `edge` is the cube's, in world units. Outside of the cube the density counts as 0, so the surface is closed.
    """
    spacing = edge / len(density)
    # scikit-image's word for an object denser than what is around it, whose faces then look outward.
    indices, faces, _, _ = cast("Any", marching_cubes)(np.pad(density, 1), level, gradient_direction="ascent")
    vertices = (indices - 0.5) * spacing - edge / 2  # index 1 is the centre of the first cell
    return vertices.astype(np.float32), faces.astype(np.int32)


def glb_bytes(mesh: SurfaceMesh) -> bytes:
    """Return a mesh as a GLB file. glTF's vertex colours are linear, so they are converted from sRGB."""
    linear = np.rint(255 * srgb_to_linear(mesh.rgb)).astype(np.uint8)
    shape: Any = cast("Any", trimesh).Trimesh(mesh.vertices, mesh.faces, vertex_colors=linear, process=False)
    content: bytes = shape.export(file_type="glb")
    return content


def density_level(seen: SeenObject) -> float:
    """Return the density, per world unit, at which the surface lies: that which rays through the object meet.

    It is the median density at the surface points behind pixels of the object's image: the surface of a mesh then
    passes where renderings show it, however faint the field is. Raises UserError if nothing opaque is rendered there.
    """
    return float(np.median(seen.at(met_points(seen)).density))


def met_points(seen: SeenObject) -> Float32[np.ndarray, "n 3"]:
    """Return the surface points behind pixels of the object's image that are rendered opaque, or behind every k-th.

    Raises UserError if there is none.
    """
    pixels = np.argwhere(seen.image.any(axis=2)).astype(np.int64)
    pixels = pixels[:: max(1, -(-len(pixels) // RAYS))]
    if len(pixels):
        view = seen.view_of(pixels)
        solid = np.argwhere(view.opacity > LEAST_OPACITY).astype(np.int64)
        if len(solid):
            return points_behind(seen, view, solid)
    raise UserError("the field renders nothing solid of the image: is the photo of the category it was trained on?")
