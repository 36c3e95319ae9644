"""A viewer of two balls, whose field has random weights; without viser its tests skip."""

from functools import partial
from pathlib import Path

import pytest

import featurenerf
from featurenerf.intrinsics import intrinsics_from
from featurenerf.viewer.gallery import Gallery
from featurenerf.viewer.given_view import GivenView


@pytest.fixture
def gallery(field: featurenerf.Field, balls) -> Gallery:
    lens = intrinsics_from(field.camera, None)
    named = [(f"ball {index}", rgba[0], pose[0]) for index, (rgba, pose) in enumerate(zip(*balls, strict=True))]
    return Gallery(field, {name: partial(GivenView, name, rgba, pose, lens) for name, rgba, pose in named})


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
