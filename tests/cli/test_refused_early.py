"""What the command line refuses before any work: options given twice, folders that cannot be written or locked."""

import errno
import fcntl
from pathlib import Path
from unittest.mock import Mock

import pytest
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.cli.options import Selection
from pipeline.cli.stages import doubt_given_views
from pipeline.config.profiles import NAMES, profile_settings, profile_text
from pipeline.config.settings import Camera
from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes
from pipeline.stores.writable import require_writable

STAGES = (
    "synthesize", "survey", "manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate",
    "report",
)  # fmt: skip


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(profile_text("smoke"))
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["manifest", "-c", "plane", "-c", "chair"],
        ["manifest", "--category=plane", "-cchair"],
        ["render", "--limit", "2", "--limit", "3"],
        ["train", "--field", "whole", "--field", "pixelnerf"],
        ["evaluate", "--pair", "a", "b", "0", "--pair", "c", "d", "1"],
        ["store", "verify", "-k", "maps", "--kind", "views"],
        ["show", "views", "--out", "a.png", "--out", "b.png"],
        ["export", "png", "--out", "a", "--out", "b"],
        ["describe", "a.png", "--field", "x", "--field", "y"],
    ],
)
def test_an_option_of_one_value_is_given_once(folder: Path, words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert "is given 2 times: give it once" in result.output
    assert run(words[0], "-h", "-h").exit_code == 0  # a flag may be repeated


def no_locks(_file: int, _operation: int) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


@pytest.mark.parametrize("stage", STAGES)
def test_without_locks_no_stage_begins(folder: Path, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    monkeypatch.setattr(fcntl, "flock", no_locks)
    result = run(stage)
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert (
        "does not lock files: work on a local disk (for stores: storage.root), or mount it with flock" in result.output
    )
    assert [path.name for path in folder.iterdir()] == ["params.yaml"]


def test_without_locks_a_file_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    with pytest.raises(UserError, match="does not lock files"):  # it says that it does
        require_writable(tmp_path)
    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(UserError, match="does not lock files"):
        write_bytes(tmp_path / "a", b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("stage", "place"),
    [("evaluate", "results"), ("train", "models"), ("manifest", "data_manifests"), ("report", "report")],
)
def test_a_folder_that_cannot_be_written_is_named_first(folder: Path, stage: str, place: str) -> None:
    require_writable(folder / place / "b")  # the nearest folder is tried, and nothing stays
    assert [path.name for path in folder.iterdir()] == ["params.yaml"]
    (folder / place).touch()  # a file in the folder's place refuses even root
    result = run(stage)
    assert result.exit_code == 2
    assert f"error: {place} cannot be written ({folder / place}: Not a directory)" in result.output


@pytest.mark.parametrize(
    ("camera", "remedy"),
    [
        (Camera(radius=3), "set camera.near to 2.5 and camera.far to 3.5"),
        (Camera(near=1.2), "set camera.near to 0.8 and camera.far to 1.8"),
        (Camera(far=1.4), "set camera.near to 0.8 and camera.far to 1.8"),
        (Camera(radius=0.4, near=0.1), "set it to 1.5 or more"),
    ],
)
def test_near_and_far_that_cut_objects_are_said_with_the_numbers(camera: Camera, remedy: str) -> None:
    assert str(camera.doubt(0.7)).endswith(remedy)
    profiles = [profile_settings(name) for name in NAMES]
    assert [settings.camera.doubt(settings.manifest.longest_edge) for settings in profiles] == [None] * len(NAMES)


def test_training_warns_of_given_views_that_near_and_far_cut(capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"foreground": 0.2, "nearest": 2.0, "farthest": 4.0}
    selection = Mock(spec=Selection, settings=Mock(camera=Camera(), categories=("mug",)), project=Mock())
    selection.project.views.return_value.markers.return_value = [Mock(facts=facts)]
    doubt_given_views(selection)
    assert "warning: mug: 1 of 1 objects seem to be cut" in (said := capsys.readouterr().err)
    assert "set near to 1.9 and far to 4.2" in said


def test_stages_and_doctor_warn_of_near_and_far(folder: Path) -> None:
    words = ("--set", "camera.radius=3")
    assert run("synthesize").exit_code == 0
    for command in ("manifest", "render", "doctor"):
        assert "camera.far to 3.5" in run(command, *words).output
    assert "warning" not in run("manifest").output
