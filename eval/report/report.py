"""The report as one HTML file that needs no network. What moves in it moves by its own small script."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from eval.descriptors.position import POSITION
from eval.pictures.stored_pictures import GLANCE
from eval.report.answers import WORST, answers
from eval.report.contents import PictureGroup, Report, Section, TransferTask
from eval.report.controls import control_text
from eval.report.convergence import convergence
from eval.report.distillation import distillation_table, section_verdict
from eval.report.figures import gallery, image_data
from eval.report.line_plot import HEIGHT, WIDTH
from eval.report.missing import (
    has_numbers,
    has_views,
    picture_gap,
    synthesis_gaps,
    task_gaps,
    training_gaps,
    unmeasured_lines,
)
from eval.report.overview import overviews, scores_table
from eval.report.page_data import matches_data, surfaces_data
from eval.report.photos import photo_view
from eval.report.plots import pck_plot, training_plots
from eval.report.sentences import chance_sentence, finding_of, position_sentence
from eval.report.tables import (
    curve_table,
    difference_table,
    loss_table,
    synthesis_difference_table,
    synthesis_table,
    transfer_table,
)
from eval.report.titles import TASK_TEXTS, TASK_TITLES
from eval.report.verdict import verdict
from eval.transfer.transfer_result import TASKS, Task
from pipeline.stores.atomic_files import write_bytes

NOVEL_VIEWS = "novel views"  # the group that stands with the scores of view synthesis


def write_report(path: Path, report: Report) -> None:
    """Write the report to `path`, whole or not at all. Equal reports give equal bytes."""
    write_bytes(path, report_html(report).encode("utf-8", "backslashreplace"))


def report_html(report: Report) -> str:
    """The report's HTML; all text of the report is escaped."""
    loader = PackageLoader("eval", "report/page")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (loader.get_source(environment, name)[0] for name in ("style.css", "script.js"))
    numbers = count(1)
    return environment.get_template("template.html").render(
        report=report,
        style=style,
        script=script,
        overviews=overviews(report.sections) if len(report.sections) > 1 else (),
        sections=[_view(index, section, numbers) for index, section in enumerate(report.sections, 1)],
        stand_ins=list(dict.fromkeys(section.teacher for section in report.sections if section.stand_in)),
        plot_width=WIDTH,
        plot_height=HEIGHT,
    )


def _view(index: int, section: Section, numbers: Iterator[int]) -> dict[str, Any]:
    """Gather what the template shows of a section; `numbers` count the report's pictures."""
    name = f"{section.category}, taught by {section.teacher}"
    anchor = f"section-{index}-{re.sub('[^a-z0-9]+', '-', f'{section.category}-{section.teacher}'.lower())}"
    outcome = verdict(section)
    return {
        "anchor": anchor,
        "name": name[:1].upper() + name[1:],
        "section": section,
        "verdict": outcome,
        "answers": answers(section, outcome, anchor),
        "distillation": section_verdict(section),
        "distillation_table": distillation_table(section.distilled),
        "control": control_text(section),
        "scores": scores_table(section),
        "tasks": tuple(_task(section, task) for task in TASKS if _measured(section, task)),
        "unmeasured": unmeasured_lines(section),
        **_views(section),
        "photos": tuple((title, photo_view(statistics)) for title, statistics in section.photos),
        **_pictures(section, numbers),
        **_interactive(section),
        **_training(section),
    }


def _measured(section: Section, name: Task) -> bool:
    task = section.task(name)
    return task is not None and has_numbers(task)


def _views(section: Section) -> dict[str, Any]:
    """Gather what is shown of view synthesis."""
    compared = section.synthesis_differences
    return {
        "synthesis": synthesis_table(section.synthesis) if has_views(section) else None,
        "synthesis_differences": synthesis_difference_table(compared) if has_views(section) and compared else None,
        "synthesis_gaps": synthesis_gaps(section),
    }


def _pictures(section: Section, numbers: Iterator[int]) -> dict[str, Any]:
    """Gather the pictures: those at the top, the other groups, and a line on each group without one."""
    glance = next((group for group in section.pictures if group.name == GLANCE), PictureGroup(GLANCE, ()))
    # In the order of the page, so that figures are numbered as they are read.
    others = sorted((g for g in section.pictures if g.name != GLANCE), key=lambda group: group.name != NOVEL_VIEWS)
    return {
        "glance": gallery(glance, numbers),
        "worst": WORST,
        "galleries": tuple(gallery(group, numbers) for group in others if group.pictures),
        "picture_gaps": tuple(dict.fromkeys(picture_gap(group) for group in others if not group.pictures)),
    }


def _interactive(section: Section) -> dict[str, Any]:
    """Gather the data of the parts that a reader can touch; None for what the section does not have."""
    pair = section.matches
    images = () if pair is None else (pair.source_image, pair.target_image)
    return {
        "matches": None if pair is None else matches_data(pair),
        "match_images": [image_data(image) for image in images],
        "surfaces": surfaces_data(section.surfaces) if section.surfaces else None,
    }


def _training(section: Section) -> dict[str, Any]:
    """Gather what is shown of the training of each variant of the field."""
    return {
        "trainings": tuple(
            {
                "training": training,
                "convergence": convergence(training),
                "gaps": training_gaps(training),
                "losses": loss_table(training) if training.losses else None,
            }
            for training in section.training
        ),
        "training_plots": training_plots(section),
    }


def _task(section: Section, name: Task) -> dict[str, Any]:
    """Gather what the template shows of a task that was measured."""
    task = section.task(name) or TransferTask(name)
    told = [difference for difference in task.differences if difference.baseline != POSITION]
    findings = tuple(finding for each in told for finding in finding_of(task, each, section.test_objects))
    return {
        "title": TASK_TITLES[name],
        "text": TASK_TEXTS[name],
        "findings": findings,
        "position": position_sentence(task, section.test_objects),
        "chance": chance_sentence(task),
        "gaps": task_gaps(section, task),
        "table": transfer_table(name, task.rows),
        "differences": difference_table(name, task.differences) if task.differences else None,
        "plot": pck_plot(task),
        "plotted": curve_table(name, task.curves),
    }
