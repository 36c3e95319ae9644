"""The report's plots: PCK over the threshold, and each value of the training over its steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.report.contents import CONTROLS, Section, TransferTask
from eval.report.line_plot import STYLES, Line, LinePlot, line_plot
from eval.report.numbers import NOTHING, amount, percent
from eval.transfer.transfer_result import threshold_name


@dataclass(frozen=True)
class Plot:
    """A plot with its title, the name of its x axis, a legend's text for each line, and what it shows in words.

    `ends_name` says what the legend's texts are.
    """

    title: str
    ends_name: str
    x_name: str
    drawn: LinePlot
    ends: tuple[str, ...]
    alt: str


def pck_plot(task: TransferTask) -> Plot | None:
    """PCK in percent of every curve of a task; None if there is no number."""
    styles = line_styles([curve.name for curve in task.curves])
    lines = [Line(c.name, tuple((t, 100 * share) for t, share in c.points), styles[c.name]) for c in task.curves]
    drawn = line_plot(lines, from_zero=True)
    if drawn is None:
        return None
    at = threshold_name(task.name, max(curve.points[-1][0] for curve in task.curves))
    ends = tuple(f"{NOTHING if line.last is None else percent(line.last / 100)}%" for line in drawn.lines)
    told = ", ".join(f"{line.label} up to {end}" for line, end in zip(drawn.lines, ends, strict=True))
    unit = "longest edges" if task.name.startswith("3d") else "pixels"
    alt = f"PCK over the threshold in {unit}: {told}"
    return Plot("PCK, %", f"at {at}", f"threshold, {unit}", drawn, ends, alt)


def training_plots(section: Section) -> tuple[Plot, ...]:
    """A plot for each value that was recorded, a line for each variant of the field that recorded it."""
    styles = line_styles([training.variant for training in section.training])
    borders = sorted({training.in_box_steps for training in section.training})
    lines: dict[str, list[Line]] = {}
    for training in section.training:
        for curve in training.curves:
            line = Line(training.variant, curve.points, styles[training.variant])
            lines.setdefault(curve.name, []).extend([line] if curve.points else [])
    plots = []
    for name, of_name in lines.items():
        drawn = line_plot(of_name, borders=borders)
        if drawn is not None:
            ends = tuple(f"{_end(line.first)} to {_end(line.last)}" for line in drawn.lines)
            told = ", ".join(f"{line.label} from {end}" for line, end in zip(drawn.lines, ends, strict=True))
            alt = f"{name} over the training steps: {told}"
            plots.append(Plot(name, "first to last", "training step", drawn, ends, alt))
    return tuple(plots)


def line_styles(labels: Sequence[str]) -> dict[str, int | None]:
    """A style for each label in order; the controls are set back. After the last style they repeat."""
    others = dict.fromkeys(label for label in labels if label not in CONTROLS)
    styles: dict[str, int | None] = {label: index % STYLES for index, label in enumerate(others)}
    return {**styles, **dict.fromkeys(CONTROLS)}


def _end(value: float | None) -> str:
    return NOTHING if value is None else amount(value)
