"""One transfer, drawn: `pipeline evaluate --pair SRC TRG VIEW`."""

from __future__ import annotations

import difflib
import io

from PIL import Image

from eval.evaluation_inputs import EvaluationInputs, ends_of
from eval.opened_field import open_field
from eval.pictures.canvas import png_bytes
from eval.pictures.grid import Tile, grid
from eval.pictures.transfer_pictures import transfer_pictures
from eval.report.contents import Picture
from eval.transfer.evaluate import evaluate_views
from eval.transfer.pairs import Pair
from eval.transfer.view_transfer import plan_views
from pipeline.artifacts.project import Project
from pipeline.artifacts.results import RESULTS
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Settings
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.progress import say
from pipeline.stores.atomic_files import write_bytes


def evaluate_pair(settings: Settings, name: FieldName, source: str, target: str, view: int) -> None:
    """Draw the transfer between two objects of any split seen from the pose with the number `view`; say its numbers.

    The picture is results/FIELD/pairs/SOURCE-TARGET-VIEW.png. Raises UserError for an object or a view that
    is not there.
    """
    field = open_field(Project(settings), name)
    inputs = field.inputs
    if not 0 <= view < settings.camera.views:
        raise UserError(
            f"--pair: there is no view {view}: they count from 0, and camera.views is {settings.camera.views}."
        )
    pair = Pair.cross_instance(_labelled(inputs, source), _labelled(inputs, target), view)
    kinds = transfer_pictures(inputs, field.answers, pair, "2d-cross-instance", field.descriptors)
    sheet = grid([[_tile(picture) for picture in kind] for kind in kinds if kind])
    path = RESULTS / name.instance / "pairs" / f"{source}-{target}-{view}.png"
    write_bytes(path, png_bytes(sheet))
    thresholds = settings.evaluate.pck_pixels
    plan = plan_views(*(inputs.view_labels(*end) for end in ends_of(pair)))
    for descriptor in field.descriptors:
        found = evaluate_views("2d-cross-instance", pair, plan, descriptor, thresholds)
        pck = f"PCK at {thresholds[-1]:g} px {found.pck[-1]:.1%}" if found.pck else "no keypoint in common"
        iou = f"IoU {found.iou:.1%}" if found.iou is not None else "no part in common"
        say(f"evaluate {name.instance}: {descriptor.name}: {pck}, {iou}")
    say(f"evaluate {name.instance}: -> {path}")


def _tile(picture: Picture) -> Tile:
    return Tile(Image.open(io.BytesIO(picture.png)).convert("RGB"), picture.caption)


def _labelled(inputs: EvaluationInputs, object_id: str) -> ObjectKey:
    """The key of an object that is rendered, cached and labelled."""
    key = inputs.stored.manifest.key(object_id)
    there = inputs.keys()
    if key in there:
        return key
    close = difflib.get_close_matches(object_id, [known.id for known in there], n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    raise UserError(
        f"--pair: '{object_id}' is no object of {inputs.stored.manifest.category} that is rendered, cached and "
        f"labelled{hint}"
    )
