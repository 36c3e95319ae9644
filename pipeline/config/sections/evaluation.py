"""Sections `evaluate` and `report`."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from pipeline.config.setting_types import Above0, LpipsNetwork, Positive, Section, ascending

KeypointPixels: TypeAlias = Literal["continuous", "index"]
UnlabelledPoints: TypeAlias = Literal["leave-out", "compete"]
Thresholds = Annotated[tuple[Above0, ...], Field(min_length=1), AfterValidator(ascending)]


class Evaluate(Section):
    """Measures to take, and the pairs and views to take them on. Pixels are those of the rendered image.

    Maps of `other_teachers` must be cached: list those teachers under `teachers`, or run `pipeline fit-projection` and
    `pipeline cache-teachers` with `--teacher NAME`.

    LPIPS takes its weights from torch's own cache and needs `pip install -e ".[lpips]"`.

    With about 512 rays at once the activations stay in a CPU's cache. A GPU wants thousands, as its memory allows.
    """

    pairs: Positive = 16
    """At most this many of the manifest's pairs of each kind, the first ones."""
    other_camera: Positive = 17
    """In `2d-other-camera` the target's view has this number more than the source's; no multiple of `camera.views`."""
    pck_pixels: Thresholds = (2.5, 5, 7.5, 10)
    """Thresholds of keypoint transfer in 2D, in pixels."""
    pck_edges: Thresholds = (0.025, 0.05, 0.075, 0.1)
    """Thresholds of keypoint transfer in 3D, in the unit `pck_unit`."""
    pck_unit: Literal["longest-edge", "world"] = "longest-edge"
    """Unit of `pck_edges`: an object's longest edge, or the world's unit as released; reports are in longest edges."""
    keypoint_pixels: KeypointPixels = "continuous"
    """Keypoints lie where they project to (`continuous`), or at the `index` of their pixel as in the released code."""
    unlabelled_points: UnlabelledPoints = "leave-out"
    """Points of label 0 in 3D: left out, or they `compete` as queries and candidates, as in the released code."""
    other_teachers: tuple[str, ...] = ()
    """Teachers whose maps are baselines too, beside the field's own teacher."""
    synthesis_views: Positive = 4
    """Views rendered of each test object."""
    lpips: LpipsNetwork | None = None
    """null, or `alex` or `vgg`: the network with which LPIPS of rendered views is measured."""
    rays_per_batch: Positive = 512
    """Rays rendered at once, in training at most 4096. The paper's network takes 5 GiB for 16384 in bf16."""


class Report(Section):
    """Views and transfers that the report shows."""

    views: Positive = 8
    """Views shown."""
    transfers: Positive = 2
    """Transfers shown in each of best, worst and spread pairs."""
