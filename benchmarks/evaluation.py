"""`python -m benchmarks.evaluation FOLDER [--params PROFILE] [--pairs N] [--no-naive]`: pairs a second.

Keypoints and parts of cross-instance pairs of made-up planes by the internal feature, with a field of the profile's
sizes and random weights: speed does not depend on them. The fast way is the evaluator's. The naive one does what the
method says and no more: for each pair it encodes both images, renders all their pixels with every head at every sample
of both passes (the oracle of the tests), and matches what is labelled; its results must be the fast way's. What the
stores hold is read before. The objects are made in FOLDER where they are not there.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import torch
import yaml
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from benchmarks.train_step import products_rate
from eval.descriptors.descriptors import FieldDescriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.descriptors.field_renderer import FieldRenderer, all_pixels
from eval.evaluation_inputs import ends_of
from eval.transfer.evaluate import evaluate_transfer, matched_places, measure
from eval.transfer.field_transfer import Planned, PlannedTransfer, matched_turns, pixels_of_turn, turns
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import TransferResult
from eval.transfer.view_transfer import plan_views
from eval.views import PosedImage, ViewLabels
from pipeline.artifacts.project import Project
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, parse_settings
from pipeline.datasets.records import ObjectKey
from pipeline.executors.devices import device_named
from pipeline.seeds import generator_of
from pipeline.stages.label import label_category
from pipeline.stages.manifest import make_manifest
from pipeline.stages.render import render_category
from pipeline.stages.synthesize import synthesize_category
from render.over_black import over_black
from tests.train.reference_field import Field, inverse_of_cdf, rays_through_pixels, render, stratified_depths
from train.network.model import new_model
from train.rendering.volume import Sampling, fixed_draws
from train.trained_field import TrainedField

Result = TypeVar("Result")

CATEGORY = "plane"
TASK: Literal["2d-cross-instance"] = "2d-cross-instance"
CHANNELS = 384
PAIRS_AT_ONCE = 16
SAME = 1e-3  # of a metric: a pixel whose two best matches are level within rounding may find the other one


@dataclass(frozen=True)
class Views:
    """All views and labels, in memory."""

    images: dict[tuple[ObjectKey, int], PosedImage]
    labels: dict[tuple[ObjectKey, int], ViewLabels]

    def image(self, key: ObjectKey, view: int) -> PosedImage:
        """Return a view over black."""
        return self.images[key, view]


def main() -> None:
    """Time both ways on the same pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--params", default="defaults", help="the profile whose network and samples are taken")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--objects", type=int, default=12)
    parser.add_argument("--rays", type=int, help="evaluate.rays_per_batch; without, the profile's")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-naive", action="store_true", help="the fast way alone")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(arguments.folder)
    settings = made_up(arguments.objects, arguments.workers)
    started = time.perf_counter()
    views = views_of(settings)
    print(f"read {len(views.images)} views and their labels: {time.perf_counter() - started:.2f} s")
    profile = parse_settings(yaml.safe_load(profile_text(arguments.params)), arguments.params)
    train = profile.train.model_copy(update={"encoder_weights": None})
    device = device_named("auto")
    field = TrainedField(new_model(train, CHANNELS).to(device).eval(), train, settings.camera)
    pairs = drawn_pairs(views, arguments.pairs)
    # Each view once, as the evaluator renders them.
    ends = {end for pair in pairs for end in ends_of(pair)}
    pixels = [int((views.labels[end].part > 0).sum()) for end in ends]
    hardware = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(
        f"{arguments.params}'s network in {train.precision} on {hardware}, torch {torch.__version__}: {len(pairs)} "
        f"pairs of {len(ends)} views, {np.mean(pixels):.0f} labelled pixels a view"
    )
    thresholds = settings.evaluate.pck_pixels
    renderer = FieldRenderer(field, arguments.rays or profile.evaluate.rays_per_batch)
    fast_of(renderer, views, pairs[:PAIRS_AT_ONCE], thresholds)  # libraries choose their kernels
    fast, fast_seconds = timed(lambda: fast_of(renderer, views, pairs, thresholds), device)
    floor = flops_of(field, sum(pixels)) / products_rate(train.precision, device)
    print(
        f"fast:  {fast_seconds:8.2f} s, {len(pairs) / fast_seconds:8.2f} pairs/s, "
        f"{floor / fast_seconds:.0%} of the products' floor"
    )
    if arguments.no_naive:
        return
    naive, naive_seconds = timed(lambda: naive_of(field, views, pairs, thresholds), device)
    print(f"naive: {naive_seconds:8.2f} s, {len(pairs) / naive_seconds:8.2f} pairs/s")
    print(f"ratio: {naive_seconds / fast_seconds:.1f}; largest difference of a metric {apart(fast, naive):.1e}")


def made_up(objects: int, workers: int) -> Settings:
    """Make the demo's settings with `objects` objects, and run its stages up to the labels."""
    settings = parse_settings(yaml.safe_load(profile_text("defaults")), "defaults")
    machine = settings.machine.model_copy(update={"workers": workers})
    synthesize = settings.synthesize.model_copy(update={"objects": objects})
    settings = settings.model_copy(update={"machine": machine, "synthesize": synthesize})
    synthesize_category(settings, CATEGORY, overwrite=False)
    make_manifest(settings, CATEGORY)
    render_category(settings, CATEGORY)
    label_category(settings, CATEGORY)
    return settings


def views_of(settings: Settings) -> Views:
    """Read the stores."""
    project = Project(settings)
    rendered, labels = project.views(CATEGORY), project.labels(project.manifest(CATEGORY))
    images, of_view = {}, {}
    for key in labels.rows:
        rgba, pose, intrinsics, depth = (rendered.read(n, key) for n in ("rgba", "pose", "intrinsics", "depth"))
        uv, visible, part = (labels.read(n, key) for n in ("keypoint_uv", "keypoint_visible", "part"))
        for view in range(len(rgba)):
            images[key, view] = PosedImage(over_black(rgba[view]), pose[view], intrinsics[view])
            of_view[key, view] = ViewLabels(uv[view], visible[view], part[view], depth[view] > 0)
    return Views(images, of_view)


def drawn_pairs(views: Views, count: int) -> list[Pair]:
    """Draw pairs of two different objects and a view, in the evaluator's order."""
    keys = sorted({key for key, _ in views.images})
    of_object = len(views.images) // len(keys)
    rng = generator_of("benchmark", "pairs", 0)
    pairs = []
    for _ in range(count):
        source, target = rng.choice(len(keys), size=2, replace=False)
        pairs.append(Pair.cross_instance(keys[source], keys[target], int(rng.integers(of_object))))
    return sorted(pairs, key=lambda pair: (pair.source_view, str(pair.source), str(pair.target)))


def fast_of(
    renderer: FieldRenderer, views: Views, pairs: Sequence[Pair], thresholds: Sequence[float]
) -> list[TransferResult]:
    """Evaluate the pairs as the evaluate stage does."""
    answers = FieldAnswers(renderer, views.image)
    descriptor = FieldDescriptor("internal", answers)

    def planned() -> Iterator[list[Planned]]:
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            group = pairs[start : start + PAIRS_AT_ONCE]
            answers.encode(end for pair in group for end in ends_of(pair))
            plans = [plan_views(*(views.labels[end] for end in ends_of(pair))) for pair in group]
            of_pairs = [[PlannedTransfer(TASK, *of_pair)] for of_pair in zip(group, plans, strict=True)]
            yield from turns(of_pairs, pixels_of_turn(answers))

    return [
        measure(TASK, descriptor.name, one.pair, one.plan, matched_places(one.plan, matches), thresholds)
        for turn in matched_turns(planned(), answers, [descriptor])
        for ((one, (matches,)),) in turn
    ]


@dataclass(frozen=True)
class NaiveDescriptor:
    """The internal feature as the method states it, without sharing or caching."""

    field: TrainedField
    views: Views
    name: str = "internal"

    @torch.no_grad()
    def at_pixels(
        self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]
    ) -> Float[Tensor, "n width"]:
        """Render the whole image, and take the pixels from it."""
        model, camera, device = self.field.model, self.field.camera, self.field.device
        image, target = self.views.images[key, seen], self.views.images[key, view]
        pose, intrinsics = (torch.from_numpy(of_view).to(device) for of_view in (target.pose, target.intrinsics))
        source = self.field.encode(*(torch.from_numpy(a)[None] for a in (image.rgb, image.pose, image.intrinsics)))
        field = Field(
            model.network, source.features.float(), source.poses, source.intrinsics, camera, library_interpolation
        )
        sampling = Sampling.of(self.field.settings, camera)
        rendered = []
        for some in torch.from_numpy(all_pixels(camera.size, camera.size)).to(device).split(512):
            rays = rays_through_pixels(some[None], pose.expand(1, len(some), 4, 4), intrinsics.expand(1, len(some), 4))
            draws = fixed_draws(sampling, (1, len(some)), device)
            depths = stratified_depths(draws.coarse, camera.near, camera.far)
            coarse = render(field, *rays, depths)
            important = inverse_of_cdf(coarse.weights + 1e-5, draws.importance, camera.near, camera.far)
            guided = (coarse.depth[..., None] + sampling.depth_std * draws.guided).clamp(camera.near, camera.far)
            fine = render(field, *rays, torch.cat([depths, important, guided], dim=-1).sort(dim=-1).values)
            rendered.append((fine.weights[..., None] * fine.internal).sum(dim=-2)[0])
        return torch.cat(rendered)[torch.from_numpy(pixels[:, 0] * camera.size + pixels[:, 1]).to(device)]


def library_interpolation(maps: Float[Tensor, "o c h w"], uv: Float[Tensor, "o n 2"]) -> Float[Tensor, "o n c"]:
    """Interpolate bilinearly, with the border's values outside."""
    grid = 2 * uv[:, :, None] - 1
    sampled = F.grid_sample(maps, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return sampled[..., 0].mT


def naive_of(
    field: TrainedField, views: Views, pairs: Sequence[Pair], thresholds: Sequence[float]
) -> list[TransferResult]:
    """Evaluate the pairs one by one."""
    descriptor = NaiveDescriptor(field, views)
    results = []
    for pair in pairs:
        plan = plan_views(*(views.labels[end] for end in ends_of(pair)))
        results.append(evaluate_transfer(TASK, pair, plan, descriptor, thresholds))
    return results


def apart(some: Sequence[TransferResult], others: Sequence[TransferResult]) -> float:
    """Return the largest difference of the mean PCK at any threshold and of the mean IoU."""

    def means(results: Sequence[TransferResult]) -> Float[np.ndarray, " m"]:
        pck = np.mean([result.pck for result in results if result.pck is not None], axis=0)
        return np.append(pck, np.mean([result.iou for result in results if result.iou is not None]))

    difference = float(np.abs(means(some) - means(others)).max())
    assert difference < SAME, f"the two ways differ by {difference}"
    return difference


def flops_of(field: TrainedField, pixels: int) -> float:
    """Count the operations of the trunk's products at every sample of `pixels` rays, and pixel features once a ray."""
    network, train = field.model.network, field.settings
    of_ray = sum(layer.weight.numel() for layer in network.injections)
    heads = sum(layer.weight.numel() for layer in (network.feature, network.coordinate))
    of_sample = sum(p.numel() for p in network.parameters() if p.ndim == 2) - heads - of_ray
    samples = train.coarse_samples + train.importance_samples + train.depth_samples
    return 2.0 * pixels * (of_sample * samples + of_ray)


def timed(work: Callable[[], Result], device: torch.device) -> tuple[Result, float]:
    """Run work. Returns its result and its seconds."""
    started = time.perf_counter()
    result = work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return result, time.perf_counter() - started


if __name__ == "__main__":
    main()
