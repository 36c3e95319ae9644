from pathlib import Path

import numpy as np
import pytest

import featurenerf
from featurenerf import UserError
from featurenerf.volume_grid import covering_edge
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from render.cameras import unproject

CATEGORY = "plane"


@pytest.fixture
def teacher(project: Path) -> str:
    return load_settings().teachers[0]


def test_views_and_maps_are_those_of_the_stores(teacher: str) -> None:
    stored = Project(load_settings()).stored_views(CATEGORY, teacher)
    views, maps = featurenerf.open_views(CATEGORY), featurenerf.open_maps(CATEGORY, teacher)
    assert views.ids == maps.ids == [item.id for item in stored.manifest.objects]
    assert sorted(views.of_split("train") + views.of_split("test")) == sorted(views.ids)
    assert len(views.of_split("test")) == 2
    name = maps.of_split("test")[1]
    key = stored.manifest.key(name)
    assert np.array_equal(views.rgba(name), stored.rgba(key))
    assert np.array_equal(views.pose(name), stored.pose(key))
    assert np.array_equal(views.intrinsics(name), stored.intrinsics(key))
    assert np.array_equal(maps.feature(name), stored.feature(key))
    assert maps.feature(name).dtype == np.float32
    assert views.depth(name).shape == (4, 32, 32) == views.rgba(name).shape[:3]
    assert np.array_equal(views.depth(name), stored.views.read("depth", key))
    assert views.camera.size == 32


def test_the_default_volume_holds_every_object(project: Path) -> None:
    views = featurenerf.open_views(CATEGORY)
    half = covering_edge(views.camera) / 2
    for name in views.ids:
        for depth, pose in zip(views.depth(name), views.pose(name), strict=True):
            surface = unproject(depth, pose, views.camera.angle_x)[depth > 0]
            assert 0.1 < np.abs(surface).max() < half


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda _: featurenerf.open_views("chair"), "chair"),
        (lambda _: featurenerf.open_views("boat"), "boat"),
        (lambda _: featurenerf.open_maps(CATEGORY, "dino"), "dino"),
        (lambda _: featurenerf.open_maps(CATEGORY, "dina"), "dina"),
        (
            lambda _: featurenerf.open_views(CATEGORY).rgba("x"),
            "'x' is no stored object of plane; there are madeup-pla",
        ),
        (
            lambda _: featurenerf.open_views(CATEGORY).rgba("madeup-plane-9"),
            "'madeup-plane-9' is no stored object of plane; did you mean madeup-plane-000",
        ),
        (
            lambda _: featurenerf.open_views(CATEGORY).of_split("tset"),
            "'tset' is no split; the splits are train, val, test",
        ),
        (lambda teacher: featurenerf.open_maps(CATEGORY, teacher).feature("x"), "'x' is no stored object of plane"),
    ],
)
def test_what_is_not_there_is_a_sentence(teacher: str, ask, message: str) -> None:
    with pytest.raises(UserError, match=message):
        ask(teacher)


def test_without_a_project_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"there is no params.yaml in the current folder"):
        featurenerf.open_views(CATEGORY)
