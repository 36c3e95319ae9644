"""The pictures of an evaluation: what the field was given, what it makes of it, and what transfer looks like."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int64, UInt8
from PIL import Image

from eval.descriptors import Descriptor
from eval.evaluate import keypoints_of_pair, parts_of_pair
from eval.model import FieldRenderer, PixelRender, all_pixels
from eval.pairs import Pair
from eval.pictures.canvas import as_bytes, enlarged, over_checker, png_bytes
from eval.pictures.feature_colours import feature_picture, fit_colours
from eval.pictures.grid import Tile, grid, legend
from eval.pictures.keypoints import keypoint_picture, transfer_picture
from eval.pictures.palette import part_colour
from eval.pictures.parts import part_map, part_picture
from eval.report.contents import Picture
from pipeline.datasets.records import ObjectKey
from pipeline.settings import Camera, Settings
from pipeline.stages.contact_sheet import contact_sheet
from pipeline.stages.evaluation_inputs import EvaluationInputs
from pipeline.stores.layouts import CELL

TILE = 256
TRANSFER_TILE = 384
FEATURE_VIEWS = 3
SHEET_OBJECTS = 24


def evaluation_pictures(
    settings: Settings,
    inputs: EvaluationInputs,
    renderer: FieldRenderer,
    descriptors: Sequence[Descriptor],
    pairs: Sequence[Pair],
) -> Iterator[Picture]:
    """In the order of the report. `descriptors`: the field's own first, the teacher's map last."""
    keys = inputs.test_keys()
    yield _contact_sheet(inputs)
    yield _labelled_views(settings, inputs, keys)
    yield _feature_colours(settings, inputs, renderer, keys)
    yield _novel_views(settings, inputs, renderer, keys[0])
    for pair in _spread(pairs, settings.report.transfers):
        yield from _transfer(inputs, pair, descriptors[0], descriptors[-1])


def _spread(items: Sequence[Pair], count: int) -> list[Pair]:
    """`count` items at even distances: no choice by result."""
    return [items[i * len(items) // count] for i in range(min(count, len(items)))]


def _view_numbers(settings: Settings, count: int) -> list[int]:
    views = settings.camera.views
    return [i * views // count for i in range(min(count, views))]


def _contact_sheet(inputs: EvaluationInputs) -> Picture:
    """Every object of the category, or the first ones."""
    manifest = inputs.stored.manifest
    sheet, shown = contact_sheet(manifest, inputs.stored.rendered, inputs.stored.views, SHEET_OBJECTS)
    return Picture(
        caption=f"Objects of the category and their splits: {shown} of {len(manifest.objects)}.",
        alt="A contact sheet of the category's objects",
        png=png_bytes(sheet),
    )


def _labelled_views(settings: Settings, inputs: EvaluationInputs, keys: Sequence[ObjectKey]) -> Picture:
    rows = []
    for key in keys[:2]:
        views, parts = [], []
        for view in _view_numbers(settings, settings.report.views):
            labels = inputs.view_labels(key, view)
            plain = over_checker(inputs.rgba(key, view))
            visible = np.flatnonzero(labels.keypoint_visible)
            views.append(Tile(enlarged(plain, TILE), f"view {view}"))
            tinted = part_picture(plain, labels.part)
            parts.append(Tile(keypoint_picture(tinted, labels.keypoint_uv[visible], visible, TILE)))
        rows += [views, parts]
    names = inputs.stored.manifest.part_names
    colours = legend([(name, part_colour(label)) for label, name in enumerate(names, 1)])
    return Picture(
        caption="Views of test objects as they were rendered; below each its labels: parts tinted, visible keypoints "
        "as discs. The checker is transparent background.",
        alt="Rendered views and their labels",
        png=png_bytes(grid([[Tile(grid(rows))], [Tile(colours)]])),
    )


def _feature_colours(
    settings: Settings, inputs: EvaluationInputs, renderer: FieldRenderer, keys: Sequence[ObjectKey]
) -> Picture:
    """Teacher maps and rendered features of the same views in one basis."""
    shown = [(key, view) for key in keys[:2] for view in _view_numbers(settings, FEATURE_VIEWS)]
    size = settings.camera.size
    taught, rendered, masks, cells = [], [], [], []
    for key, view in shown:
        foreground = inputs.view_labels(key, view).foreground
        image = inputs.image(key, view)
        pixels = np.argwhere(foreground).astype(np.int64)
        taught.append(inputs.teacher_map(key, view))
        masks.append(foreground)
        blocks = foreground.reshape(size // CELL, CELL, size // CELL, CELL)
        cells.append(np.asarray(blocks.any(axis=(1, 3))))
        feature = renderer.render(renderer.encode(image), image.pose, pixels).feature.numpy()
        rendered.append(_scattered(feature, pixels, size))
    seen = [values[cell] for values, cell in zip(taught, cells, strict=True)]
    seen += [values[mask] for values, mask in zip(rendered, masks, strict=True)]
    basis = fit_colours(seen)
    rows: list[list[Tile]] = [[], [], []]
    for index, (key, view) in enumerate(shown):
        rows[0].append(Tile(enlarged(over_checker(inputs.rgba(key, view)), TILE), f"view {view}"))
        rows[1].append(Tile(enlarged(feature_picture(basis, taught[index], cells[index]), TILE), "teacher map"))
        rows[2].append(Tile(enlarged(feature_picture(basis, rendered[index], masks[index]), TILE), "rendered feature"))
    return Picture(
        caption="The teacher's map, and the feature that the field renders after seeing the image above it, in three "
        "principal components. All maps share one basis: equal colours mean equal features.",
        alt="Teacher maps and rendered features in false colours",
        png=png_bytes(grid(rows)),
    )


def _scattered(
    values: Float[np.ndarray, "n c"], pixels: Int64[np.ndarray, "n 2"], size: int
) -> Float[np.ndarray, "h w c"]:
    image = np.zeros((size, size, values.shape[1]), dtype=values.dtype)
    image[tuple(pixels.T)] = values
    return image


def _novel_views(settings: Settings, inputs: EvaluationInputs, renderer: FieldRenderer, key: ObjectKey) -> Picture:
    """One object seen once, rendered from other cameras."""
    size = settings.camera.size
    source, *targets = _view_numbers(settings, 5)
    encoded = renderer.encode(inputs.image(key, source))
    true = [Tile(enlarged(over_checker(inputs.rgba(key, source)), TILE), f"given: view {source}")]
    made = [Tile(_blank(TILE), "rendered colour")]
    deep = [Tile(_blank(TILE), "rendered depth")]
    for view in targets:
        image = inputs.image(key, view)
        render = renderer.render(encoded, image.pose, all_pixels(size, size))
        rgb = render.rgb.reshape(size, size, 3).numpy()
        true.append(Tile(enlarged(over_black_bytes(inputs.rgba(key, view)), TILE), f"true: view {view}"))
        made.append(Tile(enlarged(as_bytes(rgb), TILE)))
        deep.append(Tile(enlarged(_depth_picture(render, settings.camera), TILE)))
    return Picture(
        caption=f"View synthesis: the field sees view {source} of an object that it was not trained on and renders it "
        "from other cameras. Bright in the depth pictures is near.",
        alt="True and rendered views",
        png=png_bytes(grid([true, made, deep])),
    )


def over_black_bytes(rgba: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 3"]:
    """A view as the field is compared with it."""
    return np.asarray(np.rint(rgba[..., :3] * (rgba[..., 3:] / 255)), dtype=np.uint8)


def _depth_picture(render: PixelRender, camera: Camera) -> UInt8[np.ndarray, "h w 3"]:
    """Near is bright, far is dark, and so is what is transparent."""
    opacity = render.weight_sum.numpy()
    depth = render.depth.numpy() / np.maximum(opacity, 1e-6)
    bright = opacity * np.clip((camera.far - depth) / (camera.far - camera.near), 0, 1)
    return as_bytes(bright.reshape(camera.size, camera.size, 1).repeat(3, axis=2).astype(np.float32))


def _blank(size: int) -> Image.Image:
    return Image.new("RGB", (size, size), "white")


def _transfer(inputs: EvaluationInputs, pair: Pair, own: Descriptor, baseline: Descriptor) -> Iterator[Picture]:
    source = over_checker(inputs.rgba(pair.source, pair.source_view))
    target = over_checker(inputs.rgba(pair.target, pair.target_view))
    keypoints, parts = [], []
    for descriptor in (own, baseline):
        moved = keypoints_of_pair(pair, inputs.view_labels, descriptor)
        if moved is not None:
            error = f"{descriptor.name}, mean error {float(moved.distance.mean()):.1f} px"
            keypoints.append(Tile(transfer_picture(source, target, moved, TRANSFER_TILE), error))
        found = parts_of_pair(pair, inputs.view_labels, descriptor)
        if found is not None:
            labels = part_map(found.pixels, found.found, *target.shape[:2])
            name = f"{descriptor.name}, IoU {100 * found.mean_iou:.0f}%"
            parts.append(Tile(enlarged(part_picture(target, labels), TILE), name))
    ends = f"from {pair.source.id} to {pair.target.id}, view {pair.source_view}"
    if keypoints:
        yield Picture(
            caption=f"Keypoint transfer {ends}. A disc in the source is joined to the place found in the target; a "
            "ring marks the true place, the thick line the error.",
            alt="Keypoint transfer",
            png=png_bytes(grid([[tile] for tile in keypoints])),
        )
    if parts:
        true = [
            Tile(enlarged(part_picture(image, _part(inputs, key, view)), TILE), name)
            for image, key, view, name in (
                (source, pair.source, pair.source_view, "source, true"),
                (target, pair.target, pair.target_view, "target, true"),
            )
        ]
        yield Picture(
            caption=f"Part co-segmentation {ends}: each labelled pixel takes the label of its most similar source "
            "pixel.",
            alt="Part co-segmentation",
            png=png_bytes(grid([[*true, *parts]])),
        )


def _part(inputs: EvaluationInputs, key: ObjectKey, view: int) -> UInt8[np.ndarray, "h w"]:
    return inputs.view_labels(key, view).part
