"""The pictures of an evaluation: what the field was given, what it makes of it, and what transfer looks like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.descriptors.model import FieldRenderer, PixelRender, all_pixels
from eval.evaluation_inputs import EvaluationInputs
from eval.pictures.canvas import as_bytes, enlarged, over_checker, png_bytes
from eval.pictures.contact_sheet import contact_sheet
from eval.pictures.feature_colours import feature_picture, fit_colours
from eval.pictures.grid import Tile, grid, legend
from eval.pictures.keypoints import keypoint_picture
from eval.pictures.palette import part_colour
from eval.pictures.parts import part_picture
from eval.pictures.transfer_pictures import TILE, foreground_cells, scattered, shown_pairs, transfer_pictures
from eval.report.contents import Picture
from eval.transfer.transfer_result import TransferResult
from pipeline.config.settings import Camera, Settings
from pipeline.datasets.records import ObjectKey

CPU = torch.device("cpu")
FEATURE_VIEWS = 3
SHEET_OBJECTS = 24


@dataclass(frozen=True)
class GroupedPicture:
    """A picture, and the group of the report that it belongs to."""

    group: str
    picture: Picture


def evaluation_pictures(
    settings: Settings,
    inputs: EvaluationInputs,
    answers: FieldAnswers,
    pictured: tuple[Descriptor, Descriptor],
    results: Sequence[TransferResult],
) -> Iterator[GroupedPicture]:
    """In the order of the report. `pictured`: by what transfers are shown; the first chooses the pairs."""
    keys = inputs.test_keys()
    yield GroupedPicture("data", _contact_sheet(inputs))
    yield GroupedPicture("data", _labelled_views(settings, inputs, keys))
    shown = [(key, view) for key in keys[:2] for view in _view_numbers(settings, FEATURE_VIEWS)]
    shown = [view for view in shown if inputs.view_labels(*view).foreground.any()]
    if shown:
        yield GroupedPicture("features", _feature_colours(settings, inputs, answers, shown))
    for group, pairs in shown_pairs(results, pictured[0].name, settings.report.transfers).items():
        for pair in pairs:
            for kind in transfer_pictures(inputs, answers, pair, "2d-cross-instance", pictured):
                for picture in kind:
                    yield GroupedPicture(group, picture)
    yield GroupedPicture("novel views", _novel_views(settings, inputs, answers.renderer, keys[0]))


def _view_numbers(settings: Settings, count: int) -> list[int]:
    views = settings.camera.views
    return [i * views // count for i in range(min(count, views))]


def _contact_sheet(inputs: EvaluationInputs) -> Picture:
    """Every object of the category, or the first ones."""
    manifest = inputs.stored.manifest
    sheet, shown = contact_sheet(manifest, inputs.stored.views, SHEET_OBJECTS)
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
    settings: Settings, inputs: EvaluationInputs, answers: FieldAnswers, shown: Sequence[tuple[ObjectKey, int]]
) -> Picture:
    """Teacher maps and rendered features of the same views, which show something, in one basis."""
    size = settings.camera.size
    taught, rendered, masks, cells = [], [], [], []
    for key, view in shown:
        foreground = inputs.view_labels(key, view).foreground
        pixels = np.argwhere(foreground).astype(np.int64)
        taught.append(inputs.teacher_map(key, view))
        masks.append(foreground)
        cells.append(foreground_cells(foreground))
        feature = answers.pixels(key, view, view, pixels).feature.cpu().numpy()
        rendered.append(scattered(feature, pixels, size))
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
        render = renderer.render(encoded, image.pose, all_pixels(size, size)).to(CPU)
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
