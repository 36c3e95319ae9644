"""The report as one HTML file that needs no network. What moves in it moves by its own small script."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from eval.descriptors.position import POSITION
from eval.distillation.verdict import distillation_verdict
from eval.pictures.canvas import png_bytes
from eval.pictures.stored_pictures import GLANCE
from eval.report.answers import WORST, answers
from eval.report.contents import PictureGroup, Report, Section, TransferTask
from eval.report.convergence import convergence
from eval.report.distillation import distillation_table
from eval.report.figures import gallery, in_page
from eval.report.line_plot import HEIGHT, WIDTH
from eval.report.missing import (
    has_numbers,
    has_views,
    synthesis_gaps,
    task_gaps,
    training_gaps,
    unmeasured_lines,
)
from eval.report.overview import overviews, scores_table
from eval.report.page_data import matches_data, surfaces_data
from eval.report.photos import photo_view
from eval.report.plots import pck_plot, training_plots
from eval.report.sentences import chance_sentence, finding_of, first_letter, position_sentence
from eval.report.tables import (
    difference_table,
    loss_table,
    synthesis_difference_table,
    synthesis_table,
    transfer_table,
)
from eval.report.titles import POSITION_TEXT, TASK_TEXTS, TASK_TITLES
from eval.report.verdict import verdict
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
    anchor = f"section-{index}-{re.sub('[^a-z0-9]+', '-', f'{section.category}-{section.teacher}'.lower())}"
    outcome, compared, rendered = verdict(section), section.synthesis_differences, has_views(section)
    controlled = any(row.descriptor == POSITION for task in section.tasks for row in task.rows)
    pair, surfaces = section.matches, section.surfaces
    ends = () if pair is None else (pair.source_image, pair.target_image)
    return {
        "anchor": anchor,
        "name": first_letter(f"{section.category}, taught by {section.teacher}"),
        "section": section,
        "verdict": outcome,
        "answers": answers(section, outcome, anchor),
        "distillation": distillation_verdict(section.distilled[0][1]) if section.distilled else None,
        "distillation_table": distillation_table(section.distilled),
        "control": POSITION_TEXT if controlled else "",
        "scores": scores_table(section),
        "tasks": [_task(section, task) for task in section.tasks if has_numbers(task)],
        "unmeasured": unmeasured_lines(section),
        "synthesis": synthesis_table(section.synthesis) if rendered else None,
        "synthesis_differences": synthesis_difference_table(compared) if rendered and compared else None,
        "synthesis_gaps": synthesis_gaps(section),
        "photos": [(title, photo_view(statistics)) for title, statistics in section.photos],
        **_pictures(section, numbers),
        "matches": None if pair is None else matches_data(pair),
        "match_images": [in_page(png_bytes(Image.fromarray(image))) for image in ends],
        "surfaces": None if surfaces is None else surfaces_data(surfaces),
        "trainings": [
            {
                "training": training,
                "convergence": convergence(training),
                "gaps": training_gaps(training),
                "losses": loss_table(training) if training.losses else None,
            }
            for training in section.training
        ],
        "training_plots": training_plots(section),
    }


def _pictures(section: Section, numbers: Iterator[int]) -> dict[str, Any]:
    """Gather the pictures: those at the top, the other groups, and a line on each group without one."""
    glance = next((group for group in section.pictures if group.name == GLANCE), PictureGroup(GLANCE, ()))
    # In the order of the page, so that figures are numbered as they are read.
    others = sorted((g for g in section.pictures if g.name != GLANCE), key=lambda group: group.name != NOVEL_VIEWS)
    return {
        "glance": gallery(glance, numbers),
        "worst": WORST,
        "galleries": [gallery(group, numbers) for group in others if group.pictures],
        "picture_gaps": list(
            dict.fromkeys(g.missing or f"There is no picture of {g.name}." for g in others if not g.pictures)
        ),
    }


def _task(section: Section, task: TransferTask) -> dict[str, Any]:
    """Gather the template's values for a measured task."""
    objects = section.objects.get("test", 0)
    told = [difference for difference in task.differences if difference.baseline != POSITION]
    return {
        "title": TASK_TITLES[task.name],
        "text": TASK_TEXTS[task.name],
        "findings": [finding for difference in told for finding in finding_of(task, difference, objects)],
        "position": position_sentence(task, objects),
        "chance": chance_sentence(task),
        "gaps": task_gaps(task),
        "table": transfer_table(task.name, task.rows),
        "differences": difference_table(task.name, task.differences) if task.differences else None,
        "plot": pck_plot(task),
    }
