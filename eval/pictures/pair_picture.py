"""A drawing of one transfer: `pipeline evaluate --pair SRC TRG VIEW`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from eval.evaluation_inputs import EvaluationInputs, ends_of
from eval.opened_field import OpenedField
from eval.pictures.canvas import png_bytes
from eval.pictures.grid import Tile, grid
from eval.pictures.transfer_pictures import transfer_pictures
from eval.report.contents import Picture
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.pairs import Pair
from eval.transfer.view_transfer import plan_views
from pipeline.config.settings import Evaluate
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError, close_names
from pipeline.stores.atomic_files import write_bytes


def pair_of(inputs: EvaluationInputs, source: str, target: str, view: int, views: int) -> Pair:
    """Find a pair of objects of any split, seen by camera `view` of `views`. Raises UserError if one is not there."""
    if not 0 <= view < views:
        raise UserError(f"--pair: there is no view {view}: they count from 0, and camera.views is {views}.")
    return Pair.cross_instance(_labelled(inputs, source), _labelled(inputs, target), view)


def draw_pair(path: Path, opened: OpenedField, pair: Pair) -> None:
    """Draw a transfer between two views by every descriptor."""
    kinds = transfer_pictures(opened.inputs, opened.answers, pair, opened.descriptors)
    sheet = grid([[_tile(picture) for picture in kind] for kind in kinds if kind])
    write_bytes(path, png_bytes(sheet))


def pair_lines(opened: OpenedField, pair: Pair, evaluate: Evaluate) -> Iterator[str]:
    """Say the results of each descriptor in a line; PCK at the widest threshold, in pixels."""
    thresholds = evaluate.pck_pixels
    source, target = (opened.inputs.view_labels(*end) for end in ends_of(pair))
    plan = plan_views(source, target, evaluate.keypoint_pixels)
    for descriptor in opened.descriptors:
        result = evaluate_transfer("2d-cross-instance", pair, plan, descriptor, thresholds)
        pck = f"PCK at {thresholds[-1]:g} px {result.pck[-1]:.1%}" if result.pck else "no keypoint in common"
        iou = f"IoU {result.iou:.1%}" if result.iou is not None else "no part in common"
        yield f"{descriptor.name}: {pck}, {iou}"


def _tile(picture: Picture) -> Tile:
    return Tile(Image.open(io.BytesIO(picture.png)).convert("RGB"), picture.caption)


def _labelled(inputs: EvaluationInputs, object_id: str) -> ObjectKey:
    """Find the key of an object that is rendered, cached and labelled."""
    key = inputs.stored.manifest.key(object_id)
    present = inputs.keys()
    if key in present:
        return key
    raise UserError(
        f"--pair: '{object_id}' is no object of {inputs.stored.manifest.category} that is rendered, cached and "
        f"labelled{close_names(object_id, [known.id for known in present])}"
    )
