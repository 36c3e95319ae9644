"""What a field says of objects that it knows from one image each; nothing is asked of it twice."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Float32, Int64

from eval.descriptors.model import FieldRenderer, PixelRender, PointFeatures, all_pixels
from eval.views import ImageOf
from pipeline.datasets.records import ObjectKey

Answer = TypeVar("Answer")


@dataclass
class _Pixels:
    # The row of each pixel in `render`, -1 where it has not been rendered.
    row: Int64[np.ndarray, " hw"]
    render: PixelRender | None = None


@dataclass(frozen=True)
class _Points:
    points: Float32[np.ndarray, "n 3"]
    features: PointFeatures


@dataclass
class FieldAnswers:
    """Encodes each object from one image and keeps what was rendered of it.

    Descriptors that read the same field share one of these. What was asked for last is kept, of `capacity` images, so
    that memory stays bounded however many pairs there are.
    """

    renderer: FieldRenderer
    image_of: ImageOf
    capacity: int = 64
    _encoded: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict, repr=False)
    _pixels: OrderedDict[Hashable, _Pixels] = field(default_factory=OrderedDict, repr=False)
    _points: OrderedDict[Hashable, _Points] = field(default_factory=OrderedDict, repr=False)

    def encode(self, images: Iterable[tuple[ObjectKey, int]]) -> None:
        """Take in the images (object, view) that will be asked about, all at once; at most `capacity` are kept."""
        missing = [name for name in dict.fromkeys(images) if name not in self._encoded]
        if missing:
            encoded = self.renderer.encode_each([self.image_of(*name) for name in missing])
            for name, one in zip(missing, encoded, strict=True):
                _keep(self._encoded, name, one, self.capacity)

    def pixels(self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]) -> PixelRender:
        """Pixels (row, column), at least one, in the camera of `view`, of the object known from its image at `seen`.

        Those that were rendered before are not rendered again.
        """
        image = self.image_of(key, view)
        height, width, _ = image.rgb.shape
        name = (key, seen, view)
        known = self._pixels.get(name) or _Pixels(np.full(height * width, -1, dtype=np.int64))
        flat = pixels[:, 0] * width + pixels[:, 1]
        missing = np.unique(flat[known.row[flat] < 0])
        if known.render is None or len(missing):
            wanted = all_pixels(height, width)[missing]
            fresh = self.renderer.render(self._source(key, seen), image.pose, wanted)
            before = 0 if known.render is None else len(known.render.rgb)
            known.row[missing] = np.arange(before, before + len(missing))
            known.render = fresh if known.render is None else known.render.joined(fresh)
        _keep(self._pixels, name, known, self.capacity)
        return known.render.rows(torch.from_numpy(known.row[flat]).to(known.render.rgb.device))

    def points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> PointFeatures:
        """World points of the object known from its image at `view`, seen from there."""
        name = (key, view)
        known = self._points.get(name)
        if known is None or not np.array_equal(known.points, points):
            pose = self.image_of(key, view).pose
            known = _Points(points, self.renderer.query(self._source(key, view), points, pose))
        _keep(self._points, name, known, self.capacity)
        return known.features

    def _source(self, key: ObjectKey, seen: int) -> Any:
        name = (key, seen)
        source = self._encoded[name] if name in self._encoded else self.renderer.encode(self.image_of(key, seen))
        _keep(self._encoded, name, source, self.capacity)
        return source


def _keep(known: OrderedDict[Hashable, Answer], name: Hashable, answer: Answer, capacity: int) -> None:
    """As the latest; the one asked for longest ago is let go."""
    known[name] = answer
    known.move_to_end(name)
    if len(known) > capacity:
        known.popitem(last=False)
