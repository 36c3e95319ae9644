"""`pipeline store show`: which teachers and objects a picture has, and what it must not mix."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.artifacts.receipts import receipt_path
from pipeline.config.settings import Settings
from pipeline.errors import UserError
from pipeline.upkeep.show import TILE, show_maps
from tests.stores.kept import NAMES, ROOT, filled_store, the_store, write_reference

OUT = Path("maps.png")


def show(teacher: str | None = None, objects: int = 1, views: int = 2) -> tuple[str, np.ndarray]:
    """What the command says and the picture that it makes, with two teachers in params.yaml."""
    teachers = ("daisy", "dino", "ldm") if teacher is None else (teacher,)
    said = show_maps(str(ROOT), "plane", teachers, objects, views, OUT)
    with Image.open(OUT) as picture:
        return said, np.asarray(picture.convert("RGB"))


def cache_dino(views: str) -> None:
    write_reference(
        filled_store(ROOT, "maps", NAMES, teacher="dino", views=views), "cache-teachers", "plane-dino", NAMES
    )


def black_rows(picture: np.ndarray) -> int:
    """How many strips of tiles there are: runs of rows in which black is seen."""
    seen = (picture == 0).all(axis=2).sum(axis=1) > TILE // 4
    return int((np.diff(seen.astype(int), prepend=0) == 1).sum())


def test_every_cached_teacher_has_a_strip(kept: Settings) -> None:
    said, picture = show()
    assert said == "1 of 3 objects of category plane, maps of daisy -> maps.png"
    assert black_rows(picture) == 2  # views, daisy
    cache_dino(the_store("views").fingerprint)
    said, picture = show()
    assert said == "1 of 3 objects of category plane, maps of daisy, dino -> maps.png"
    assert black_rows(picture) == 3
    assert black_rows(show(objects=2)[1]) == 6
    assert black_rows(show("dino", objects=9)[1]) == 6  # three objects are all there are


def test_equal_features_have_equal_colours(kept: Settings) -> None:
    cache_dino(the_store("views").fingerprint)  # the very features of daisy, and so the same basis
    _, picture = show(views=3)
    strips = np.flatnonzero(np.diff(((picture == 0).all(axis=2).sum(axis=1) > TILE // 4).astype(int)) == 1) + 1
    daisy, dino = (picture[top : top + TILE] for top in strips[1:])
    np.testing.assert_array_equal(daisy, dino)


def test_maps_of_other_views_are_refused(kept: Settings) -> None:
    cache_dino("0" * 16)
    with pytest.raises(
        UserError, match=r"maps/dino/plane/.* was made of other views than those in stores/views/plane/"
    ):
        show()


def test_what_is_not_there_is_said(kept: Settings) -> None:
    with pytest.raises(UserError, match=r"no maps of category plane by ldm are cached: run `pipeline cache-teachers"):
        show("ldm")
    write_reference(the_store("maps"), "cache-teachers", "plane-daisy", [])
    with pytest.raises(UserError, match="no object of category plane is rendered and cached by daisy"):
        show()
    receipt_path("render", "plane").unlink()
    with pytest.raises(UserError, match="run `pipeline render --category plane`"):
        show()
