"""Find the surface that a field knows: where the rays of several cameras end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64, Shaped, UInt8

from eval.descriptors.field_renderer import FieldRenderer
from eval.evaluation_inputs import EvaluationInputs
from eval.pictures.canvas import as_bytes
from eval.pictures.feature_colours import colours, fit_colours
from pipeline.datasets.records import ObjectKey
from pipeline.progress import counted
from train.network.source import Source
from train.pixel_centres import first_centre
from train.rays import pixel_rays

CAMERAS, RAYS_ACROSS, POINTS = 8, 32, 2500
# Below this opacity a ray passes by the object or grazes it: its mean depth lies on no surface.
LEAST_OPACITY = 0.5


@dataclass(frozen=True)
class SurfacePoints:
    """Points of s surfaces in world units (right-handed, +Y up), their sRGB colour, and their internal feature painted.

    `titles` name the objects and the view that the field was given, `object` is each point's surface. All are painted
    in one basis: equal colours mean equal features.
    """

    titles: Shaped[np.ndarray, " s"]
    object: Int64[np.ndarray, " n"]
    xyz: Float32[np.ndarray, "n 3"]
    rgb: UInt8[np.ndarray, "n 3"]
    feature: UInt8[np.ndarray, "n 3"]


# Points, the colour (0..1) and the internal feature that their rays meet.
Surface: TypeAlias = tuple[Float32[np.ndarray, "n 3"], Float32[np.ndarray, "n 3"], Float32[np.ndarray, "n c"]]


def field_surfaces(
    label: str, inputs: EvaluationInputs, renderer: FieldRenderer, views: Sequence[tuple[ObjectKey, int]]
) -> SurfacePoints:
    """Return the surface of each object, known from its image at the view, which shows something.

    An object of which the field renders nothing is left out. `label` names the progress.
    """
    shown = [view for view in views if inputs.view_labels(*view).foreground.any()]
    known = []
    for key, view in counted(shown, label, "objects", total=True):
        surface = _surface(inputs, renderer, key, view)
        if len(surface[0]):
            known.append((f"{key.id}, view {view}", surface))
    if not known:
        nothing = np.zeros((0, 3), np.uint8)
        return SurfacePoints(np.array([], "<U1"), np.zeros(0, np.int64), np.zeros((0, 3), np.float32), nothing, nothing)
    titles, surfaces = zip(*known, strict=True)
    xyz, rgb, internal = zip(*surfaces, strict=True)
    basis = fit_colours(internal)
    return SurfacePoints(
        titles=np.array(titles),
        object=np.repeat(np.arange(len(xyz)), [len(points) for points in xyz]),
        xyz=np.concatenate(xyz),
        rgb=as_bytes(np.concatenate(rgb)[None])[0],
        feature=colours(basis, np.concatenate(internal)),
    )


def _surface(inputs: EvaluationInputs, renderer: FieldRenderer, key: ObjectKey, view: int) -> Surface:
    """Render a grid of rays in cameras spread over the object's views, and keep at most `POINTS` points."""
    source = renderer.encode(inputs.image(key, view))
    numbers = dict.fromkeys(i * inputs.views // CAMERAS for i in range(CAMERAS))
    seen = [
        _seen_from(renderer, source, box_grid(foreground), *inputs.camera(key, number))
        for number in numbers
        if (foreground := inputs.view_labels(key, number).foreground).any()
    ]
    xyz, rgb, internal = (np.concatenate(arrays) for arrays in zip(*seen, strict=True))
    chosen = np.linspace(0, len(xyz) - 1, min(POINTS, len(xyz))).astype(np.int64)
    return xyz[chosen], rgb[chosen], internal[chosen]


def _seen_from(
    renderer: FieldRenderer,
    source: Source,
    pixels: Float32[np.ndarray, "p 2"],
    pose: Float32[np.ndarray, "4 4"],
    intrinsics: Float32[np.ndarray, "4"],
) -> Surface:
    """Return the points where the rays of a camera end, with their colour and their internal feature."""
    every = renderer.render(source, pose, intrinsics, pixels).to(torch.device("cpu"))
    ends = every.weight_sum >= LEAST_OPACITY
    render, opacity = every[ends], every.weight_sum[ends][:, None]
    asked = torch.from_numpy(pixels)[ends]
    rays = pixel_rays(
        asked,
        torch.from_numpy(pose).expand(len(asked), 4, 4),
        torch.from_numpy(intrinsics)[None],
        first_centre(renderer.field.settings.pixel_centres),
    )
    xyz = rays.points(render.depth[:, None] / opacity)[:, 0]
    return xyz.numpy(), (render.rgb / opacity).numpy(), (render.internal / opacity).numpy()


def box_grid(foreground: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "p 2"]:
    """Spread `RAYS_ACROSS` x `RAYS_ACROSS` places (row, column; fractions of pixels) over the box of a foreground."""
    rows, columns = (np.flatnonzero(foreground.any(axis=axis)) for axis in (1, 0))
    down, right = (np.linspace(each[0], each[-1], RAYS_ACROSS, dtype=np.float32) for each in (rows, columns))
    return np.stack(np.meshgrid(down, right, indexing="ij"), axis=-1).reshape(-1, 2)
