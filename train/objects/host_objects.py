"""Training objects in this machine's memory: all of them, or as many as there is room for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np
import torch
from jaxtyping import Float16, Float32, Int64, UInt8
from torch import Tensor

from render.over_black import over_black
from train.objects.batches import RayBatch, StepDraws, drawn_pixels
from train.objects.packed_object import PackedObject, pack_object
from train.objects.recently_used import RecentlyUsed
from train.objects.teacher_targets import cell_taps, mixed
from train.objects.training_objects import TrainingObjects

Load = Callable[[int], PackedObject]


class HostObjects(TrainingObjects):
    """Objects in memory on the CPU, loaded when a batch first needs them.

    Beyond `limit_bytes` the object that was used longest ago makes room, and is loaded again when it is needed: the
    streaming residency. Objects of a batch at hand stay until it is gathered, whatever the limit.
    """

    def __init__(self, load: Load, count: int, limit_bytes: int | None = None) -> None:
        """`load` gives an object by its index; it may be called by several threads, for different objects."""
        self.count = count
        self.stay = limit_bytes is None
        self._load = load
        self._lock = threading.Lock()
        self._packed: RecentlyUsed[int, PackedObject] = RecentlyUsed(limit_bytes, lambda packed: packed.bytes)
        self._coming: dict[int, Future[PackedObject]] = {}
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
        intrinsics: Float32[np.ndarray, "n v 4"],
        feature: Float16[np.ndarray, "n v g g c"],
    ) -> HostObjects:
        """Objects from arrays as the stores hold them."""
        arrays = (rgba, pose, intrinsics, feature)
        return HostObjects(lambda index: pack_object(*(array[index] for array in arrays)), len(rgba))

    @property
    def bytes(self) -> int:
        """The memory that loaded objects take."""
        return self._packed.size

    def object(self, index: int) -> PackedObject:
        """An object, loaded if it is not there. Raises what loading raises."""
        with self._lock:
            packed = self._packed.get(index)
            if packed is not None:
                return packed
            coming = self._coming.get(index)
            mine = coming is None
            if coming is None:
                coming = self._coming[index] = Future()
        if mine:
            self._bring(index, coming)
        return coming.result()

    def batch(self, draws: StepDraws) -> RayBatch:
        """The batch that the draws name, on the CPU."""
        objects = [self.object(index) for index in draws.objects.tolist()]
        boxes = torch.stack([one.boxes[views] for one, views in zip(objects, draws.views, strict=True)])
        pixels = drawn_pixels(draws, boxes, self.size)
        taps = cell_taps(pixels + draws.first_centre, self.size, objects[0].cells.shape[1], draws.feature_border)
        tokens, colours = [], []
        for one, views, pixel, rows, columns in zip(objects, draws.views, pixels, taps.rows, taps.columns, strict=True):
            colours.append(one.rgba[views, pixel[:, 0], pixel[:, 1]])
            which = one.cells[views[:, None], rows, columns].long()
            found = one.tokens[(which - 1).clamp_min(0)] if len(one.tokens) else _no_tokens(which, one.tokens)
            tokens.append(torch.where(which[..., None] > 0, found, torch.zeros((), dtype=found.dtype)))
        images = torch.stack([one.rgba[views] for one, views in zip(objects, draws.source_views, strict=True)])
        cameras = list(zip(objects, draws.source_views, draws.views, strict=True))
        return RayBatch(
            source_images=source_images(images),
            source_poses=torch.stack([one.pose[sources] for one, sources, _ in cameras]),
            source_intrinsics=torch.stack([one.intrinsics[sources] for one, sources, _ in cameras]),
            pixels=pixels,
            poses=torch.stack([one.pose[views] for one, _, views in cameras]),
            intrinsics=torch.stack([one.intrinsics[views] for one, _, views in cameras]),
            rgb=over_black(torch.stack(colours)),
            feature=mixed(taps, torch.stack(tokens)),
        )

    def _bring(self, index: int, coming: Future[PackedObject]) -> None:
        try:
            loaded = self._load(index)
        except BaseException as error:
            with self._lock:
                del self._coming[index]
            coming.set_exception(error)
            return
        with self._lock:
            self.loads += 1
            self._packed.put(index, loaded)
            del self._coming[index]
        coming.set_result(loaded)


def source_images(rgba: UInt8[Tensor, "o s h w 4"]) -> Float32[Tensor, "o s 3 h w"]:
    """Source images as the encoder sees them: over black, scaled to [-1, 1]."""
    return (2 * over_black(rgba) - 1).movedim(-1, 2).contiguous()


def _no_tokens(which: Int64[Tensor, "r 4"], tokens: Float16[Tensor, "0 c"]) -> Float16[Tensor, "r 4 c"]:
    return tokens.new_zeros((*which.shape, tokens.shape[1]))
