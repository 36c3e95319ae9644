"""Training curves: written by dvclive while a run lasts, read back clean."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, runtime_checkable

from dvclive.live import Live
from scmrepo.exceptions import SCMError

from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes

METRICS = Path("plots") / "metrics"


@runtime_checkable
class Curves(Protocol):
    """Takes the points of a run as they come. Steps ascend; a run that continues may repeat steps of a killed one."""

    def __enter__(self) -> Curves:
        """Use it as a context."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush and close."""

    def write(self, step: int, values: dict[str, float]) -> None:
        """One point on the curve of each name."""

    def picture(self, step: int, picture: Path) -> None:
        """The picture of a validation, by the file that it lies in."""


class CurveWriters:
    """Gives every point to each of several."""

    def __init__(self, writers: Sequence[Curves]) -> None:
        """They are entered and left with this one."""
        self._writers = tuple(writers)
        self._stack = ExitStack()

    def __enter__(self) -> CurveWriters:
        """Enter all."""
        for writer in self._writers:
            self._stack.enter_context(writer)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave all, also if leaving one fails."""
        self._stack.__exit__(kind, error, trace)

    def write(self, step: int, values: dict[str, float]) -> None:
        """One point on the curve of each name."""
        for writer in self._writers:
            writer.write(step, values)

    def picture(self, step: int, picture: Path) -> None:
        """The picture of a validation."""
        for writer in self._writers:
            writer.picture(step, picture)


class CurveWriter:
    """Appends values to `<folder>/plots/metrics/<name>.tsv`, the form of `dvc plots`. Continues a killed run."""

    def __init__(self, folder: Path) -> None:
        """Open or continue the curves in `folder`. dvclive writes no dvc.yaml and no experiment of its own here."""
        _cut_half_lines(folder)
        try:
            self._live = Live(
                str(folder), resume=True, save_dvc_exp=False, dvcyaml=None, report=None, monitor_system=False
            )
        except SCMError as error:
            raise UserError(f"dvclive cannot read this folder's git repository ({error}): commit once.") from None

    def __enter__(self) -> CurveWriter:
        """Use it as a context: leaving it flushes what is written."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush and close."""
        self._live.end()  # type: ignore[no-untyped-call]

    def write(self, step: int, values: dict[str, float]) -> None:
        """One point on the curve of each name."""
        self._live.step = step
        for name, value in values.items():
            self._live.log_metric(name, value, timestamp=False)

    def picture(self, step: int, picture: Path) -> None:
        """Nothing: beside these curves the picture's own file is enough."""


def _cut_half_lines(folder: Path) -> None:
    """Take away what a full disk left of a last line: the next point would be glued to it and read as another step."""
    for path in (folder / METRICS).glob("*.tsv"):
        written = path.read_bytes()
        whole = written[: written.rfind(b"\n") + 1]
        if not whole:
            path.unlink()  # dvclive writes the head of a new file alone
        elif whole != written:
            write_bytes(path, whole)


def read_curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Every curve by name, steps ascending.

    A run that was killed repeats the steps since its last checkpoint: of a step that was written twice the later value
    counts.
    """
    curves = {}
    for path in sorted((folder / METRICS).glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        # A kill can leave half a last line; its step is repeated.
        whole = [row for row in rows if row.get(path.stem)]
        points = {int(row["step"]): float(row[path.stem]) for row in whole}
        curves[path.stem] = sorted(points.items())
    return curves


def write_curves(folder: Path, curves: dict[str, list[tuple[int, float]]]) -> None:
    """One `<name>.tsv` a curve, columns step and name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, points in curves.items():
        lines = [f"step\t{name}", *(f"{step}\t{value!r}" for step, value in points)]
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
