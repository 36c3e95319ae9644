from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import featurenerf
from featurenerf.editing.labelled_pair import require_part
from featurenerf.editing.stored_view import named_view, see_view, with_own_labels
from featurenerf.seen_photo import GivenPhoto, see_photo
from pipeline.cli import main
from pipeline.errors import UserError
from tests.stages.conftest import project, walked  # noqa: F401  (fixtures)


@pytest.fixture
def words(project: Path) -> list[str]:  # noqa: F811
    """The command with two views of planes, and the project's field."""
    (model,) = (path for path in (project / "models").iterdir() if path.name.endswith("whole"))
    labels = featurenerf.open_labels("plane")
    views = [f"plane:{name}:1" for name in labels.of_split("test")[:2]]
    return ["swap-texture", *views, "--part", labels.part_names[0], "--field", str(model), "--device", "cpu"]


def swapped(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def test_two_views_give_a_picture_and_a_video(words: list[str]) -> None:
    result = swapped(*words, "--out", "new/swap.png", "--turntable", "turn.mp4", "--frames", "2")
    assert result.exit_code == 0, result.output
    assert f"{words[4]} of {words[1]} on {words[2]} -> new/swap.png" in result.output
    picture = np.asarray(Image.open("new/swap.png"))
    assert picture.shape[1] > 4 * 256
    assert Path("turn.mp4").stat().st_size > 1000


def test_a_photo_takes_the_labels_of_the_view(words: list[str]) -> None:
    field, (source, target) = featurenerf.load_field(words[6], device="cpu"), map(named_view, words[1:3])
    views, labels = featurenerf.open_views("plane"), featurenerf.open_labels("plane")
    rgba = views.rgba(target.object_id)[1]
    Image.fromarray(rgba).save("photo.png")
    angles = {"azimuth": 20.0, "elevation": 30.0}
    photo = see_photo(field, GivenPhoto(Path("photo.png"), None, **angles), pytest.fail)
    moved = featurenerf.transfer_labels(with_own_labels(see_view(field, source), source), photo)
    words[2], words[4] = "photo.png", labels.part_names[np.bincount(moved.parts.label).argmax() - 1]
    result = swapped(*words, "--trg-azimuth", "20", "--trg-elevation", "30")
    assert result.exit_code == 0, result.output
    assert Path("swap.png").is_file()


@pytest.mark.parametrize(
    ("change", "more", "message"),
    [
        ({4: "seat"}, (), "plane has no part 'seat': its parts are "),
        ({1: "plane:nobody:1"}, (), "'nobody' is no stored object of plane"),
        ({1: "gone.png"}, (), "gone.png: there is no such file"),
        ({2: "plane:nobody:x"}, (), "its view is 'x', but views are counted from 0"),
        # What cannot be meant is refused before the field is opened.
        ({6: "nowhere"}, ("--frames", "3"), "--frames has no effect without --turntable"),
        ({6: "nowhere"}, ("--turntable", "turn.gif"), "turn.gif must end in .mp4"),
        ({6: "nowhere"}, ("--trg-azimuth", "20"), "--trg-azimuth has no effect on a view of the project"),
        ({6: "nowhere"}, ("--distance", "nan"), "it must be a finite number"),
        ({6: "nowhere"}, ("--out", "params.yaml/swap.png"), "params.yaml cannot be written"),
        ({6: "nowhere"}, ("--out", "folder.png"), "folder.png is a folder: name a file"),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_written(
    words: list[str], change: dict, more: tuple[str, ...], message: str
) -> None:
    Path("folder.png").mkdir()
    before = set(Path().rglob("*"))
    result = swapped(*(change.get(index, word) for index, word in enumerate(words)), *more)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert set(Path().rglob("*")) == before


def test_a_part_that_an_object_lacks_is_named_with_those_it_has(words: list[str]) -> None:
    view, names = named_view(words[1]), featurenerf.open_labels("plane").part_names
    whole = with_own_labels(see_view(featurenerf.load_field(words[6], device="cpu"), view), view)
    require_part(whole, 1, view)
    labels = np.where(whole.parts.label == 1, 0, whole.parts.label)
    others = ", ".join(names[number - 1] for number in np.unique(labels) if number > 0)
    with pytest.raises(UserError, match=f"{view.object_id} has no {names[0]}: its parts are {others}"):
        require_part(replace(whole, parts=replace(whole.parts, label=labels)), 1, view)
