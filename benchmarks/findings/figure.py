"""Panels of lines with one legend as SVG: shares in percent on one scale, 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.report.line_plot import HEIGHT, WIDTH, Line, LinePlot, line_plot

TITLE = 14  # units above a panel
LEGEND = 24  # units below all
NAME = 130  # units of a name in the legend
COLOURS = ("#0b5fa5", "#c2410c", "#15803d", "#7c3aed", "#6b7280", "#000000")


@dataclass(frozen=True)
class Panel:
    """A title, the name and unit of its x axis with its end, and the points (x, percent) of each line."""

    title: str
    axis: str
    unit: str
    end: float
    lines: Mapping[str, Sequence[tuple[float, float]]]


def figure(panels: Sequence[Panel], columns: int) -> str:
    """Draw the panels in rows, a legend below. Lines of one name have one colour."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    rows, height = -(-len(panels) // columns), TITLE + HEIGHT
    drawn = [
        f'<g transform="translate({index % columns * WIDTH} {index // columns * height + TITLE})">'
        f"{_panel(panel, names)}</g>"
        for index, panel in enumerate(panels)
    ]
    legend = "".join(
        f'<text x="{46 + NAME * index}" y="{rows * height + 14}" fill="{COLOURS[index % len(COLOURS)]}">{name}</text>'
        for index, name in enumerate(names)
    )
    size = f"0 0 {columns * WIDTH} {rows * height + LEGEND}"
    style = "text{font:11px sans-serif}path,line{fill:none}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}"><style>{style}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(drawn)}{legend}</svg>\n'
    )


def _panel(panel: Panel, names: Sequence[str]) -> str:
    """One panel: axes with ticks, and a line for each name."""
    lines = [Line(name, tuple(points), names.index(name)) for name, points in panel.lines.items()]
    plot = line_plot([*lines, Line("", ((0.0, 100.0), (panel.end, 100.0)), None)], from_zero=True)
    assert plot is not None
    return f"{_axes(plot, panel)}{''.join(_line(plot, index) for index, _ in enumerate(lines))}"


def _axes(plot: LinePlot, panel: Panel) -> str:
    pieces = [f'<text x="{plot.left}" y="{plot.top - 10}">{panel.title}</text>']
    for place, label in plot.y_ticks:
        pieces.append(f'<line x1="{plot.left}" x2="{plot.right}" y1="{place}" y2="{place}" stroke="#ddd"/>')
        pieces.append(f'<text x="{plot.left - 6}" y="{place + 4}" text-anchor="end">{label}</text>')
    for place, label in plot.x_ticks:
        pieces.append(f'<text x="{place}" y="{plot.bottom + 16}" text-anchor="middle">{label}{panel.unit}</text>')
    middle = (plot.left + plot.right) / 2
    pieces.append(f'<text x="{middle}" y="{plot.bottom + 30}" text-anchor="middle">{panel.axis}</text>')
    return "".join(pieces)


def _line(plot: LinePlot, index: int) -> str:
    line = plot.lines[index]
    colour = COLOURS[(line.style or 0) % len(COLOURS)]
    return f'<path d="{line.path}" stroke="{colour}" stroke-width="1.6"/><path d="{line.marks}" style="fill:{colour}"/>'
