"""A viewer of two balls, whose field has random weights; without viser its tests skip."""

from pathlib import Path

import pytest

import featurenerf
from featurenerf.intrinsics import intrinsics_from
from featurenerf.viewer.gallery import Gallery
from featurenerf.viewer.given_view import GivenView
from featurenerf.viewer.viewed_object import view_object


@pytest.fixture
def gallery(field: featurenerf.Field, balls) -> Gallery:
    rgba, pose = balls

    def prepare(index):
        given = GivenView(f"ball {index}", rgba[index, 0], pose[index, 0], intrinsics_from(field.camera, None))
        return lambda: view_object(field, given)

    return Gallery({f"ball {index}": prepare(index) for index in range(2)})


@pytest.fixture
def server():
    viser = pytest.importorskip("viser", reason='viser is absent: pip install -e ".[view]"')
    server = viser.ViserServer(host="127.0.0.1", port=0, verbose=False)
    yield server
    server.stop()


@pytest.fixture
def viewer(server, gallery: Gallery, tmp_path: Path):
    from featurenerf.viewer.viewer import Viewer

    return Viewer(server, gallery, "ball 0", "ball 1", tmp_path / "shots")
