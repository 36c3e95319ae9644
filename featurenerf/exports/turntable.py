"""A video of an object that turns: colour, depth and features side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from eval.pictures.canvas import enlarged
from eval.pictures.feature_colours import ColourBasis
from featurenerf.answers import RenderedView
from featurenerf.editing.painted_object import PaintedObject
from featurenerf.exports.surface_cloud import feature_basis
from featurenerf.exports.video import write_video
from featurenerf.seen_object import SeenObject
from featurenerf.view_pictures import view_pictures
from featurenerf.views_around import poses_around
from pipeline.config.settings import Camera
from pipeline.errors import UserError
from pipeline.progress import Progress

FRAMES = 48
FRAMES_PER_SECOND = 16
BASIS_FRAMES = 4  # the colours of the features are fitted on as many views of the turn
TILE = 256


def export_turntable(seen: SeenObject | PaintedObject, path: str | Path, frames: int = FRAMES) -> None:
    """Write a video in which the object turns once around its vertical axis, at the height of its own camera.

    Args:
        seen: the object; `SeenObject`, or what `swap_texture` returns.
        path: an MP4 file.
        frames: of the whole turn. Each is a picture to render.

    Raises UserError if frames is not positive, if the encoder is not installed, or if the field renders nothing solid.
    """
    if frames < 1:
        raise UserError(f"frames must be at least 1, not {frames}.")
    write_video(Path(path), turning_pictures(seen, frames), FRAMES_PER_SECOND)


def turning_pictures(seen: SeenObject | PaintedObject, frames: int) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """Yield the frames of a turn: colour, depth and features side by side."""
    poses = poses_around(seen.pose, list(np.arange(frames) * 360 / frames), seen.camera.radius)
    progress = Progress("turntable", frames, "views")

    def rendered(index: int) -> RenderedView:
        view = seen.render(poses[index])
        progress.step()
        return view

    first = {index: rendered(index) for index in spread_over(frames, BASIS_FRAMES)}
    basis = feature_basis(list(first.values()))
    for index in range(frames):
        view = first.pop(index) if index in first else rendered(index)
        yield turning_picture(view, basis, seen.camera)
    progress.close()


def spread_over(frames: int, count: int) -> list[int]:
    """Choose at most `count` frames of a turn at even distances, the first one among them."""
    return sorted({step * frames // count for step in range(count)})


def turning_picture(view: RenderedView, basis: ColourBasis, camera: Camera) -> UInt8[np.ndarray, "h w 3"]:
    """Draw colour, depth and features of a view side by side."""
    pictures = view_pictures(view, basis, camera)
    return np.hstack(
        [np.asarray(enlarged(each, TILE)) for each in (pictures.colour, pictures.depth, pictures.features)]
    )
