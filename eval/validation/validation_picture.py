"""The picture of a validation: what the field was given, what it should render, and what it renders."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float16, Float32, UInt8
from PIL import Image

from eval.descriptors.descriptors import sample_map
from eval.descriptors.field_renderer import all_pixels
from eval.pictures.canvas import as_bytes, enlarged, over_checker
from eval.pictures.depth_colours import depth_picture
from eval.pictures.feature_colours import ColourBasis, colours, feature_picture, fit_colours
from eval.pictures.grid import Tile, grid
from eval.synthesis.image_metrics import ImageMetrics
from pipeline.artifacts.layouts import CELL
from pipeline.config.settings import Camera
from pipeline.datasets.records import ObjectKey
from render.over_black import over_black
from train.rendering.rendered_rays import RenderedRays

TILE = 256


@dataclass(frozen=True)
class TaughtColours:
    """The teacher's map of a target in colours, and the basis for what is rendered beside it."""

    basis: ColourBasis
    picture: UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True)
class ValidationView:
    """An object's source view, and the target view that is rendered; `taught` is None where no feature is learned."""

    key: ObjectKey
    source_view: int
    target_view: int
    source: UInt8[np.ndarray, "h w 4"]
    target: UInt8[np.ndarray, "h w 4"]
    source_pose: Float32[np.ndarray, "4 4"]
    source_intrinsics: Float32[np.ndarray, "4"]
    target_pose: Float32[np.ndarray, "4 4"]
    target_intrinsics: Float32[np.ndarray, "4"]
    taught: TaughtColours | None


@dataclass(frozen=True)
class ValidationRow:
    """A view, its target as it was rendered from the source, and how near that comes to the truth."""

    view: ValidationView
    render: RenderedRays
    metrics: ImageMetrics


def validation_picture(step: int, mean: ImageMetrics, rows: Sequence[ValidationRow], camera: Camera) -> Image.Image:
    """A row for each view, words above each tile, the step and the means over all rows on top."""
    sheet = grid([_tiles(row, camera) for row in rows])
    of = f"mean of {len(rows)} views" if len(rows) > 1 else "one view"
    return grid([[Tile(sheet, f"step {step}: PSNR {mean.psnr:.2f} dB, SSIM {mean.ssim:.3f}, {of}")]])


def _tiles(row: ValidationRow, camera: Camera) -> list[Tile]:
    """Colours lie over black, as the field sees them and is measured on them; the rest lies over the checker."""
    view, render = row.view, row.render
    shown = [
        (as_bytes(over_black(view.source)), f"source: view {view.source_view}, {view.key.id}"),
        (as_bytes(over_black(view.target)), f"target: view {view.target_view}"),
        (as_bytes(render.rgb.numpy()), f"rendering: {row.metrics.psnr:.2f} dB, SSIM {row.metrics.ssim:.3f}"),
        (
            depth_picture(render.depth.numpy(), render.weight_sum.numpy(), camera),
            f"depth: light {camera.near:g}, dark {camera.far:g}",
        ),
    ]
    if view.taught is not None:
        rendered = feature_picture(view.taught.basis, render.feature.numpy(), render.weight_sum.numpy())
        shown += [(view.taught.picture, "teacher map, bilinear"), (rendered, "rendered feature, same basis")]
    return [Tile(enlarged(picture, TILE), words) for picture, words in shown]


def taught_colours(
    teacher_map: Float16[np.ndarray, "cells cells c"], target: UInt8[np.ndarray, "h w 4"]
) -> TaughtColours:
    """Colour the teacher's map by the principal components of its foreground; the background is a checker.

    It is sampled as for the loss: bilinear, a cell's value at its centre.
    """
    height, width, _ = target.shape
    cells = teacher_map.any(axis=-1)
    # Without foreground there is nothing to colour: the checker covers all.
    basis = fit_colours([teacher_map[cells] if cells.any() else teacher_map[0, :1]])
    centres = torch.from_numpy(all_pixels(height, width) + 0.5)
    smooth = sample_map(torch.from_numpy(teacher_map.astype(np.float32)), centres, CELL)
    painted = colours(basis, smooth.numpy()).reshape(height, width, 3)
    return TaughtColours(basis, over_checker(np.dstack([painted, target[..., 3]])))
