"""Stage report: metrics, curves and pictures in, one HTML file out."""

from importlib.metadata import version
from pathlib import Path

import torch
import yaml

from eval.report.contents import Report
from eval.report.report import write_report
from eval.report.report_section import report_section
from pipeline.artifacts.project import Project
from pipeline.config.settings import ManifestSettings, Settings
from pipeline.manifests.splits import SEEDED
from pipeline.progress import say

PATH = Path("report") / "report.html"
TOOLS = ("featurenerf-pipeline", "torch", "numpy", "zarr", "timm", "diffusers")


def make_report(settings: Settings) -> None:
    """Write report/report.html from what the other stages left.

    Raises UserError if one of them has not run, or not with these settings: a report speaks of one state.
    """
    project, made_up = Project(settings), settings.source.kind == "made-up"
    named = {"made-up": "made-up objects", "renders": f"views made elsewhere ({settings.source.layout})"}
    objects = named.get(settings.source.kind, settings.source.kind)
    report = Report(
        title=f"FeatureNeRF on {objects}: {', '.join(settings.categories)}",
        made_up=made_up,
        remarks=_remarks(settings.manifest, own_poses=settings.source.kind != "renders"),
        sections=tuple(
            report_section(project, category, teacher)
            for category in settings.categories
            for teacher in settings.teachers
        ),
        settings=yaml.safe_dump(settings.model_dump(mode="json", by_alias=True), sort_keys=False),
        machine=(*((name, version(name)) for name in TOOLS), ("device of the report's machine", _device())),
    )
    write_report(PATH, report)
    say(f"report: -> {PATH}")


def _remarks(manifest: ManifestSettings, own_poses: bool) -> tuple[str, ...]:
    remarks = ["Samples along a ray lie at bin midpoints and fixed quantiles, so that numbers repeat."]
    if own_poses and manifest.splits != SEEDED and not manifest.splits.endswith(".csv"):
        remarks.append("The pairs are the released ones. The poses are our own: the released ones were not published.")
    return tuple(remarks)


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
