"""Facts about data, teacher and training that earlier stages recorded, for the report."""

import csv
from collections.abc import Sequence
from pathlib import Path

from eval.evaluation_inputs import EvaluationInputs
from eval.report.contents import Curve, Facts, LossTerm, Training
from pipeline.artifacts.labels import unlabelled_shares
from pipeline.artifacts.projections import read_fit_record
from pipeline.artifacts.receipts import require_unchanged
from pipeline.artifacts.runs import CURVES, RunRecord
from pipeline.artifacts.stored_views import StoredViews
from pipeline.artifacts.views import grey_faces, look_notes
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Train
from pipeline.datasets.meshes.look_notes import grouped_notes


def data_facts(inputs: EvaluationInputs) -> Facts:
    """Summarise the rendered objects and their labels."""
    stored = inputs.stored
    markers = stored.views.markers()
    facts = [marker.facts for marker in markers]
    views = len(facts) * stored.views.store.specs["rgba"].shape[0]
    cut = sum(len(fact["cut_views"]) for fact in facts)
    grey = sum(grey_faces(marker) > 0 for marker in markers)
    rendered = any("look_notes" in fact for fact in facts)  # not made elsewhere
    objects = zip(stored.views.receipt.objects, markers, strict=True)
    notes = [(item.key.id, note) for item, marker in objects for note in look_notes(marker)]
    share = sum(fact["foreground"] for fact in facts) / max(1, len(facts))
    unlabelled = list(unlabelled_shares(inputs.labels).values())
    pairs = stored.manifest.pairs
    return (
        ("pixels that are foreground", f"{share:.1%}"),
        ("views that the image's edge cuts", f"{cut} of {views}"),
        *([("objects with grey faces", f"{grey} of {len(facts)}")] if rendered else []),
        *(("looks other than the files ask for", line) for line in grouped_notes(notes)),
        (
            "foreground without a part label",
            f"{sum(unlabelled) / len(unlabelled):.1%}" if unlabelled else "no object has parts",
        ),
        ("parts", ", ".join(stored.manifest.part_names) or "none"),
        ("pairs listed", f"{len(pairs.cross_instance)} cross instance, {len(pairs.cross_view)} novel view"),
    )


def teacher_facts(stored: StoredViews) -> Facts:
    """Summarise the teacher's maps and their projection."""
    fitted = read_fit_record(stored.instance)
    specification = stored.maps.store.specs["feature"]
    cells, _, channels = specification.shape[1:]
    facts = [
        ("maps", f"{cells} x {cells} cells of {channels} channels, {specification.dtype}"),
        ("projection", f"{fitted.raw_channels} -> {fitted.channels} channels"),
        ("root mean square before scaling", f"{fitted.rms:.4g}"),
    ]
    if fitted.raw_channels != fitted.channels:
        facts.append(("variance that the projection keeps", f"{fitted.explained_variance:.1%}"))
    return tuple(facts)


def training_of(train: Train, field: FieldName, run: RunRecord) -> Training:
    """Read the curves of a field's run, and its loss terms at the start and at the end; `train` are its settings.

    Raises UserError if they are not those of the run.
    """
    require_unchanged(CURVES / field.instance, run.curves, "train", field.instance)
    curves = _curves([CURVES / field.instance / name for name in sorted(run.curves)])
    return Training(field.title, train.steps, _losses(train, curves), curves, train.bounding_box_steps)


def _curves(paths: Sequence[Path]) -> tuple[Curve, ...]:
    curves = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        curves.append(Curve(path.stem, tuple((int(row["step"]), float(row[path.stem])) for row in rows)))
    return tuple(curves)


def _losses(train: Train, curves: tuple[Curve, ...]) -> tuple[LossTerm, ...]:
    """Select the terms of the training loss, without validation and the weighted total."""
    weights = {"rgb": 1.0, "feature": train.feature_weight, "coordinate": train.coordinate_weight}
    return tuple(
        LossTerm(curve.name, weights[curve.name.split("_")[0]], curve.points[0][1], curve.points[-1][1])
        for curve in curves
        if curve.name.split("_")[0] in weights and curve.points
    )
