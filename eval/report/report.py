"""The report as one HTML file that needs no network and no script."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from eval.descriptors.position import POSITION
from eval.report.contents import Report, Section
from eval.report.controls import control_text
from eval.report.distillation import distillation_table, section_verdict
from eval.report.figures import gallery
from eval.report.line_plot import HEIGHT, WIDTH
from eval.report.missing import has_numbers, has_views, synthesis_gaps, task_gaps, training_gaps
from eval.report.overview import overviews
from eval.report.photos import photo_view
from eval.report.plots import pck_plot, training_plots
from eval.report.sentences import chance_sentence, finding_of, verdict
from eval.report.tables import (
    curve_table,
    difference_table,
    loss_table,
    synthesis_difference_table,
    synthesis_table,
    transfer_table,
)
from eval.report.titles import TASK_TEXTS, TASK_TITLES
from eval.transfer.transfer_result import TASKS, Task
from pipeline.stores.atomic_files import write_bytes


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
        overviews=overviews(report.sections),
        sections=[_view(index, section, numbers) for index, section in enumerate(report.sections, 1)],
        stand_ins=list(dict.fromkeys(section.teacher for section in report.sections if section.stand_in)),
        plot_width=WIDTH,
        plot_height=HEIGHT,
    )


def _view(index: int, section: Section, numbers: Iterator[int]) -> dict[str, Any]:
    """Gather what the template shows of a section; `numbers` count the report's pictures."""
    name = f"{section.category}, taught by {section.teacher}"
    compared = section.synthesis_differences
    return {
        "anchor": f"section-{index}-{re.sub('[^a-z0-9]+', '-', f'{section.category}-{section.teacher}'.lower())}",
        "name": name[:1].upper() + name[1:],
        "section": section,
        "distillation": section_verdict(section),
        "distillation_table": distillation_table(section.distilled),
        "verdict": verdict(section),
        "control": control_text(section),
        "tasks": tuple(_task(section, task) for task in TASKS),
        "synthesis": synthesis_table(section.synthesis) if has_views(section) else None,
        "synthesis_differences": synthesis_difference_table(compared) if has_views(section) and compared else None,
        "synthesis_gaps": synthesis_gaps(section),
        "photos": tuple((title, photo_view(statistics)) for title, statistics in section.photos),
        "galleries": tuple(gallery(group, numbers) for group in section.pictures),
        "trainings": tuple(
            {
                "training": training,
                "gaps": training_gaps(training),
                "losses": loss_table(training) if training.losses else None,
            }
            for training in section.training
        ),
        "training_plots": training_plots(section),
    }


def _task(section: Section, name: Task) -> dict[str, Any]:
    """Gather what the template shows of a task."""
    task = section.task(name)
    shown = task if task and has_numbers(task) else None
    differences = shown.differences if shown else ()
    told = [difference for difference in differences if difference.baseline != POSITION]
    findings = tuple(finding for each in told for finding in finding_of(shown, each)) if shown else ()
    return {
        "title": TASK_TITLES[name],
        "text": TASK_TEXTS[name],
        "findings": findings,
        "chance": chance_sentence(shown) if shown else "",
        "gaps": task_gaps(section, task),
        "table": transfer_table(name, shown.rows) if shown else None,
        "differences": difference_table(name, differences) if differences else None,
        "plot": pck_plot(shown) if shown else None,
        "plotted": curve_table(name, shown.curves) if shown else None,
    }
