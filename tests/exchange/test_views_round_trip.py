"""Any views that are exported come back from the readers of views: images, poses and intrinsics."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.sections.data import Source, ViewLayout
from pipeline.config.sections.views import Camera
from pipeline.datasets.views.layouts import VIEW_LAYOUTS
from pipeline.datasets.views.view_source import GivenView
from pipeline.exchange.camera_npy import CameraNpy
from pipeline.exchange.export_folder import ExportFolder
from pipeline.exchange.exported_object import ExportedObject
from pipeline.exchange.exporter import Exporter
from pipeline.exchange.transforms import Transforms, transforms
from tests.exchange.objects import SIZE, VIEWS, exported_object, group_of

SEEDS = st.integers(0, 2**32 - 1)


def read_back(
    exporter: Exporter, layout: ViewLayout, exported: ExportedObject, angle_x: float = 1.0
) -> list[GivenView]:
    with tempfile.TemporaryDirectory() as place:
        folder = ExportFolder.open(Path(place), {})
        for file, pieces in exporter.files(group_of(exported), [exported]):
            folder.write(file, pieces)
        source = Source(kind="renders", views_root=place, layout=layout, up="+y", front="-z", scale=1.0)
        reader = VIEW_LAYOUTS[layout](Path(place), source, Camera(angle_x=angle_x))
        assert reader.listing(exported.key.synset).ids == [exported.key.id]
        np.testing.assert_array_equal(reader.world_from_source(exported.key), np.eye(4))
        assert reader.count(exported.key) == VIEWS
        return reader.read(exported.key, np.arange(VIEWS))


def assert_same(views: list[GivenView], exported: ExportedObject) -> None:
    for number, view in enumerate(views):
        np.testing.assert_array_equal(view.rgba, exported.rgba[number])
        np.testing.assert_allclose(view.pose, exported.pose[number], atol=1e-6)
        np.testing.assert_allclose(view.intrinsics.array(), exported.intrinsics[number], rtol=1e-6)


@settings(max_examples=15)
@given(SEEDS, st.booleans())
def test_transforms_keep_cameras_of_each_view_and_one_for_all(seed: int, alike: bool) -> None:
    exported = exported_object("a", rich=not alike, seed=seed)
    if alike:
        exported.intrinsics[:] = exported.intrinsics[0]
    assert_same(read_back(Transforms(), "transforms", exported), exported)


@settings(max_examples=15)
@given(SEEDS, st.floats(0.1, 3.0))
def test_png_keeps_images_and_poses_and_a_centred_camera_of_one_angle(seed: int, angle_x: float) -> None:
    exported = exported_object("a", seed=seed)
    focal = 0.5 * SIZE / np.tan(0.5 * angle_x)
    exported.intrinsics[:] = (focal, focal, SIZE / 2, SIZE / 2)
    assert_same(read_back(CameraNpy(), "camera-npy", exported, angle_x), exported)


def test_a_blender_reader_finds_the_same_focal_length() -> None:
    exported = exported_object("a")
    exported.intrinsics[:] = (9.5, 9.5, SIZE / 2, SIZE / 2)
    angle = transforms(exported)["camera_angle_x"]
    assert 0.5 * SIZE / np.tan(0.5 * angle) == pytest.approx(9.5)
