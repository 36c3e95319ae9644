"""Stage report: metrics, curves and pictures in, one HTML file out."""

import csv
import json
from pathlib import Path
from typing import Any

import yaml

from eval.evaluate import TransferSummary
from eval.image_metrics import ImageMetrics
from eval.report.contents import Counts, Curve, LossTerm, Picture, Report, Section, StoreLine
from eval.report.report import write_report
from eval.view_synthesis import SynthesisSummary
from pipeline.errors import UserError
from pipeline.manifest import read_manifest
from pipeline.progress import say
from pipeline.receipts import command_of, read_receipt
from pipeline.settings import Settings
from pipeline.stages.evaluate import RESULTS
from pipeline.stages.train import CURVES, MODELS

PATH = Path("report") / "report.html"
STAND_INS = ("daisy",)


def make_report(settings: Settings) -> None:
    """Write report/report.html from what the other stages left. Raises UserError if one of them has not run."""
    sections = tuple(_section(settings, c, t) for c in settings.categories for t in settings.teachers)
    made_up = settings.source.kind == "made-up"
    objects = "made-up objects" if made_up else settings.source.kind
    remarks = ["Samples along a ray lie at bin midpoints and fixed quantiles here, so that the numbers repeat."]
    if any(read_manifest(c).splits != "seeded" for c in settings.categories):
        remarks.append(
            "The pairs are the released ones, the poses are our own: the released poses were never published."
        )
    report = Report(
        title=f"FeatureNeRF on {objects}: {', '.join(settings.categories)}",
        made_up=made_up,
        remarks=tuple(remarks),
        sections=sections,
        settings=yaml.safe_dump(settings.model_dump(mode="json", by_alias=True), sort_keys=False),
    )
    write_report(PATH, report)
    say(f"report: -> {PATH}")


def _section(settings: Settings, category: str, teacher: str) -> Section:
    instance = f"{category}-{teacher}"
    manifest = read_manifest(category)
    metrics = _held(RESULTS / instance / "metrics.json", instance)
    receipts = [read_receipt("render", category), read_receipt("label", category)]
    receipts.append(read_receipt("cache-teachers", instance))
    run = _held(MODELS / instance / "run.json", instance)
    failed = {name: reason for receipt in receipts for name, reason in receipt.failed.items()}
    curves = _curves(CURVES / instance)
    descriptors = ("internal", "distilled", f"{teacher} map")
    return Section(
        category=category,
        teacher=teacher,
        stand_in=teacher in STAND_INS,
        counts=Counts(
            objects=tuple((split, len(manifest.of_split(split))) for split in ("train", "val", "test")),
            views=settings.camera.views,
            dropped=tuple(sorted({**manifest.dropped, **failed}.items())),
        ),
        transfer=tuple(_transfer(name, metrics["transfer"][name]) for name in descriptors),
        subject=descriptors[0],
        baseline=descriptors[-1],
        synthesis=_synthesis(metrics["synthesis"]),
        losses=_losses(settings, curves),
        curves=curves,
        pictures=_pictures(RESULTS / instance / "pictures"),
        stores=(
            *(StoreLine(r.stage, r.store, r.fingerprint) for r in receipts),
            StoreLine("train", run["run"], run["fingerprint"]),
        ),
    )


def _held(path: Path, instance: str) -> dict[str, Any]:
    try:
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `{command_of('evaluate', instance)}` first.") from None
    except ValueError:
        raise UserError(f"{path} is damaged: run `{command_of('evaluate', instance)}` again.") from None
    return held


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


def _pictures(folder: Path) -> tuple[Picture, ...]:
    captions = json.loads((folder / "captions.json").read_text(encoding="utf-8"))
    return tuple(Picture(c["caption"], c["alt"], (folder / c["file"]).read_bytes()) for c in captions)
