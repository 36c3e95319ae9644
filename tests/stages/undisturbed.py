"""What a render of the smoke profile makes when nothing happens to it, to compare with what faults leave."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.receipts import receipt_path
from tests.stages.tree import contents

NOT_CONTENT = ("lock", "about.json", "failures.jsonl")
OBJECTS = 4  # of the smoke profile


@dataclass(frozen=True)
class Undisturbed:
    """The files that a render makes below `stores`, with their sha256, the 4 KB pages that each fills, the receipt."""

    files: dict[str, str]
    pages: dict[str, int]
    receipt: str


def of_row(file: str, row: int) -> bool:
    """Is it a chunk or the done-marker of the row, or the mesh that is kept of its object?"""
    return f"/c/{row}/" in file or file.endswith(f"/done/{row}.json") or name_of(row) in file


def name_of(row: int) -> str:
    return f"madeup-plane-{row:04d}"


def made(stores: Path = Path("stores")) -> dict[str, str]:
    files = contents(stores, *NOT_CONTENT).items()
    return {file: sha for file, sha in files if file.startswith(("views/", "meshes/"))}


def receipt() -> str:
    return receipt_path("render", "plane").read_text()


def clear() -> None:
    for folder in ("views", "meshes"):
        shutil.rmtree(Path("stores") / folder, ignore_errors=True)
    receipt_path("render", "plane").unlink(missing_ok=True)


def taken_away() -> Undisturbed:
    """What the render of this folder has made; it is removed."""
    files = made()
    pages = {file: -(-(Path("stores") / file).stat().st_size // 4096) for file in files}
    held = Undisturbed(files, pages, receipt())
    clear()
    return held


def error_of(said: str) -> str:
    """The one sentence of a run that failed."""
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    return line
