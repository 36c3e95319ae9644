"""Stage report: metrics, curves and pictures in, one HTML file out."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import torch
import yaml

from eval.evaluation_inputs import EvaluationInputs, open_evaluation_inputs
from eval.report.contents import Counts, Fact, Picture, PictureGroup, Report, Section, StoreLine
from eval.report.evaluated_field import read_evaluated, title_of
from eval.report.report import write_report
from eval.report.report_facts import data_facts, teacher_facts
from eval.report.report_synthesis import synthesis_differences, synthesis_rows
from eval.report.report_training import training_of
from eval.report.report_transfer import transfer_task
from eval.transfer.transfer_result import TASKS
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import damaged, read_json_object
from pipeline.artifacts.results import STATISTICS
from pipeline.config.field_name import fields_of
from pipeline.config.settings import Settings
from pipeline.config.teacher_names import STAND_INS
from pipeline.manifests.splits import SEEDED
from pipeline.progress import say

PATH = Path("report") / "report.html"
# In the order of the report, and what is said where there is no picture.
GROUPS = {
    "data": "",
    "features": "The views of the test objects show nothing.",
    "best pairs": "No two test objects have a keypoint or a part in common.",
    "worst pairs": "There are not two pairs to tell apart.",
    "spread pairs": "There is no cross-instance pair.",
    "novel views": "",
}
TOOLS = ("featurenerf-pipeline", "torch", "numpy", "zarr", "timm", "diffusers")


def make_report(settings: Settings) -> None:
    """Write report/report.html from what the other stages left.

    Raises UserError if one of them has not run, or not with these settings: a report speaks of one state.
    """
    sections, project = [], Project(settings)
    for category in settings.categories:
        for teacher in settings.teachers:
            inputs = open_evaluation_inputs(project, project.stored_views(category, teacher))
            sections.append(_section(project, inputs))
    remarks = ["Samples along a ray lie at bin midpoints and fixed quantiles, so that numbers repeat."]
    if settings.manifest.splits != SEEDED and not settings.manifest.splits.endswith(".csv"):
        remarks.append("The pairs are the released ones, the poses are our own: the released ones were not published.")
    made_up = settings.source.kind == "made-up"
    objects = "made-up objects" if made_up else settings.source.kind
    report = Report(
        title=f"FeatureNeRF on {objects}: {', '.join(settings.categories)}",
        made_up=made_up,
        remarks=tuple(remarks),
        sections=tuple(sections),
        settings=yaml.safe_dump(settings.model_dump(mode="json", by_alias=True), sort_keys=False),
        machine=(*(Fact(name, version(name)) for name in TOOLS), Fact("device of the report's machine", _device())),
    )
    write_report(PATH, report)
    say(f"report: -> {PATH}")


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def _section(project: Project, inputs: EvaluationInputs) -> Section:
    settings, stored, manifest = project.settings, inputs.stored, inputs.stored.manifest
    fields = fields_of(manifest.category, stored.teacher, settings.ablations)
    runs = [project.require_run(field, stored) for field in fields]
    evaluated = [
        read_evaluated(settings, inputs, field, run.fingerprint) for field, run in zip(fields, runs, strict=True)
    ]
    opened = (stored.views, inputs.labels, stored.maps, *(other.stored.maps for other in inputs.others))
    receipts = [store.receipt for store in opened]
    failed = {name: reason for receipt in receipts for name, reason in receipt.failed.items()}
    notes = {item.id: "; ".join(item.notes) for item in manifest.objects if item.notes}
    try:
        tasks = tuple(transfer_task(settings, task, evaluated) for task in TASKS)
        synthesis = synthesis_rows(evaluated)
    except (KeyError, TypeError, ValueError):
        raise damaged(evaluated[0].folder / STATISTICS, "evaluate", fields[0].instance) from None
    return Section(
        category=manifest.category,
        teacher=stored.teacher,
        stand_in=stored.teacher in STAND_INS,
        counts=Counts(
            objects=tuple((split, len(manifest.of_split(split))) for split in ("train", "val", "test")),
            views=settings.camera.views,
            dropped=tuple(sorted({**manifest.dropped, **failed}.items())),
            notes=tuple(sorted(notes.items())),
        ),
        tasks=tasks,
        synthesis=synthesis,
        synthesis_differences=synthesis_differences(evaluated),
        training=tuple(training_of(project.train_section(field), field) for field in fields),
        pictures=_pictures(evaluated[0].folder / "pictures", fields[0].instance),
        data_facts=data_facts(inputs),
        teacher_facts=teacher_facts(stored),
        stores=(
            *(StoreLine(f"{r.stage} {r.instance}", r.store, r.fingerprint) for r in receipts),
            *(
                StoreLine(f"train, {title_of(field)}", run.run, run.fingerprint)
                for field, run in zip(fields, runs, strict=True)
            ),
        ),
    )


def _pictures(folder: Path, instance: str) -> tuple[PictureGroup, ...]:
    """The groups in their order; what has no picture says why."""
    captions = read_json_object(folder / "captions.json", "evaluate", instance)
    groups: dict[str, list[Picture]] = {}
    try:
        for name, held in captions.items():
            png = (folder / name).read_bytes()
            picture = Picture(held["caption"], held["alt"], png, held["together"])
            groups.setdefault(held["group"], []).append(picture)
    except (FileNotFoundError, KeyError, TypeError):
        raise damaged(folder, "evaluate", instance) from None
    return tuple(PictureGroup(name, tuple(groups.get(name, ())), missing) for name, missing in GROUPS.items())
