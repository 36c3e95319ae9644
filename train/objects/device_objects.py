"""Training objects in the memory of the device that trains: a batch never leaves it."""

from __future__ import annotations

import torch
from jaxtyping import Float16, Float32, Int32, Int64, UInt8
from torch import Tensor

from render.over_black import over_black
from train.objects.batches import RayBatch, StepDraws, drawn_pixels
from train.objects.host_objects import source_images
from train.objects.packed_object import PackedObject
from train.objects.teacher_targets import cell_taps, mixed
from train.objects.training_objects import TrainingObjects


class DeviceObjects(TrainingObjects):
    """All objects in a few tensors. `cells` are rows of `tokens`, whose first one is zero: the background."""

    def __init__(
        self,
        rgba: UInt8[Tensor, "n v h w 4"],
        pose: Float32[Tensor, "n v 4 4"],
        intrinsics: Float32[Tensor, "n v 4"],
        boxes: Int64[Tensor, "n v 4"],
        cells: Int32[Tensor, "n v g g"],
        tokens: Float16[Tensor, "t c"],
    ) -> None:
        """Tensors on one device; `DeviceObjects.of` makes them."""
        self.count, self.views, self.size = rgba.shape[0], rgba.shape[1], rgba.shape[3]
        self.teacher_channels = tokens.shape[1]
        self._rgba, self._pose, self._intrinsics = rgba, pose, intrinsics
        self._boxes, self._cells, self._tokens = boxes, cells, tokens

    @staticmethod
    def of(objects: list[PackedObject], device: torch.device) -> DeviceObjects:
        """Objects copied to a device one by one: it never holds anything twice. The list is emptied on the way.

        The host holds the whole list when this begins. Raises torch.OutOfMemoryError, with the list as it was, if the
        device has no room; ValueError if there are more cells than 32 bits count.
        """
        count, first = len(objects), objects[0]
        rows = 1 + sum(len(one.tokens) for one in objects)
        if rows > torch.iinfo(torch.int32).max:
            raise ValueError(f"{rows} cells of teacher maps are more than 32 bits count")

        def room(like: Tensor) -> Tensor:
            return torch.empty((count, *like.shape), dtype=like.dtype, device=device)

        rgba, pose, intrinsics = room(first.rgba), room(first.pose), room(first.intrinsics)
        boxes, cells = room(first.boxes), room(first.cells)
        tokens = torch.empty((rows, first.tokens.shape[1]), dtype=first.tokens.dtype, device=device)
        tokens[0] = 0
        start = 1
        objects.reverse()
        for index in range(count):
            one = objects.pop()
            rgba[index], pose[index], intrinsics[index], boxes[index] = one.rgba, one.pose, one.intrinsics, one.boxes
            shown = one.cells > 0
            cells[index] = torch.where(shown, one.cells + (start - 1), 0)
            tokens[start : start + len(one.tokens)] = one.tokens
            start += len(one.tokens)
        return DeviceObjects(rgba, pose, intrinsics, boxes, cells, tokens)

    def batch(self, draws: StepDraws) -> RayBatch:
        """The batch that the draws name, gathered on the device without waiting for it."""
        device = self._rgba.device
        which = draws.objects.to(device, non_blocking=True)[:, None]
        sources = draws.source_views.to(device, non_blocking=True)
        views = draws.views.to(device, non_blocking=True)
        pixels = drawn_pixels(draws, self._boxes[which, views], self.size)
        taps = cell_taps(pixels + draws.first_centre, self.size, self._cells.shape[2], draws.feature_border)
        rows = self._cells[which[..., None], views[..., None], taps.rows, taps.columns].long()
        return RayBatch(
            source_images=source_images(self._rgba[which, sources]),
            source_poses=self._pose[which, sources],
            source_intrinsics=self._intrinsics[which, sources],
            pixels=pixels,
            poses=self._pose[which, views],
            intrinsics=self._intrinsics[which, views],
            rgb=over_black(self._rgba[which, views, pixels[..., 0], pixels[..., 1]]),
            feature=mixed(taps, self._tokens[rows]),
        )
