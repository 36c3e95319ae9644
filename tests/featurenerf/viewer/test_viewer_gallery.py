"""What can be chosen: stored objects and photos, each prepared once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import featurenerf
from featurenerf.images import framed
from featurenerf.seen_photo import GivenPhoto
from featurenerf.viewer import gallery as gallery_module
from featurenerf.viewer.gallery import Gallery
from featurenerf.viewer.photos import given_photo, photo_choices
from pipeline.errors import UserError
from pipeline.stores.checked_json import read_checked, write_checked
from render.cameras import orbit_pose
from tests.featurenerf.viewer.planted_objects import one_hot, planted


def test_an_object_is_prepared_when_it_is_first_chosen_and_once(
    field: featurenerf.Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    thing = planted("a", one_hot(np.arange(16).reshape(4, 4)), one_hot([0]))
    monkeypatch.setattr(gallery_module, "view_object", lambda *_: thing)
    gallery = Gallery(field, {name: lambda name=name: calls.append(name) or thing.given for name in "ab"})
    assert gallery.names == ["a", "b"] and not gallery.prepared("a")
    assert gallery.get("b") is gallery.get("b") is thing
    assert calls == ["b"] and gallery.prepared("b")


def test_what_is_not_there_is_one_sentence(field: featurenerf.Field) -> None:
    with pytest.raises(UserError, match="no object to show"):
        Gallery(field, {})
    with pytest.raises(UserError, match="no object 'c'"):
        Gallery(field, {"a": lambda: pytest.fail("not asked for")}).get("c")


@pytest.fixture
def framed_field(model_folder: Path) -> featurenerf.Field:
    record = read_checked(model_folder / "model.json")
    write_checked(model_folder / "model.json", record | {"framing": 0.5})
    return featurenerf.load_field(model_folder, device="cpu")


@pytest.fixture
def photo(balls, tmp_path: Path) -> GivenPhoto:
    Image.fromarray(balls[0][0, 0]).save(tmp_path / "ball.png")
    return GivenPhoto(tmp_path / "ball.png", azimuth=210.0, elevation=20.0)


def test_a_photo_is_framed_and_stands_where_its_angles_say(framed_field: featurenerf.Field, photo: GivenPhoto) -> None:
    given = given_photo(framed_field, photo, pytest.fail)
    np.testing.assert_allclose(given.pose, orbit_pose(210, 20, framed_field.camera.radius), atol=1e-6)
    rows, _ = np.nonzero(given.rgba[..., 3])
    assert (rows.min(), rows.max()) == (8, 23)  # a half of 32, in the middle
    assert given.labels is None


def test_without_angles_camera_and_size_are_the_estimated_ones(
    framed_field: featurenerf.Field, photo: GivenPhoto
) -> None:
    prepared = featurenerf.prepare_photo(photo.path)
    estimate = featurenerf.estimate_pose(framed_field, prepared)
    said: list[str] = []
    given = given_photo(framed_field, replace(photo, azimuth=None, elevation=None), said.append)
    assert "camera estimated" in said[0]
    np.testing.assert_array_equal(given.pose, estimate.pose)
    np.testing.assert_array_equal(given.rgba, framed(prepared, framed_field.renderer.field, estimate.framing))


def test_photos_of_one_name_are_told_apart_by_their_folders(framed_field: featurenerf.Field) -> None:
    files = [GivenPhoto(Path(path)) for path in ("x/a.png", "y/a.png", "y/b.png")]
    assert list(photo_choices(framed_field, files, pytest.fail)) == ["x/a.png", "y/a.png", "b.png"]
