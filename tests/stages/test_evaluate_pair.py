from pathlib import Path

import pytest
from PIL import Image

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from tests.stages.conftest import run_command


def two_objects() -> tuple[str, str]:
    first, second, *_ = Project(load_settings()).manifest("plane").objects
    return first.id, second.id


def test_one_transfer_is_drawn_and_said_and_nothing_else_is_touched(project: Path) -> None:
    metrics = Path("results/plane-daisy-whole/metrics.json").read_bytes()
    source, target = two_objects()
    result = run_command("evaluate", "--pair", source, target, "1")
    assert result.exit_code == 0, result.output
    for name in ("internal", "distilled", "daisy map", "position"):
        assert f"evaluate plane-daisy-whole: {name}: " in result.output
    with Image.open(Path("results/plane-daisy-whole/pairs") / f"{source}-{target}-1.png") as drawn:
        assert min(drawn.size) > 500
    assert Path("results/plane-daisy-whole/metrics.json").read_bytes() == metrics


@pytest.mark.parametrize(
    ("names", "view", "message"),
    [
        (("plain", None), "1", "'plain' is no object of plane that is rendered, cached and labelled"),
        ((None, None), "4", "there is no view 4: they count from 0, and camera.views is 4."),
    ],
)
def test_what_is_not_there_is_said(
    project: Path, names: tuple[str | None, str | None], view: str, message: str
) -> None:
    source, target = (name or there for name, there in zip(names, two_objects(), strict=True))
    result = run_command("evaluate", "--pair", source, target, view)
    assert result.exit_code == 2
    assert message in result.output


def test_a_misspelt_object_is_guessed(project: Path) -> None:
    source, target = two_objects()
    result = run_command("evaluate", "--pair", source[:-1] + "x", target, "1")
    assert "did you mean madeup-plane-" in result.output
