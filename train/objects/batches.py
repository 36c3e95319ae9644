"""The rays of one training step: draws, batch and step input. The same seed and step give the same batch.

A step is always drawn on the CPU. `TrainingObjects.batch` then gathers what the draws name, wherever the objects lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from pipeline.config.sections.training import FeatureBorder
from pipeline.config.settings import Camera, Train
from pipeline.seeds import seed_of
from train.map_tensors import map_tensors
from train.objects.held_out_views import split_views
from train.pixel_centres import HALF, first_centre
from train.rendering.volume import SampleDraws, Sampling, random_draws

LARGE = 2**62  # a draw below this, modulo an image's extent, is even up to 1 part in 10^16


@dataclass(frozen=True)
class StepDraws:
    """The random draws of one step: `o` objects with `s` source views and `r` rays each, all on the CPU.

    `objects` are indices into the training objects. `pixels` are draws in [0, 2^62) for row and column: modulo the
    extent of the box that the ray is drawn from, they are the pixel. `in_box`: that box is the view's foreground, else
    the whole image. `samples` places the samples of each ray. `first_centre` and `feature_border` say where a pixel
    stands in the teacher's map (`train.pixel_centres`), and what lies beyond the map's outermost cells.
    """

    objects: Int64[Tensor, " o"]
    source_views: Int64[Tensor, "o s"]
    views: Int64[Tensor, "o r"]
    pixels: Int64[Tensor, "o r 2"]
    in_box: bool
    samples: SampleDraws
    first_centre: float = HALF
    feature_border: FeatureBorder = "edge"

    def pinned(self) -> StepDraws:
        """Copy the draws to pinned memory, from which a GPU copies asynchronously."""
        return map_tensors(self, Tensor.pin_memory)

    def part(self, index: int, parts: int) -> StepDraws:
        """Select the `index`-th of `parts` equal shares of the objects. Raises ValueError if they are uneven."""
        if len(self.objects) % parts:
            raise ValueError(f"{len(self.objects)} objects cannot be shared by {parts}")
        share = len(self.objects) // parts
        return map_tensors(self, lambda tensor: tensor[index * share : (index + 1) * share])


@dataclass(frozen=True)
class RayBatch:
    """The rays of `o` objects with `s` source views each, and the colours and features they should render to.

    `source_images` lie over black and are scaled to [-1, 1]; a ray passes the centre of its pixel (row, col) of the
    camera with `poses` and `intrinsics`; `rgb` lies over black in 0..1; `feature` is on the teacher's scale.
    """

    source_images: Float[Tensor, "o s 3 h w"]
    source_poses: Float[Tensor, "o s 4 4"]
    source_intrinsics: Float[Tensor, "o s 4"]
    pixels: Int64[Tensor, "o r 2"]
    poses: Float[Tensor, "o r 4 4"]
    intrinsics: Float[Tensor, "o r 4"]
    rgb: Float[Tensor, "o r 3"]
    feature: Float[Tensor, "o r c"]

    def to(self, device: torch.device) -> RayBatch:
        """Copy the batch to a device, asynchronously from pinned memory."""
        return map_tensors(self, lambda tensor: tensor.to(device, non_blocking=True))


@dataclass(frozen=True)
class StepInput:
    """A step, counted from 0, with its batch and sample draws on the device."""

    step: int
    batch: RayBatch
    samples: SampleDraws


def step_generator(settings: Train, purpose: str, step: int) -> torch.Generator:
    """Seed the CPU generator of a step's draws for one purpose."""
    return torch.Generator().manual_seed(seed_of("train", settings.seed, purpose, step))


def draw_step(count: int, views: int, settings: Train, camera: Camera, step: int, purpose: str = "batch") -> StepDraws:
    """Draw a step, counted from 0, among `count` objects with `views` views each.

    Objects and source views are distinct if there are enough. All objects have as many source views: `source_views`, or
    one of its numbers that is drawn for the step. With `draws: epochs` every object is drawn once in each epoch, and
    the last step of an epoch is filled up with the epoch's first objects.

    Rays are spread evenly over the views of their object; in the first `bounding_box_steps` steps they hit the box
    around the view's foreground, then anywhere. Views that are held out from training are never drawn.
    """
    generator = step_generator(settings, purpose, step)
    drawn = torch.tensor(split_views(views, settings.held_out_views).training)
    if settings.draws == "epochs":
        objects = _epoch_objects(count, settings, step)
    else:
        objects = _choose(count, settings.objects_per_step, generator)
    sources = _source_view_count(settings, step, purpose)
    source_views = torch.stack([_choose(len(drawn), sources, generator) for _ in objects])
    shape = (len(objects), settings.rays_per_object)
    return StepDraws(
        objects=objects,
        source_views=drawn[source_views],
        views=drawn[torch.randint(len(drawn), shape, generator=generator)],
        pixels=torch.randint(LARGE, (*shape, 2), generator=generator),
        in_box=step < settings.bounding_box_steps,
        samples=random_draws(Sampling.of(settings, camera), shape, step_generator(settings, "samples", step)),
        first_centre=first_centre(settings.pixel_centres),
        feature_border=settings.feature_border,
    )


def drawn_pixels(draws: StepDraws, boxes: Int64[Tensor, "o r 4"], size: int) -> Int64[Tensor, "o r 2"]:
    """Turn the draws into pixels (row, col), on the device of `boxes`.

    A box is top, left, bottom, right of the foreground in the ray's view.
    """
    drawn = draws.pixels.to(boxes.device, non_blocking=True)
    if not draws.in_box:
        return drawn % size
    return boxes[..., :2] + drawn % (boxes[..., 2:] - boxes[..., :2])


def _source_view_count(settings: Train, step: int, purpose: str) -> int:
    counts = settings.source_view_counts
    # A generator of its own: the step's other draws do not depend on how many numbers there are.
    generator = step_generator(settings, f"{purpose}: source views", step)
    return counts[int(torch.randint(len(counts), (), generator=generator))]


def _epoch_objects(count: int, settings: Train, step: int) -> Int64[Tensor, " o"]:
    """Choose a step's objects: its part of an order that is drawn for each epoch."""
    epoch, number = divmod(step, settings.steps_per_epoch(count))
    order = torch.randperm(count, generator=step_generator(settings, "epoch", epoch))
    first = number * settings.objects_per_step
    return order[torch.arange(first, first + settings.objects_per_step) % count]


def _choose(available: int, wanted: int, generator: torch.Generator) -> Int64[Tensor, " wanted"]:
    if wanted <= available:
        return torch.randperm(available, generator=generator)[:wanted]
    return torch.randint(available, (wanted,), generator=generator)
