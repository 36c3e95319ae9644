"""The training of a field as the report shows it."""

import csv
from pathlib import Path

from eval.report.contents import Curve, LossTerm, Training
from pipeline.artifacts.runs import CURVES
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Train


def training_of(train: Train, field: FieldName) -> Training:
    """Read the curves of a field's run, and its loss terms at the start and at the end; `train` are its settings."""
    curves = _curves(CURVES / field.instance)
    return Training(field.title, train.steps, _losses(train, curves), curves)


def _curves(folder: Path) -> tuple[Curve, ...]:
    curves = []
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        curves.append(Curve(path.stem, tuple((int(row["step"]), float(row[path.stem])) for row in rows)))
    return tuple(curves)


def _losses(train: Train, curves: tuple[Curve, ...]) -> tuple[LossTerm, ...]:
    """Select the terms of the training loss, without validation and the weighted total."""
    weights = {
        "rgb": 1.0,
        "feature": train.feature_weight,
        "coordinate": train.coordinate_weight,
    }
    return tuple(
        LossTerm(curve.name, weights[curve.name.split("_")[0]], curve.points[0][1], curve.points[-1][1])
        for curve in curves
        if curve.name.split("_")[0] in weights and curve.points
    )
