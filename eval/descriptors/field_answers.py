"""What a field says of objects that it knows from one image each; nothing is asked of it twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np
import torch
from jaxtyping import Float32, Int64

from eval.descriptors.model import FieldRenderer, PixelRender, PointFeatures
from eval.views import ImageOf, PosedImage, SeenPixels
from pipeline.datasets.records import ObjectKey

Name = TypeVar("Name", bound=Hashable)
Answer = TypeVar("Answer")
_Camera: TypeAlias = tuple[ObjectKey, int, int]  # an object, the view it is known from, the view that is rendered


@dataclass
class _Pixels:
    """What is rendered of one camera. Pixels go by number, in reading order; `row` is theirs in `render`, or -1."""

    pose: Float32[np.ndarray, "4 4"]
    width: int
    row: Int64[np.ndarray, " hw"]
    render: PixelRender | None = None

    @staticmethod
    def of(image: PosedImage) -> _Pixels:
        height, width, _ = image.rgb.shape
        return _Pixels(image.pose, width, np.full(height * width, -1, dtype=np.int64))

    def numbers(self, pixels: Int64[np.ndarray, "n 2"]) -> Int64[np.ndarray, " n"]:
        row, column = pixels.T
        return np.asarray(row * self.width + column)

    def places(self, numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, "n 2"]:
        return np.stack(np.divmod(numbers, self.width), axis=1)

    def missing(self, numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
        return np.unique(numbers[self.row[numbers] < 0])

    def add(self, numbers: Int64[np.ndarray, " n"], fresh: PixelRender) -> None:
        before = 0 if self.render is None else len(self.render.rgb)
        self.row[numbers] = np.arange(before, before + len(numbers))
        self.render = fresh if self.render is None else self.render.joined(fresh)

    def rendered(self, numbers: Int64[np.ndarray, " n"]) -> PixelRender:
        if self.render is None:
            raise ValueError("no pixel was asked for")
        return self.render.rows(torch.from_numpy(self.row[numbers]).to(self.render.rgb.device))


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
    _pixels: OrderedDict[_Camera, _Pixels] = field(default_factory=OrderedDict, repr=False)
    _points: OrderedDict[Hashable, _Points] = field(default_factory=OrderedDict, repr=False)

    def encode(self, images: Iterable[tuple[ObjectKey, int]]) -> None:
        """Take in the images (object, view) that will be asked about, all at once; at most `capacity` are kept."""
        missing = [name for name in dict.fromkeys(images) if name not in self._encoded]
        if missing:
            encoded = self.renderer.encode_each([self.image_of(*name) for name in missing])
            for name, one in zip(missing, encoded, strict=True):
                _keep(self._encoded, name, one, self.capacity)

    def render(self, asked: Iterable[SeenPixels]) -> None:
        """Render pixels that will be asked for, all at once; those of the last `capacity` images are kept.

        Those that were rendered before are not rendered again.
        """
        known: dict[_Camera, _Pixels] = {}
        wanted: dict[_Camera, list[Int64[np.ndarray, " n"]]] = {}
        for one in asked:
            camera = (one.key, one.seen, one.view)
            if camera not in known:
                known[camera] = self._pixels.get(camera) or _Pixels.of(self.image_of(one.key, one.view))
            wanted.setdefault(camera, []).append(known[camera].numbers(one.pixels))
        missing = {camera: known[camera].missing(np.concatenate(numbers)) for camera, numbers in wanted.items()}
        missing = {camera: numbers for camera, numbers in missing.items() if len(numbers)}
        if missing:
            rendered = self.renderer.render_each(
                [self._source(key, seen) for key, seen, _ in missing],
                np.stack([known[camera].pose for camera in missing]),
                [known[camera].places(numbers) for camera, numbers in missing.items()],
            )
            for (camera, numbers), fresh in zip(missing.items(), rendered, strict=True):
                known[camera].add(numbers, fresh)
        for camera, pixels in known.items():
            _keep(self._pixels, camera, pixels, self.capacity)

    def pixels(self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]) -> PixelRender:
        """Pixels (row, column), at least one, in the camera of `view`, of the object known from its image at `seen`."""
        self.render([SeenPixels(key, seen, view, pixels)])
        known = self._pixels[key, seen, view]
        return known.rendered(known.numbers(pixels))

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


def _keep(known: OrderedDict[Name, Answer], name: Name, answer: Answer, capacity: int) -> None:
    """As the latest; the one asked for longest ago is let go."""
    known[name] = answer
    known.move_to_end(name)
    if len(known) > capacity:
        known.popitem(last=False)
