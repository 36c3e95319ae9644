"""The rays of one training step, drawn without state: the same seed and step give the same batch."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from pipeline.seeds import seed_of
from pipeline.settings import Train
from train.objects import TrainingObjects
from train.teacher_targets import teacher_at_pixels

LARGE = 2**62  # a draw below this, modulo an image's extent, is even up to 1 part in 10^16


@dataclass(frozen=True)
class RayBatch:
    """The rays of `o` objects with `s` source views each, and what they should render to.

    `source_images` lie over black and are scaled to [-1, 1]; a ray passes the centre of its pixel (row, col) of the
    camera `poses`; `rgb` lies over black in 0..1; `feature` is on the teacher's scale.
    """

    source_images: Float[Tensor, "o s 3 h w"]
    source_poses: Float[Tensor, "o s 4 4"]
    pixels: Int64[Tensor, "o r 2"]
    poses: Float[Tensor, "o r 4 4"]
    rgb: Float[Tensor, "o r 3"]
    feature: Float[Tensor, "o r c"]

    def to(self, device: torch.device) -> RayBatch:
        """The same batch on a device."""
        return RayBatch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


def step_generator(settings: Train, purpose: str, step: int) -> torch.Generator:
    """The generator of a step's draws for one purpose, on the CPU."""
    return torch.Generator().manual_seed(seed_of("train", settings.seed, purpose, step))


def draw_batch(objects: TrainingObjects, settings: Train, step: int, purpose: str = "batch") -> RayBatch:
    """The batch of a step, on the CPU.

    Objects and source views are distinct if there are enough. Rays are spread evenly over the views of their object;
    in the first `bounding_box_steps` steps they hit the box around the view's foreground, then anywhere.
    """
    generator = step_generator(settings, purpose, step)
    chosen = _choose(objects.count, settings.objects_per_step, generator)
    source_views = torch.stack([_choose(objects.views, settings.source_views, generator) for _ in chosen])
    shape = (len(chosen), settings.rays_per_object)
    views = torch.randint(objects.views, shape, generator=generator)
    which = chosen[:, None]
    box = objects.boxes[which, views]
    if step >= settings.bounding_box_steps:
        box = torch.tensor([0, 0, *objects.rgba.shape[2:4]]).expand_as(box)
    draws = torch.randint(LARGE, (*shape, 2), generator=generator)
    pixels = box[..., :2] + draws % (box[..., 2:] - box[..., :2])
    return RayBatch(
        source_images=2 * over_black(objects.rgba[which, source_views]).movedim(-1, 2) - 1,
        source_poses=objects.pose[which, source_views],
        pixels=pixels,
        poses=objects.pose[which, views],
        rgb=over_black(objects.rgba[which, views, pixels[..., 0], pixels[..., 1]]),
        feature=teacher_at_pixels(objects.teacher, chosen, views, pixels, objects.size),
    )


def over_black(rgba: UInt8[Tensor, "*b 4"]) -> Float[Tensor, "*b 3"]:
    """Straight-alpha 8-bit pixels over black, as float32 in 0..1."""
    colour = rgba.float() / 255
    return colour[..., :3] * colour[..., 3:]


def _choose(available: int, wanted: int, generator: torch.Generator) -> Int64[Tensor, " wanted"]:
    if wanted <= available:
        return torch.randperm(available, generator=generator)[:wanted]
    return torch.randint(available, (wanted,), generator=generator)
