"""docs/settings.md comes from the classes, and so does all else that knows a key: a new one is one edit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.config.document import document

ROOT = Path(__file__).resolve().parents[2]
MAKE = "python -m pipeline.config.document > docs/settings.md"


def test_the_document_is_fresh() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == document(), f"stale: run `{MAKE}`"


def test_every_key_says_what_it_is_in_a_short_cell() -> None:
    sections, _, kinds = document().partition("### kind")
    rows = [line.split(" | ") for line in (sections + kinds).splitlines() if line.startswith("| `")]
    keys = [row for row in rows if len(row) == 4] + [
        line.split(" | ") for line in kinds.partition("\n## ")[0].splitlines() if line.startswith("| `")
    ]
    assert len(keys) > 110
    for key, *_, what in keys:
        assert 10 < len(what) <= 115, f"{key}: {what}"
        assert not what.startswith("None")


def test_a_new_key_is_one_edit(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "params.yaml", tmp_path)
    section = tmp_path / "pipeline" / "config" / "sections" / "training.py"
    lines = (
        "    steps: NotNegative = 600\n",
        '    patience: Positive = 7\n    """Validations without gain before a run ends."""\n',
    )
    section.write_text(section.read_text().replace(lines[0], lines[1] + lines[0]))

    def python(code: str) -> str:
        command = [sys.executable, "-c", code]
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    shown = python(
        "from pipeline.config.document import document\n"
        "from pipeline.config.profiles import profile_text\n"
        "from pipeline.config.settings import load_settings\n"
        "print(load_settings().train.patience, load_settings(overrides=('train.patience=3',)).train.patience)\n"
        "try: load_settings(overrides=('train.patienec=3',))\n"
        "except Exception as error: print(error)\n"
        "print(profile_text('paper'), document())"
    ).splitlines()  # fmt: skip
    assert shown[0] == "7 3"
    assert shown[1] == "--set train.patienec=3: unknown key 'train.patienec'; did you mean 'train.patience'?"
    assert "  patience: 7" in shown
    assert "| `patience` | `7` |  | Validations without gain before a run ends. |" in shown
