import io
from pathlib import Path

import numpy as np
import pytest
import trimesh

import featurenerf
from benchmarks.mesh_iou import iou, occupancy
from featurenerf import UserError
from featurenerf.exports.surface_mesh import (
    SurfaceMesh,
    density_grid,
    density_level,
    glb_bytes,
    isosurface,
    met_points,
    surface_mesh,
)
from featurenerf.surface import points_behind
from featurenerf.volume_grid import cell_centres


def shape_of(vertices: np.ndarray, faces: np.ndarray) -> trimesh.Trimesh:
    return trimesh.Trimesh(vertices, faces, process=False)


def test_the_surface_of_a_ball_lies_at_its_radius() -> None:
    centres = cell_centres(40, 1.0)
    density = np.maximum(0, 1 - np.linalg.norm(centres, axis=-1) / 0.4).astype(np.float32)
    vertices, faces = isosurface(density, 0.25, 1.0)  # 1 - r / 0.4 is 0.25 at r = 0.3
    np.testing.assert_allclose(np.linalg.norm(vertices, axis=1), 0.3, atol=0.002)
    shape = shape_of(vertices, faces)
    assert shape.is_watertight
    assert shape.volume == pytest.approx(4 / 3 * np.pi * 0.3**3, rel=0.02)  # positive: faces look outward


def test_axes_and_units_are_those_of_the_world() -> None:
    solid = np.zeros((10, 10, 10), dtype=np.float32)
    solid[6:9, 2, 4] = 1  # x from 0.2 to 0.8 of a cube of edge 2, y about -0.5, z about -0.1
    vertices, _ = isosurface(solid, 0.5, 2.0)
    np.testing.assert_allclose(vertices.min(axis=0), [0.2, -0.6, -0.2], atol=1e-6)
    np.testing.assert_allclose(vertices.max(axis=0), [0.8, -0.4, 0.0], atol=1e-6)


def test_what_reaches_the_edge_of_the_grid_is_closed_there() -> None:
    vertices, faces = isosurface(np.ones((4, 4, 4), dtype=np.float32), 0.5, 1.0)
    assert shape_of(vertices, faces).is_watertight
    np.testing.assert_allclose(np.abs(vertices).max(axis=0), 0.5)


def test_colours_of_a_glb_are_linear_and_its_vertices_the_worlds() -> None:
    vertices = np.array([[0, 0, 0], [0.5, 0, 0], [0, 0.25, 0], [0, 0, -0.125]], dtype=np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], dtype=np.int32)
    rgb = np.array([[0, 255, 188], [10, 0, 0], [0, 0, 0], [255, 255, 255]], dtype=np.uint8)
    loaded = trimesh.load(io.BytesIO(glb_bytes(SurfaceMesh(vertices, faces, rgb, 1.0))), file_type="glb")
    (mesh,) = loaded.geometry.values()
    assert np.array_equal(mesh.vertices, vertices)
    assert np.array_equal(mesh.faces, faces)
    assert np.array_equal(mesh.visual.vertex_colors[0], [0, 255, 128, 255])  # sRGB 188 is half of the light


def test_the_level_is_the_median_density_that_rays_meet(first: featurenerf.SeenObject) -> None:
    shown = np.argwhere(first.image.any(axis=2) & (first.own_view.opacity > 0.2))
    points = points_behind(first, first.own_view, shown)
    np.testing.assert_allclose(met_points(first), points, atol=1e-4)  # few enough pixels to take all
    level = density_level(first)
    assert level == pytest.approx(np.median(first.at(points).density), rel=1e-3)
    assert surface_mesh(first, 12).level == level
    assert surface_mesh(first, 12, 0.7).level == 0.7


def test_a_black_image_has_no_level(field: featurenerf.Field, balls) -> None:
    black = field.see(np.zeros_like(balls[0][0, 0]), pose=balls[1][0, 0])
    with pytest.raises(UserError, match="renders nothing solid of the image"):
        density_level(black)


def test_a_mesh_is_written_with_the_fields_colours(first: featurenerf.SeenObject, tmp_path: Path) -> None:
    written = featurenerf.export_mesh(first, tmp_path / "new" / "field.glb", 12)
    assert np.array_equal(written.rgb, np.rint(255 * np.clip(first.at(written.vertices).rgb, 0, 1)))
    (mesh,) = trimesh.load(tmp_path / "new" / "field.glb").geometry.values()
    assert np.array_equal(mesh.vertices, written.vertices)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["field.glb"]


def test_the_grid_of_the_density_is_that_of_a_volume(first: featurenerf.SeenObject) -> None:
    np.testing.assert_allclose(density_grid(first, 5, 0.8), first.volume(5, edge=0.8).density, rtol=1e-4, atol=1e-5)
    with pytest.raises(UserError, match="cells must be 1 to 512"):
        surface_mesh(first, 0, 1.0)


@pytest.mark.parametrize(("level", "message"), [(1e6, "the density is nowhere above 1e"), (0, "must be a positive")])
def test_a_level_without_a_surface_is_a_sentence(first: featurenerf.SeenObject, level: float, message: str) -> None:
    with pytest.raises(UserError, match=message):
        surface_mesh(first, 8, level)


def test_overlapping_boxes_fill_their_union() -> None:
    boxes = [trimesh.creation.box(extents) for extents in ((0.4, 0.2, 0.2), (0.2, 0.6, 0.2))]
    both = trimesh.util.concatenate(boxes)
    inside = occupancy(both.vertices, both.faces, 40, 1.0)
    points = np.abs(cell_centres(40, 1.0))
    expected = (points < [0.2, 0.1, 0.1]).all(axis=-1) | (points < [0.1, 0.3, 0.1]).all(axis=-1)
    assert np.array_equal(inside, expected)
    assert iou(inside, expected) == 1
    assert iou(inside, np.roll(expected, 8, axis=2)) == 0
