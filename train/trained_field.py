"""The trained model as evaluation uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from pipeline.config.settings import Camera, Train
from render.over_black import over_black
from train.network.model import FeatureField
from train.network.source import Source, joined
from train.rays import pixel_rays, project, rotate_to_camera
from train.rendering.rendered_rays import RenderedRays
from train.rendering.renderer import NOTHING_MORE, Outputs, render_rays
from train.rendering.shared_batches import shared_batches
from train.rendering.volume import Sampling, fixed_draws
from train.transfers import uploaded


@dataclass(frozen=True)
class FieldPoints:
    """The field at points.

    `internal` is the descriptor (not normalised), `feature` the distilled answer on the teacher's scale. `density` is
    at least 0, per world unit; `rgb` lies in 0..1. `coordinate` is the coordinate head's guess of the world position.
    """

    internal: Float[Tensor, "n width"]
    feature: Float[Tensor, "n c"]
    density: Float[Tensor, " n"]
    rgb: Float[Tensor, "n 3"]
    coordinate: Float[Tensor, "n 3"]


@dataclass(frozen=True)
class TrainedField:
    """A model in evaluation mode: the same question gives the same answer, and nothing changes by asking.

    `framing` is the share of the image's side that the longer side of an object fills in the training views, as their
    mean; None for a model that does not record it. `digest` names the files that the model was loaded from.
    """

    model: FeatureField
    settings: Train
    camera: Camera
    framing: float | None = None
    digest: str = ""

    @property
    def device(self) -> torch.device:
        """The device that the model lies on."""
        return self.model.network.entry.weight.device

    @torch.no_grad()
    def encode(
        self,
        images: UInt8[Tensor, "s h w 4"] | Float[Tensor, "s h w 3"],
        poses: Float[Tensor, "s 4 4"],
        intrinsics: Float[Tensor, "s 4"],
    ) -> Source:
        """The encoded source views of one object: 8-bit RGBA with straight alpha, or rgb over black in 0..1.

        `poses` are camera-to-world with OpenGL axes, `intrinsics` (fx, fy, cx, cy) in continuous pixels.
        """
        rgb = over_black(images) if images.dtype == torch.uint8 else images
        scaled = 2 * rgb.movedim(-1, -3) - 1
        return self.model.encode(*(of_views[None].to(self.device) for of_views in (scaled, poses, intrinsics)))

    @torch.no_grad()
    def encode_each(
        self, images: Float[Tensor, "o h w 3"], poses: Float[Tensor, "o 4 4"], intrinsics: Float[Tensor, "o 4"]
    ) -> list[Source]:
        """One view each of `o` objects, encoded together: a GPU takes as long for many as for one."""
        given = (uploaded(of_objects, self.device)[:, None] for of_objects in (images, poses, intrinsics))
        rgb, *cameras = given
        encoded = self.model.encode(2 * rgb.movedim(-1, -3) - 1, *cameras)
        return [encoded.of_object(index) for index in range(len(images))]

    @torch.no_grad()
    def render_pixels(
        self,
        source: Source,
        pose: Float[Tensor, "4 4"],
        intrinsics: Float[Tensor, "4"],
        pixels: Int[Tensor, "n 2"] | Float[Tensor, "n 2"],
        rays_per_batch: int,
    ) -> RenderedRays:
        """Pixels (row, col) of the image that a camera would take, `rays_per_batch` at a time.

        They may be fractions (`pixel_rays`).

        In the camera of the only source view the image's features are read once for each ray.
        """
        poses, intrinsics = pose[None].to(self.device), intrinsics[None].to(self.device)
        from_source = source.poses.shape[1] == 1 and _is_own(source, poses, intrinsics)
        return self._rendered_in_parts(source, poses, intrinsics, pixels, from_source, rays_per_batch)

    @torch.no_grad()
    def render_each(
        self,
        sources: Sequence[Source],
        poses: Float[Tensor, "o 4 4"],
        intrinsics: Float[Tensor, "o 4"],
        pixels: Sequence[Int[Tensor, "_ 2"]],
        own: Sequence[bool],
        rays_per_batch: int,
    ) -> list[RenderedRays]:
        """The pixels of each of `o` cameras, at least one, of the object in each source; all have as many source views.

        Cameras and pixels lie in this machine's memory; a GPU need not have answered when this returns. `own` tells the
        cameras that are those of the only view of their source. Small requests share a batch. Up to rounding the
        answers are those of `render_pixels`.
        """
        if any(own) and sources[0].poses.shape[1] > 1:
            raise ValueError("no camera is that of several source views")
        answers: dict[int, RenderedRays] = {}
        for from_source in (True, False):
            numbers = [number for number in range(len(sources)) if own[number] is from_source]
            for batch in shared_batches([len(pixels[number]) for number in numbers], rays_per_batch):
                together = [numbers[index] for index in batch]
                cameras = uploaded(poses[together], self.device), uploaded(intrinsics[together], self.device)
                if len(together) == 1:
                    (number,) = together
                    request = sources[number], *cameras, pixels[number]
                    answers[number] = self._rendered_in_parts(*request, from_source, rays_per_batch)
                    continue
                # Shorter requests are filled up with the pixel (0, 0), which nobody reads.
                filled = pad_sequence([pixels[number] for number in together], batch_first=True)
                source = joined([sources[number] for number in together])
                rendered = self._rendered(source, *cameras, uploaded(filled, self.device), from_source)
                for row, number in enumerate(together):
                    answers[number] = rendered[row, : len(pixels[number])]
        return [answers[number] for number in range(len(sources))]

    def _rendered_in_parts(
        self,
        source: Source,
        poses: Float[Tensor, "1 4 4"],
        intrinsics: Float[Tensor, "1 4"],
        pixels: Int[Tensor, "n 2"] | Float[Tensor, "n 2"],
        from_source: bool,
        rays_per_batch: int,
    ) -> RenderedRays:
        """The pixels of one camera, `rays_per_batch` at a time."""
        batches = torch.split(uploaded(pixels, self.device), rays_per_batch)
        parts = [self._rendered(source, poses, intrinsics, batch[None], from_source)[0] for batch in batches]
        return RenderedRays.joined(parts)

    def _rendered(
        self,
        source: Source,
        poses: Float[Tensor, "o 4 4"],
        intrinsics: Float[Tensor, "o 4"],
        pixels: Int[Tensor, "o n 2"] | Float[Tensor, "o n 2"],
        from_source: bool,
    ) -> RenderedRays:
        """With the fine weights, as one batch."""
        sampling, rays = Sampling.of(self.settings, self.camera), pixels.shape[:2]
        of_pixels = pixel_rays(pixels, poses[:, None].expand(*rays, 4, 4), intrinsics[:, None], source.first_centre)
        draws = fixed_draws(sampling, rays, self.device)
        network, outputs = self.model.network, Outputs()
        return render_rays(network, source, of_pixels, sampling, draws, outputs, NOTHING_MORE, from_source).fine

    @torch.no_grad()
    def query_points(
        self,
        source: Source,
        points: Float[Tensor, "n 3"],
        pose: Float[Tensor, "4 4"],
        intrinsics: Float[Tensor, "4"],
        points_per_batch: int,
    ) -> FieldPoints:
        """The field at world points, each seen along the ray of the pixel of the camera that it projects to.

        That pixel's indices are truncated and clamped to the image (paper, section Evaluation).
        """
        pose, intrinsics = pose.to(self.device), intrinsics.to(self.device)
        samples = []
        for batch in torch.split(points.to(self.device), points_per_batch):
            in_camera = rotate_to_camera(batch - pose[:3, 3], pose)
            pixels = project(in_camera, intrinsics).long().clamp(0, self.camera.size - 1).flip(-1)
            rays = pixel_rays(pixels, pose.expand(len(batch), 4, 4), intrinsics, source.first_centre)
            samples.append(self.model.network.query(source, batch[None, :, None], rays.direction[None]))
        internal = torch.cat([part.internal[0, :, 0] for part in samples]).to(points.dtype)
        activation = torch.cat([part.activation[0, :, 0] for part in samples]).to(points.dtype)
        return FieldPoints(
            internal=internal,
            feature=self.model.network.feature(activation),
            density=torch.cat([part.density[0, :, 0] for part in samples]),
            rgb=torch.cat([part.rgb[0, :, 0] for part in samples]),
            coordinate=self.model.network.coordinate(activation),
        )


def _is_own(source: Source, poses: Float[Tensor, "o 4 4"], intrinsics: Float[Tensor, "o 4"]) -> bool:
    """Tell whether cameras are those of the first view of a source."""
    return torch.equal(source.poses[:, 0], poses) and torch.equal(source.intrinsics[:, 0], intrinsics)
