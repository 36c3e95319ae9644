from pathlib import Path

import numpy as np
import pytest
import trimesh

import featurenerf
from featurenerf import UserError
from featurenerf.exports.surface_cloud import SurfaceCloud, feature_basis, ply_bytes, surface_cloud
from featurenerf.surface import surface_points

POINTS = np.array([[0, 0.5, -0.25], [1, 2, 3]], dtype=np.float32)
RGB = np.array([[255, 0, 7], [1, 2, 3]], dtype=np.uint8)
FEATURES = np.array([[9, 8, 250], [4, 5, 6]], dtype=np.uint8)


def test_a_ply_holds_both_colours_of_each_point(tmp_path: Path) -> None:
    content = ply_bytes(SurfaceCloud(POINTS, RGB, FEATURES))
    header, data = content.split(b"end_header\n", 1)
    assert b"element vertex 2\n" in header
    assert header.count(b"property uchar") == 6
    assert len(data) == 2 * (3 * 4 + 6)
    assert data[:12] == POINTS[0].tobytes()
    assert list(data[12:18]) == [255, 0, 7, 9, 8, 250]
    (tmp_path / "cloud.ply").write_bytes(content)
    read = trimesh.load(tmp_path / "cloud.ply")
    assert np.array_equal(read.vertices, POINTS)
    assert np.array_equal(read.colors[:, :3], RGB)


def test_the_cloud_starts_with_the_surface_of_the_own_view(first: featurenerf.SeenObject) -> None:
    views = [first.own_view, first.render(azimuth=40, elevation=10)]
    cloud = surface_cloud(first, views, feature_basis(views))
    own = surface_points(first, 0.2)
    assert np.array_equal(cloud.points[: len(own)], own)
    assert len(cloud.points) == len(cloud.rgb) == len(cloud.feature_rgb) > len(own)
    row, column = np.argwhere(views[0].opacity > 0.2)[0]
    met = views[0].rgb[row, column] / views[0].opacity[row, column]
    assert np.array_equal(cloud.rgb[0], np.rint(255 * met))


def test_points_are_written_from_four_sides(first: featurenerf.SeenObject, tmp_path: Path) -> None:
    cloud = featurenerf.export_points(first, tmp_path / "field.ply")
    assert (tmp_path / "field.ply").read_bytes() == ply_bytes(cloud)
    assert len(cloud.points) > len(surface_points(first, 0.2))


def test_a_field_that_renders_nothing_is_a_sentence(first: featurenerf.SeenObject) -> None:
    view = first.render(azimuth=0, elevation=0)
    view.opacity[:] = 0
    with pytest.raises(UserError, match="renders nothing solid"):
        surface_cloud(first, [view], feature_basis([view]))
