"""What can be chosen: stored objects and photos, each prepared once."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import featurenerf
from featurenerf.seen_photo import GivenPhoto, see_photo
from featurenerf.viewer import gallery as gallery_module
from featurenerf.viewer.gallery import Gallery
from featurenerf.viewer.photos import given_photo, photo_choices
from pipeline.errors import UserError
from pipeline.stores.checked_json import read_checked, write_checked
from render.over_black import over_black
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


@pytest.mark.parametrize("angles", [(210.0, 20.0), (None, None)])
def test_a_photo_is_seen_as_describe_sees_it(framed_field: featurenerf.Field, balls, tmp_path: Path, angles) -> None:
    Image.fromarray(balls[0][0, 0]).save(tmp_path / "ball.png")
    said: list[str] = []
    photo = GivenPhoto(tmp_path / "ball.png", None, *angles)
    given = given_photo(framed_field, photo, said.append)
    seen = see_photo(framed_field, photo, lambda _: None)
    np.testing.assert_array_equal(given.pose, seen.pose)
    np.testing.assert_array_equal(over_black(given.rgba), seen.image)
    assert len(said) == (0 if angles[0] else 2)  # the estimate, and that the field is not sure of it


def test_photos_of_one_name_are_told_apart_by_their_folders(framed_field: featurenerf.Field) -> None:
    files = [GivenPhoto(Path(path)) for path in ("x/a.png", "y/a.png", "y/b.png")]
    assert list(photo_choices(framed_field, files, pytest.fail)) == ["x/a.png", "y/a.png", "b.png"]
