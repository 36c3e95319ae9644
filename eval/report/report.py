"""The report as one HTML file that needs no network and no script."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from eval.report.contents import Picture, Report, Section
from eval.report.curve_plot import HEIGHT, WIDTH, CurvePlot, curve_plot
from eval.report.sentences import synthesis_sentence, transfer_sentences
from eval.report.tables import Table, loss_table, overview_table, synthesis_table, transfer_table
from pipeline.atomic_files import write_bytes


@dataclass(frozen=True)
class _Figure:
    number: int
    picture: Picture
    data: str
    width: int
    height: int


@dataclass(frozen=True)
class _SectionView:
    """A section as the template shows it."""

    anchor: str
    section: Section
    sentences: tuple[str, ...]
    transfer: Table
    synthesis: Table
    losses: Table
    curves: tuple[CurvePlot, ...]
    figures: tuple[_Figure, ...]


def write_report(path: Path, report: Report) -> None:
    """Write the report to `path`, whole or not at all. Equal reports give equal bytes."""
    write_bytes(path, report_html(report).encode("utf-8"))


def report_html(report: Report) -> str:
    """The report's HTML; all text of the report is escaped."""
    environment = Environment(
        loader=PackageLoader("eval", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, _, _ = PackageLoader("eval", "report").get_source(environment, "style.css")
    numbers = count(1)
    return environment.get_template("template.html").render(
        report=report,
        style=style,
        overview=overview_table(report.sections),
        sections=[_view(section, numbers) for section in report.sections],
        stand_ins=list(dict.fromkeys(section.teacher for section in report.sections if section.stand_in)),
        plot_width=WIDTH,
        plot_height=HEIGHT,
    )


def _view(section: Section, numbers: Iterator[int]) -> _SectionView:
    return _SectionView(
        anchor=f"{section.category}-{section.teacher}",
        section=section,
        sentences=(*transfer_sentences(section), synthesis_sentence(section.synthesis)),
        transfer=transfer_table(section.transfer),
        synthesis=synthesis_table(section.synthesis),
        losses=loss_table(section.losses),
        curves=tuple(plot for plot in map(curve_plot, section.curves) if plot is not None),
        figures=tuple(_figure(next(numbers), picture) for picture in section.pictures),
    )


def _figure(number: int, picture: Picture) -> _Figure:
    # A PNG begins with 8 bytes of signature and its header's length and name; width and height follow.
    width, height = (int.from_bytes(picture.png[start : start + 4], "big") for start in (16, 20))
    return _Figure(number, picture, base64.b64encode(picture.png).decode("ascii"), width, height)
