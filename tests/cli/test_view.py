import importlib.util
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from featurenerf.viewer import serving
from pipeline.cli import main
from tests.featurenerf.conftest import camera, model_folder, settings  # noqa: F401  (fixtures)


def viewed(*words: str) -> Result:
    return CliRunner().invoke(main, ["view", *words], catch_exceptions=False)


def test_without_viser_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda _: None)
    result = viewed("--field", "models/none")
    assert result.exit_code == 2
    assert result.output == 'error: `pipeline view` needs viser, which is not here: pip install -e ".[view]".\n'


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Mistakes are found before viser is needed; the current folder holds no project."""
    monkeypatch.setattr(serving, "find_spec", lambda _: importlib.util.find_spec("numpy"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.png", "--mask", "m.png", "--mask", "n.png"], "--mask is given 2 times, photos are 1"),
        (["a.png", "b.png", "--angles", "1,2"], "--angles is given 1 times, photos are 2"),
        (["a.png", "--angles", "1"], "angles are an azimuth and an elevation"),
        ([], "there is no params.yaml in the current folder"),
        (["a.png"], "a.png"),
        (["a.png", "--source", "b.png"], "there is no object 'b.png'"),
        (["a.png", "--host", "no.such.host.invalid"], "--host no.such.host.invalid is no address of this machine"),
    ],
)
def test_a_mistake_is_one_sentence(installed: None, model_folder: Path, words: list[str], message: str) -> None:  # noqa: F811
    result = viewed("--field", str(model_folder), "--device", "cpu", *words)
    assert result.exit_code == 2
    assert message in result.output
