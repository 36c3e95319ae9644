"""What a render of the smoke profile makes when nothing happens to it, to compare with what faults leave."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.receipts import receipt_path
from tests.stages.conftest import done
from tests.stages.tree import contents

NOT_CONTENT = ("lock", "about.json", "failures.jsonl")
OBJECTS = 4  # of the smoke profile
RECEIPT = receipt_path("render", "plane")


@dataclass(frozen=True)
class Undisturbed:
    """The files that a render makes below `stores`, with their sha256, and its receipt."""

    files: dict[str, str]
    receipt: str

    def check_next_run_completes(self, note: str = "") -> None:
        """Render again: all is there to the byte, and nothing of the fault is on record any more."""
        done("render")
        assert made() == self.files, note
        assert RECEIPT.read_text() == self.receipt, note
        assert not list(Path("stores/views").rglob("failures.jsonl")), note


def of_row(file: str, row: int) -> bool:
    """Is it a chunk or the done-marker of the row, or the mesh that is kept of its object?"""
    return f"/c/{row}/" in file or file.endswith(f"/done/{row}.json") or name_of(row) in file


def name_of(row: int) -> str:
    return f"madeup-plane-{row:04d}"


def made(stores: Path = Path("stores")) -> dict[str, str]:
    files = contents(stores, *NOT_CONTENT).items()
    return {file: sha for file, sha in files if file.startswith(("views/", "meshes/"))}


def clear() -> None:
    for folder in ("views", "meshes"):
        shutil.rmtree(Path("stores") / folder, ignore_errors=True)
    RECEIPT.unlink(missing_ok=True)


def taken_away() -> Undisturbed:
    """What the render of this folder has made; it is removed."""
    held = Undisturbed(made(), RECEIPT.read_text())
    clear()
    return held
