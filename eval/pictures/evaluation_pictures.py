"""The pictures of an evaluation: what the field was given, what it makes of it, and what transfer looks like."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from eval.descriptors.descriptors import FieldDescriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.descriptors.field_renderer import FieldRenderer
from eval.evaluation_inputs import EvaluationInputs
from eval.interactive.match_cells import PairMatches
from eval.opened_field import OpenedField
from eval.pictures.canvas import as_bytes, enlarged, over_checker, png_bytes
from eval.pictures.contact_sheet import contact_sheet
from eval.pictures.depth_colours import depth_picture
from eval.pictures.glance_pictures import glance_pictures
from eval.pictures.grid import Tile, grid, legend
from eval.pictures.keypoints import keypoint_picture
from eval.pictures.palette import part_colour
from eval.pictures.parts import part_picture
from eval.pictures.shared_colours import field_view, painted_features, teacher_view
from eval.pictures.stored_pictures import GLANCE
from eval.pictures.transfer_pictures import OTHER_CAMERA, TILE, match_pictures, shown_pairs, transfer_pictures
from eval.report.contents import Picture
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import TransferResult
from eval.views import ViewLabels
from pipeline.config.settings import Camera, Report
from pipeline.datasets.records import ObjectKey
from pipeline.progress import counted

FEATURE_VIEWS = 3
SHEET_OBJECTS = 24


def evaluation_pictures(
    label: str,
    camera: Camera,
    shown: Report,
    opened: OpenedField,
    results: Sequence[TransferResult],
    first: tuple[Pair | None, PairMatches | None],
) -> Iterator[tuple[str, Picture]]:
    """Draw the pictures, each with the name of its group, in the report's order, as many as `shown` says.

    `label` names the work in its line of progress.
    `first` is the pair that the report begins with, and its matches. Transfers are shown by the internal feature,
    which chooses the pairs, and by the teacher's own map.
    """
    inputs, answers, pictured = opened.inputs, opened.answers, (opened.own[0], opened.baselines[0])
    keys = inputs.test_keys()
    yield from ((GLANCE, picture) for picture in glance_pictures(opened, *first))
    yield "data", _contact_sheet(inputs)
    yield "data", _labelled_views(inputs, keys[:2], _view_numbers(camera, shown.views))
    views = [(key, view) for key in keys[:2] for view in _view_numbers(camera, FEATURE_VIEWS)]
    views = [view for view in views if inputs.view_labels(*view).foreground.any()]
    if views:
        yield "features", _feature_colours(inputs, answers, views)
    chosen = shown_pairs(results, pictured[0].name, shown.transfers)
    listed = [(group, pair) for group, pairs in chosen.items() for pair in pairs]
    for group, pair in counted(listed, f"{label}: pictures", "pairs"):
        # Features of a pair need both whole images: they are shown for the pairs with one camera alone.
        kinds = (
            match_pictures(inputs, pair, pictured)
            if group == OTHER_CAMERA
            else transfer_pictures(inputs, answers, pair, pictured)
        )
        yield from ((group, picture) for kind in kinds for picture in kind)
    yield "novel views", _novel_views(camera, inputs, answers.renderer, keys[0])


def _view_numbers(camera: Camera, count: int) -> list[int]:
    """Spread `count` view numbers evenly over a camera's views; all of them if there are fewer."""
    count = min(count, camera.views)
    return [i * camera.views // count for i in range(count)]


def _contact_sheet(inputs: EvaluationInputs) -> Picture:
    """Every object of the category, or the first ones."""
    manifest = inputs.stored.manifest
    sheet, shown = contact_sheet(manifest, inputs.stored.views, SHEET_OBJECTS)
    return Picture(
        caption=f"Objects of the category and their splits: {shown} of {len(manifest.objects)}.",
        alt="A contact sheet of the category's objects",
        png=png_bytes(sheet),
    )


def _labelled_views(inputs: EvaluationInputs, keys: Sequence[ObjectKey], numbers: Sequence[int]) -> Picture:
    """Draw views of test objects, and their labels below where there are any."""
    rows = []
    every = (inputs.view_labels(key, view) for key in keys for view in numbers)
    labelled = any(labels.keypoint_visible.any() or labels.part.any() for labels in every)
    for key in keys:
        plain = [over_checker(inputs.rgba(key, view)) for view in numbers]
        rows.append([Tile(enlarged(rgb, TILE), f"view {view}") for rgb, view in zip(plain, numbers, strict=True)])
        if labelled:
            labels = [inputs.view_labels(key, view) for view in numbers]
            rows.append([Tile(_tinted(*of_view)) for of_view in zip(plain, labels, strict=True)])
    names = inputs.stored.manifest.part_names
    colours = legend([(name, part_colour(label)) for label, name in enumerate(names, 1)])
    below = "; below each its labels: parts tinted, visible keypoints as discs" if labelled else ""
    return Picture(
        caption=f"Views of test objects as they were rendered{below}. The checker is transparent background.",
        alt=f"Rendered views{' and their labels' if labelled else ''}",
        png=png_bytes(grid([[Tile(grid(rows))], *([[Tile(colours)]] if labelled and names else [])])),
    )


def _tinted(plain: UInt8[np.ndarray, "h w 3"], labels: ViewLabels) -> Image.Image:
    visible = np.flatnonzero(labels.keypoint_visible)
    return keypoint_picture(part_picture(plain, labels.part), labels.keypoint_uv[visible], visible, TILE)


def _feature_colours(
    inputs: EvaluationInputs, answers: FieldAnswers, shown: Sequence[tuple[ObjectKey, int]]
) -> Picture:
    """Teacher maps and rendered features of the same views, which show something, in one basis."""
    distilled = FieldDescriptor("distilled", answers)
    taught = [teacher_view(inputs, *view) for view in shown]
    painted = painted_features([*taught, *(field_view(inputs, distilled, *view) for view in shown)])
    rows = [
        [Tile(enlarged(view.rgb, TILE), f"view {number}") for view, (_, number) in zip(taught, shown, strict=True)],
        [Tile(enlarged(picture, TILE), "teacher map") for picture in painted[: len(shown)]],
        [Tile(enlarged(picture, TILE), "rendered feature") for picture in painted[len(shown) :]],
    ]
    return Picture(
        caption="The teacher's map, and the feature that the field renders after seeing the image above it, in three "
        "principal components. All maps share one basis: equal colours mean equal features.",
        alt="Teacher maps and rendered features in false colours",
        png=png_bytes(grid(rows)),
    )


def _novel_views(camera: Camera, inputs: EvaluationInputs, renderer: FieldRenderer, key: ObjectKey) -> Picture:
    """Render one object, seen once, from other cameras."""
    size = camera.size
    source, *targets = _view_numbers(camera, 5)
    encoded = renderer.encode(inputs.image(key, source))
    true = [Tile(enlarged(over_checker(inputs.rgba(key, source)), TILE), f"given: view {source}")]
    made = [Tile(_blank(TILE), "rendered colour")]
    deep = [Tile(_blank(TILE), "rendered depth")]
    for view in targets:
        image = inputs.image(key, view)
        render = renderer.render_image(encoded, image.pose, image.intrinsics, size, size)
        depth = depth_picture(render.depth.numpy(), render.weight_sum.numpy(), camera)
        true.append(Tile(enlarged(as_bytes(image.rgb), TILE), f"true: view {view}"))
        made.append(Tile(enlarged(as_bytes(render.rgb.numpy()), TILE)))
        deep.append(Tile(enlarged(depth, TILE)))
    return Picture(
        caption=f"View synthesis: the field sees view {source} of an object that it was not trained on and renders it "
        "from other cameras. Light in the depth pictures is near, dark is far, the checker is empty.",
        alt="True and rendered views",
        png=png_bytes(grid([true, made, deep])),
    )


def _blank(size: int) -> Image.Image:
    return Image.new("RGB", (size, size), "white")
