"""Training objects in the memory of the device that trains, where batches are gathered too."""

from __future__ import annotations

import torch
from jaxtyping import Float16, Float32, Int32, Int64, UInt8
from torch import Tensor

from train.objects.batches import RayBatch, StepDraws, drawn_pixels
from train.objects.host_objects import source_images
from train.objects.over_black import over_black
from train.objects.packed_object import PackedObject
from train.objects.teacher_targets import cell_taps, mixed
from train.objects.training_objects import TrainingObjects


class DeviceObjects(TrainingObjects):
    """All objects in a few tensors. `cells` holds rows of `tokens`, of which row 0 is zero: the background."""

    def __init__(
        self,
        rgba: UInt8[Tensor, "n v h w 4"],
        pose: Float32[Tensor, "n v 4 4"],
        boxes: Int64[Tensor, "n v 4"],
        cells: Int32[Tensor, "n v g g"],
        tokens: Float16[Tensor, "t c"],
    ) -> None:
        """Take tensors on one device; `DeviceObjects.of` makes them."""
        self.count, self.views, self.size = rgba.shape[0], rgba.shape[1], rgba.shape[3]
        self.teacher_channels = tokens.shape[1]
        self._rgba, self._pose, self._boxes, self._cells, self._tokens = rgba, pose, boxes, cells, tokens

    @staticmethod
    def of(objects: list[PackedObject], device: torch.device) -> DeviceObjects:
        """Copy objects to a device one by one, and remove each from the list: the device holds nothing twice.

        Raises torch.OutOfMemoryError, with the list unchanged, if the device has no room, and ValueError if there are
        more cells than 32 bits can count.
        """
        count, first = len(objects), objects[0]
        rows = 1 + sum(len(packed.tokens) for packed in objects)
        if rows > torch.iinfo(torch.int32).max:
            raise ValueError(f"{rows} cells of teacher maps are more than 32 bits count")

        def room(like: Tensor) -> Tensor:
            return torch.empty((count, *like.shape), dtype=like.dtype, device=device)

        rgba, pose, boxes, cells = room(first.rgba), room(first.pose), room(first.boxes), room(first.cells)
        tokens = torch.empty((rows, first.tokens.shape[1]), dtype=first.tokens.dtype, device=device)
        tokens[0] = 0
        start = 1
        objects.reverse()
        for index in range(count):
            packed = objects.pop()
            rgba[index], pose[index], boxes[index] = packed.rgba, packed.pose, packed.boxes
            cells[index] = torch.where(packed.cells > 0, packed.cells + (start - 1), 0)
            tokens[start : start + len(packed.tokens)] = packed.tokens
            start += len(packed.tokens)
        return DeviceObjects(rgba, pose, boxes, cells, tokens)

    def batch(self, draws: StepDraws) -> RayBatch:
        """Gather the batch that the draws name on the device, asynchronously."""
        device = self._rgba.device
        objects = draws.objects.to(device, non_blocking=True)[:, None]
        source_views = draws.source_views.to(device, non_blocking=True)
        views = draws.views.to(device, non_blocking=True)
        pixels = drawn_pixels(draws, self._boxes[objects, views], self.size)
        taps = cell_taps(pixels, self.size, self._cells.shape[2])
        rows = self._cells[objects[..., None], views[..., None], taps.rows, taps.columns].long()
        return RayBatch(
            source_images=source_images(self._rgba[objects, source_views]),
            source_poses=self._pose[objects, source_views],
            pixels=pixels,
            poses=self._pose[objects, views],
            rgb=over_black(self._rgba[objects, views, pixels[..., 0], pixels[..., 1]]),
            feature=mixed(taps, self._tokens[rows]),
        )
