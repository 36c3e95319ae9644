"""Training curves: written by dvclive during a run, and read back as lists of points."""

from __future__ import annotations

import csv
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from dvclive.live import Live
from scmrepo.exceptions import SCMError

from pipeline.errors import UserError
from pipeline.progress import say
from pipeline.stores.atomic_files import write_bytes
from pipeline.stores.plain_files import not_plain

METRICS = Path("plots") / "metrics"
SUMMARY = "metrics.json"
_POINT = re.compile(rb"\d{1,15}\t(-?[\d.]+(e[+-]?\d+)?|-?inf|nan)\n")


class Curves(ABC):
    """A place for the points of a run. Steps ascend; a run that continues may repeat the steps of a killed one."""

    def __enter__(self) -> Curves:
        """Return the curves: leaving the context closes them."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the curves."""
        self.close()

    @abstractmethod
    def write(self, step: int, values: dict[str, float]) -> None:
        """Add one point to the curve of each name."""

    def picture(self, step: int, picture: Path) -> None:  # noqa: B027  the file itself is enough for most
        """Show a validation's picture, which lies in the file `picture`."""

    @abstractmethod
    def close(self) -> None:
        """Flush and close."""


class CurveWriters(Curves):
    """Several places for curves, each of which gets every point."""

    def __init__(self, writers: Sequence[Curves]) -> None:
        """Take over the writers: they are closed with this one."""
        self._writers = tuple(writers)

    def write(self, step: int, values: dict[str, float]) -> None:
        """See `Curves.write`."""
        for writer in self._writers:
            writer.write(step, values)

    def picture(self, step: int, picture: Path) -> None:
        """See `Curves.picture`."""
        for writer in self._writers:
            writer.picture(step, picture)

    def close(self) -> None:
        """Close all, also if closing one fails."""
        with ExitStack() as stack:
            for writer in self._writers:
                stack.callback(writer.close)


class CurveWriter(Curves):
    """Curves in `<folder>/plots/metrics/<name>.tsv`, the files of `dvc plots`. Continues those of a killed run."""

    def __init__(self, folder: Path) -> None:
        """Open or continue the curves in `folder`. dvclive writes no dvc.yaml and no experiment of its own here."""
        _mend(folder)
        try:
            self._live = Live(
                str(folder), resume=True, save_dvc_exp=False, dvcyaml=None, report=None, monitor_system=False
            )
        except SCMError as error:
            raise UserError(f"dvclive cannot read this folder's git repository ({error}): commit once.") from None

    def write(self, step: int, values: dict[str, float]) -> None:
        """See `Curves.write`."""
        self._live.step = step
        for name, value in values.items():
            self._live.log_metric(name, value, timestamp=False)

    def close(self) -> None:
        """See `Curves.close`."""
        self._live.end()  # type: ignore[no-untyped-call]


def _mend(folder: Path) -> None:
    """Remove what a full disk or a power cut leaves in curves: dvclive would fail at it, or append to half a line.

    A curve with other damage is set aside, and its whole lines are kept. Raises UserError for links, which dvclive
    would write through.
    """
    for path in not_plain(folder):
        raise UserError(f"{path} is a link or no plain file, and curves are not written through one: remove it.")
    (folder / SUMMARY).unlink(missing_ok=True)  # the last point of each curve; dvclive writes it anew
    for path in (folder / METRICS).glob("*.tsv"):
        written = path.read_bytes()
        header, *lines = written[: written.rfind(b"\n") + 1].splitlines(keepends=True) or [b""]
        whole = [line for line in lines if _POINT.fullmatch(line)]
        if len(whole) < len(lines) or (header and header != f"step\t{path.stem}\n".encode()):
            aside = path.with_suffix(".tsv.damaged")
            write_bytes(aside, written)
            say(f"{path} was damaged: its whole lines are kept, the file as it was is {aside}")
            header = f"step\t{path.stem}\n".encode()
        mended = b"".join([header, *whole])
        if not mended:
            path.unlink()  # dvclive writes the header of new files only
        elif mended != written:
            write_bytes(path, mended)


def read_curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Read every curve by name, steps ascending.

    A killed run repeats the steps since its last checkpoint. Of a step that was written twice, the later value counts.
    """
    curves = {}
    for path in sorted((folder / METRICS).glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        # A kill can leave half a last line; the continued run repeats its step.
        whole = [row for row in rows if row.get(path.stem)]
        points = {int(row["step"]): float(row[path.stem]) for row in whole}
        curves[path.stem] = sorted(points.items())
    return curves


def write_curves(folder: Path, curves: dict[str, list[tuple[int, float]]]) -> None:
    """Write each curve to `<name>.tsv`, with the columns step and name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, points in curves.items():
        lines = [f"step\t{name}", *(f"{step}\t{value!r}" for step, value in points)]
        write_bytes(folder / f"{name}.tsv", ("\n".join(lines) + "\n").encode())
