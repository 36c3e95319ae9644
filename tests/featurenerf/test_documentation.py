"""The pages on Python and photos, the README's example and the notebook run in a walked smoke project."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.config.settings import PARAMS_FILE, load_settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
README = DOCS.parent / "README.md"


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def cells(notebook: Path) -> list[str]:
    read = json.loads(notebook.read_text(encoding="utf-8"))
    assert read["nbformat"] == 4
    return ["".join(cell["source"]) for cell in read["cells"] if cell["cell_type"] == "code"]


def named_as_here(codes: list[str], folder: Path) -> list[str]:
    """What the pages name of the demo is called by the smoke profile's names."""
    settings = load_settings(folder / PARAMS_FILE)
    return [code.replace("chair", settings.categories[0]).replace("lite0", settings.teachers[0]) for code in codes]


def run(codes: list[str]) -> dict[str, Any]:
    """Run pieces of code one after the other. Returns the names that they leave."""
    names: dict[str, Any] = {}
    for code in codes:
        exec(compile(code, "documentation", "exec"), names)  # noqa: S102  (the project's own pages)
    return names


def test_every_block_of_the_page_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = blocks(DOCS / "python.md")
    assert len(codes) >= 10
    names = run(named_as_here(codes, project))
    # the last block says what it prints
    said = re.search(r"print\(error\)  # (.*)", codes[-1])
    assert said is not None
    assert capsys.readouterr().out.splitlines()[-1] == said.group(1)
    assert len(names["found"].places) == len(names["pixels"])
    assert Path("turned.png").is_file() and Path("matches.png").is_file()


def test_the_page_of_photos_runs_and_the_train_stage_measured_the_framing(project: Path) -> None:
    names = run(named_as_here(blocks(DOCS / "photos.md"), project))
    assert names["photo"].rgba.shape == (40, 40, 4)
    # The photo's object, grey all over, fills the share of the image that the estimate found.
    rows = names["seen"].image.any(axis=(1, 2))
    assert abs(rows.sum() - names["found"].framing * len(rows)) <= 1
    assert 0.4 < names["field"].renderer.field.framing < 0.8


def test_the_page_on_editing_runs(project: Path) -> None:
    names = run(named_as_here(blocks(DOCS / "editing.md"), project))
    assert names["swapped"].seen is names["target"].seen


def test_the_readmes_example_runs(project: Path) -> None:
    (code,) = blocks(README)
    assert len([line for line in code.splitlines() if line]) <= 10
    run(named_as_here([code], project))
    assert Path("matches.png").is_file()


def test_the_notebook_ends_with_the_matched_picture(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "docs").mkdir()
    monkeypatch.chdir(project / "docs")  # where Jupyter starts it
    *codes, last = named_as_here(cells(DOCS / "first_match.ipynb"), project)
    names = run(codes)
    picture = eval(last, names)  # noqa: S307
    assert isinstance(picture, Image.Image)
    assert picture.width > 2 * 32
    assert len(names["matches"].places) == 12
    assert Path.cwd() == project


def test_the_notebook_is_kept_without_outputs() -> None:
    read = json.loads((DOCS / "first_match.ipynb").read_text(encoding="utf-8"))
    kept = [cell for cell in read["cells"] if cell.get("outputs") or cell.get("execution_count")]
    assert kept == []
