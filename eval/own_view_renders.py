"""Objects rendered from the camera of their own image, each pixel of each (object, view) once."""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from eval.model import FieldRenderer, PixelRender, all_pixels
from eval.views import ImageOf, PosedImage
from pipeline.datasets.records import ObjectKey


@dataclass
class _View:
    image: PosedImage
    source: object
    # The row of each pixel in `render`, -1 where it has not been rendered.
    row: Int64[np.ndarray, " hw"]
    render: PixelRender | None = None


@dataclass
class OwnViewRenders:
    """Encodes each object from its own image and keeps what was rendered of it from that image's camera.

    Descriptors that read the same renders share one of these. The views asked for last are kept, `capacity` of them,
    so that memory stays bounded however many pairs there are.
    """

    renderer: FieldRenderer
    image_of: ImageOf
    capacity: int = 64
    _views: OrderedDict[tuple[ObjectKey, int], _View] = field(default_factory=OrderedDict, repr=False)

    def at(self, key: ObjectKey, view: int, pixels: Int64[np.ndarray, "n 2"]) -> PixelRender:
        """Rendered pixels (row, column), at least one; those that were rendered before are not rendered again."""
        known = self._view(key, view)
        height, width, _ = known.image.rgb.shape
        flat = pixels[:, 0] * width + pixels[:, 1]
        missing = np.unique(flat[known.row[flat] < 0])
        render = known.render
        if render is None or len(missing):
            fresh = self.renderer.render(known.source, known.image.pose, all_pixels(height, width)[missing])
            before = 0 if render is None else len(render.rgb)
            known.row[missing] = np.arange(before, before + len(missing))
            known.render = render = fresh if render is None else _joined(render, fresh)
        return _rows(render, torch.from_numpy(known.row[flat]))

    def _view(self, key: ObjectKey, view: int) -> _View:
        name = (key, view)
        if name not in self._views:
            image = self.image_of(key, view)
            height, width, _ = image.rgb.shape
            self._views[name] = _View(image, self.renderer.encode(image), np.full(height * width, -1, dtype=np.int64))
            if len(self._views) > self.capacity:
                self._views.popitem(last=False)
        self._views.move_to_end(name)
        return self._views[name]


def _joined(first: PixelRender, second: PixelRender) -> PixelRender:
    return PixelRender(
        rgb=torch.cat([first.rgb, second.rgb]),
        depth=torch.cat([first.depth, second.depth]),
        weight_sum=torch.cat([first.weight_sum, second.weight_sum]),
        internal=torch.cat([first.internal, second.internal]),
        feature=torch.cat([first.feature, second.feature]),
    )


def _rows(render: PixelRender, rows: Tensor) -> PixelRender:
    return PixelRender(
        render.rgb[rows], render.depth[rows], render.weight_sum[rows], render.internal[rows], render.feature[rows]
    )
