"""Stage report: metrics, curves and pictures in, one HTML file out."""

import csv
from pathlib import Path
from typing import Any

import yaml

from eval.evaluate import TransferSummary
from eval.image_metrics import ImageMetrics
from eval.report.contents import Counts, Curve, LossTerm, Picture, Report, Section, StoreLine
from eval.report.report import write_report
from eval.view_synthesis import SynthesisSummary
from pipeline.errors import UserError
from pipeline.progress import say
from pipeline.receipts import command_of, damaged, marker_of, read_made
from pipeline.settings import Settings
from pipeline.splits import SEEDED
from pipeline.stages.evaluate import RESULTS, require_run, results_fingerprint
from pipeline.stages.evaluation_inputs import EvaluationInputs, open_evaluation_inputs
from pipeline.stages.label import unlabelled_shares
from pipeline.stages.stored_views import open_stored_views
from pipeline.stages.train import CURVES
from pipeline.teacher_names import STAND_INS

PATH = Path("report") / "report.html"


def make_report(settings: Settings) -> None:
    """Write report/report.html from what the other stages left.

    Raises UserError if one of them has not run, or not with these settings: a report speaks of one state.
    """
    sections, remarks = [], ["Samples along a ray lie at bin midpoints and fixed quantiles, so that numbers repeat."]
    for category in settings.categories:
        for teacher in settings.teachers:
            inputs = open_evaluation_inputs(settings, open_stored_views(settings, category, teacher))
            sections.append(_section(settings, inputs))
        remarks.append(_rendering_remark(inputs))
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
    )
    write_report(PATH, report)
    say(f"report: -> {PATH}")


def _section(settings: Settings, inputs: EvaluationInputs) -> Section:
    stored, manifest = inputs.stored, inputs.stored.manifest
    run = require_run(settings, stored)
    path = RESULTS / stored.instance / "metrics.json"
    metrics = read_made(path, "evaluate", stored.instance)
    if metrics.get("fingerprint") != results_fingerprint(settings, inputs):
        command = command_of("evaluate", stored.instance)
        raise UserError(f"{path} is of other settings or data: run `{command}` first.")
    receipts = (stored.rendered, inputs.labelled, stored.cached)
    failed = {name: reason for receipt in receipts for name, reason in receipt.failed.items()}
    notes = {item.id: "; ".join(item.notes) for item in manifest.objects if item.notes}
    curves = _curves(CURVES / stored.instance)
    descriptors = ("internal", "distilled", inputs.teacher_descriptor().name)
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
        transfer=tuple(_transfer(name, metrics["transfer"][name]) for name in descriptors),
        subject=descriptors[0],
        baseline=descriptors[-1],
        synthesis=_synthesis(metrics["synthesis"]),
        losses=_losses(settings, curves),
        curves=curves,
        pictures=_pictures(RESULTS / stored.instance / "pictures", stored.instance),
        stores=(
            *(StoreLine(r.stage, r.store, r.fingerprint) for r in receipts),
            StoreLine("train", run["run"], run["fingerprint"]),
        ),
    )


def _rendering_remark(inputs: EvaluationInputs) -> str:
    """What the render and label stages recorded with their objects."""
    stored = inputs.stored
    facts = [marker_of(stored.rendered, stored.views, item).facts for item in stored.rendered.objects]
    views = len(facts) * stored.views.specs["rgba"].shape[0]
    cut = sum(len(fact["cut_views"]) for fact in facts)
    untextured = sum(bool(fact["missing_textures"]) for fact in facts)
    share = sum(fact["foreground"] for fact in facts) / len(facts)
    unlabelled = list(unlabelled_shares(inputs.labelled, inputs.labels).values())
    of_parts = f", of which {sum(unlabelled) / len(unlabelled):.1%} have no part label" if unlabelled else ""
    return (
        f"{stored.manifest.category}: the image's edge cuts {cut} of {views} views; {untextured} of {len(facts)} "
        f"objects miss a texture; {share:.1%} of pixels are foreground{of_parts}."
    )


def _transfer(descriptor: str, held: dict[str, Any]) -> TransferSummary:
    by_threshold = {float(name.removesuffix(" px")): share for name, share in held["pck"].items()}
    thresholds = tuple(sorted(by_threshold))
    shares = tuple(by_threshold[threshold] for threshold in thresholds)
    return TransferSummary(
        descriptor=descriptor,
        pairs=held["pairs"],
        thresholds=thresholds,
        pck=None if None in shares else shares,
        keypoint_pairs=held["keypoint_pairs"],
        iou=held["iou"],
        part_pairs=held["part_pairs"],
    )


def _synthesis(held: dict[str, Any]) -> SynthesisSummary:
    def metrics(name: str) -> ImageMetrics | None:
        return None if held[name] is None else ImageMetrics(**held[name])

    return SynthesisSummary(held["views"], metrics("rendered"), metrics("source_image"))


def _curves(folder: Path) -> tuple[Curve, ...]:
    curves = []
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        curves.append(Curve(path.stem, tuple((int(row["step"]), float(row[path.stem])) for row in rows)))
    return tuple(curves)


def _losses(settings: Settings, curves: tuple[Curve, ...]) -> tuple[LossTerm, ...]:
    """The terms of the training loss, without validation and the weighted total."""
    weights = {
        "rgb": 1.0,
        "feature": settings.train.feature_weight,
        "coordinate": settings.train.coordinate_weight,
    }
    return tuple(
        LossTerm(curve.name, weights[curve.name.split("_")[0]], curve.points[0][1], curve.points[-1][1])
        for curve in curves
        if curve.name.split("_")[0] in weights and curve.points
    )


def _pictures(folder: Path, instance: str) -> tuple[Picture, ...]:
    captions = read_made(folder / "captions.json", "evaluate", instance)
    try:
        return tuple(
            Picture(held["caption"], held["alt"], (folder / name).read_bytes()) for name, held in captions.items()
        )
    except (FileNotFoundError, KeyError, TypeError):
        raise damaged(folder, "evaluate", instance) from None
