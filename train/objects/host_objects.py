"""Training objects in this machine's memory: all of them, or as many as fit."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np
import torch
from jaxtyping import Float16, Float32, Int64, UInt8
from torch import Tensor

from train.objects.batches import RayBatch, StepDraws, drawn_pixels
from train.objects.over_black import over_black
from train.objects.packed_object import PackedObject, pack_object
from train.objects.teacher_targets import cell_taps, mixed
from train.objects.training_objects import TrainingObjects

Load = Callable[[int], PackedObject]


class HostObjects(TrainingObjects):
    """Objects in memory on the CPU, loaded when a batch first needs them.

    Above `limit_bytes` the least recently used objects are dropped, and loaded again when they are needed: this is
    the streaming residency. The objects of a batch stay in memory until it is gathered, whatever the limit.
    """

    def __init__(self, load: Load, count: int, limit_bytes: int | None = None) -> None:
        """Load the first object. `load` returns an object by its index; threads may call it for different ones."""
        self.count = count
        self._load, self._limit = load, limit_bytes
        self._lock = threading.Lock()
        self._loaded: OrderedDict[int, PackedObject] = OrderedDict()
        self._loading: dict[int, Future[PackedObject]] = {}
        self.bytes = 0
        self.loads = 0
        if count:
            first = self.object(0)
            self.views, self.size = first.rgba.shape[0], first.rgba.shape[2]
            self.teacher_channels = first.tokens.shape[1]
        else:
            self.views = self.size = self.teacher_channels = 0

    @staticmethod
    def of_arrays(
        rgba: UInt8[np.ndarray, "n v h w 4"],
        pose: Float32[np.ndarray, "n v 4 4"],
        feature: Float16[np.ndarray, "n v g g c"],
    ) -> HostObjects:
        """Make objects from arrays as the stores hold them."""
        return HostObjects(lambda index: pack_object(rgba[index], pose[index], feature[index]), len(rgba))

    def object(self, index: int) -> PackedObject:
        """Return an object; load it if it is not in memory. Raises what loading raises."""
        with self._lock:
            if index in self._loaded:
                self._loaded.move_to_end(index)
                return self._loaded[index]
            is_new = index not in self._loading
            future = self._loading.setdefault(index, Future())
        if is_new:
            self._fill(index, future)
        return future.result()

    def batch(self, draws: StepDraws) -> RayBatch:
        """Gather the batch that the draws name on the CPU."""
        objects = [self.object(index) for index in draws.objects.tolist()]
        boxes = torch.stack([packed.boxes[views] for packed, views in zip(objects, draws.views, strict=True)])
        pixels = drawn_pixels(draws, boxes, self.size)
        taps = cell_taps(pixels, self.size, objects[0].cells.shape[1])
        images, source_poses, poses, colours, tokens = [], [], [], [], []
        for packed, source_views, views, pixel, rows, columns in zip(
            objects, draws.source_views, draws.views, pixels, taps.rows, taps.columns, strict=True
        ):
            images.append(packed.rgba[source_views])
            source_poses.append(packed.pose[source_views])
            poses.append(packed.pose[views])
            colours.append(packed.rgba[views, pixel[:, 0], pixel[:, 1]])
            tokens.append(_tokens(packed, packed.cells[views[:, None], rows, columns].long()))
        return RayBatch(
            source_images=source_images(torch.stack(images)),
            source_poses=torch.stack(source_poses),
            pixels=pixels,
            poses=torch.stack(poses),
            rgb=over_black(torch.stack(colours)),
            feature=mixed(taps, torch.stack(tokens)),
        )

    def _fill(self, index: int, future: Future[PackedObject]) -> None:
        """Load an object, drop others if memory is short, and give the result or the error to who waits for it."""
        try:
            loaded = self._load(index)
        except BaseException as error:
            with self._lock:
                del self._loading[index]
            future.set_exception(error)
            return
        with self._lock:
            self.loads += 1
            self._loaded[index] = loaded
            self.bytes += loaded.bytes
            del self._loading[index]
            while self._limit is not None and self.bytes > self._limit and len(self._loaded) > 1:
                _, least_recent = self._loaded.popitem(last=False)
                self.bytes -= least_recent.bytes
        future.set_result(loaded)


def source_images(rgba: UInt8[Tensor, "o s h w 4"]) -> Float32[Tensor, "o s 3 h w"]:
    """Prepare source images for the encoder: over black, scaled to [-1, 1]."""
    return (2 * over_black(rgba) - 1).movedim(-1, 2).contiguous()


def _tokens(packed: PackedObject, cells: Int64[Tensor, "r 4"]) -> Float16[Tensor, "r 4 c"]:
    """Look up cells, numbered as in `PackedObject.cells`: zero where the number is 0."""
    if not len(packed.tokens):
        return packed.tokens.new_zeros((*cells.shape, packed.tokens.shape[1]))
    tokens = packed.tokens[(cells - 1).clamp_min(0)]
    return torch.where(cells[..., None] > 0, tokens, torch.zeros((), dtype=tokens.dtype))
