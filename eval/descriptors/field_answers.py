"""A field's answers about objects that it knows from one image each; no pixel is rendered twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float32, Int64

from eval.descriptors.field_renderer import FieldRenderer
from eval.views import ImageOf, PosedImage, SeenPixels
from pipeline.datasets.records import ObjectKey
from train.network.source import Source
from train.objects.recently_used import RecentlyUsed
from train.rendering.rendered_rays import RenderedRays
from train.trained_field import FieldPoints

_View: TypeAlias = tuple[ObjectKey, int]
_Camera: TypeAlias = tuple[ObjectKey, int, int]  # an object, the view it is known from, the view that is rendered


@dataclass
class _Pixels:
    """The rendered pixels of one camera. Pixels go by number, in reading order; `row` is theirs in `render`, or -1."""

    pose: Float32[np.ndarray, "4 4"]
    intrinsics: Float32[np.ndarray, "4"]
    width: int
    row: Int64[np.ndarray, " hw"]
    render: RenderedRays | None = None

    @staticmethod
    def of(image: PosedImage) -> _Pixels:
        height, width, _ = image.rgb.shape
        return _Pixels(image.pose, image.intrinsics, width, np.full(height * width, -1, dtype=np.int64))

    def numbers(self, pixels: Int64[np.ndarray, "n 2"]) -> Int64[np.ndarray, " n"]:
        row, column = pixels.T
        return np.asarray(row * self.width + column)

    def places(self, numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, "n 2"]:
        return np.stack(np.divmod(numbers, self.width), axis=1)

    def missing(self, numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
        return np.unique(numbers[self.row[numbers] < 0])

    def add(self, numbers: Int64[np.ndarray, " n"], fresh: RenderedRays) -> None:
        before = 0 if self.render is None else len(self.render.rgb)
        self.row[numbers] = np.arange(before, before + len(numbers))
        self.render = fresh if self.render is None else RenderedRays.joined([self.render, fresh])

    def rendered(self, numbers: Int64[np.ndarray, " n"]) -> RenderedRays:
        if self.render is None:
            raise ValueError("no pixel was asked for")
        return self.render[torch.from_numpy(self.row[numbers]).to(self.render.rgb.device)]


@dataclass(frozen=True)
class _Points:
    points: Float32[np.ndarray, "n 3"]
    features: FieldPoints


class FieldAnswers:
    """Encodes each object from one image and keeps what was rendered of it.

    Descriptors that read the same field share one of these. The answers for the last `capacity` images are kept, so
    that memory stays bounded however many pairs there are.
    """

    def __init__(self, renderer: FieldRenderer, image_of: ImageOf, capacity: int = 64) -> None:
        """Start without any answer."""
        self.renderer, self._image_of = renderer, image_of
        self._sources: RecentlyUsed[_View, Source] = RecentlyUsed(capacity)
        self._pixels: RecentlyUsed[_Camera, _Pixels] = RecentlyUsed(capacity)
        self._points: RecentlyUsed[_View, _Points] = RecentlyUsed(capacity)

    def encode(self, images: Iterable[tuple[ObjectKey, int]]) -> None:
        """Encode the images (object, view) that will be asked about, all at once; at most `capacity` are kept."""
        missing = [view for view in dict.fromkeys(images) if view not in self._sources]
        if missing:
            for view, source in zip(missing, self.encoded(missing), strict=True):
                self._sources.put(view, source)

    def encoded(self, views: Sequence[tuple[ObjectKey, int]]) -> list[Source]:
        """Encode objects, each from its image at a view."""
        return self.renderer.encode_each([self._image_of(*view) for view in views])

    def render(self, asked: Iterable[SeenPixels]) -> None:
        """Render pixels that will be asked for, all at once; those of the last `capacity` images are kept.

        Those that were rendered before are not rendered again.
        """
        self._rendered(asked)

    def pixels(self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]) -> RenderedRays:
        """Render pixels (row, column), at least one, in the camera of `view`; the object is known from `seen`."""
        known = self._rendered([SeenPixels(key, seen, view, pixels)])[key, seen, view]
        return known.rendered(known.numbers(pixels))

    def points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> FieldPoints:
        """Query world points of the object known from its image at `view`, seen from there."""
        known = self._points.get((key, view))
        if known is None or not np.array_equal(known.points, points):
            image = self._image_of(key, view)
            known = _Points(points, self.renderer.query(self._source(key, view), points, image.pose, image.intrinsics))
            self._points.put((key, view), known)
        return known.features

    def _rendered(self, asked: Iterable[SeenPixels]) -> dict[_Camera, _Pixels]:
        known: dict[_Camera, _Pixels] = {}
        wanted: dict[_Camera, list[Int64[np.ndarray, " n"]]] = {}
        for seen in asked:
            camera = (seen.key, seen.seen, seen.view)
            if camera not in known:
                known[camera] = self._pixels.get(camera) or _Pixels.of(self._image_of(seen.key, seen.view))
            wanted.setdefault(camera, []).append(known[camera].numbers(seen.pixels))
        missing = {camera: known[camera].missing(np.concatenate(numbers)) for camera, numbers in wanted.items()}
        missing = {camera: numbers for camera, numbers in missing.items() if len(numbers)}
        if missing:
            rendered = self.renderer.render_each(
                [self._source(key, seen) for key, seen, _ in missing],
                np.stack([known[camera].pose for camera in missing]),
                np.stack([known[camera].intrinsics for camera in missing]),
                [known[camera].places(numbers) for camera, numbers in missing.items()],
            )
            for (camera, numbers), fresh in zip(missing.items(), rendered, strict=True):
                known[camera].add(numbers, fresh)
        for camera, pixels in known.items():
            self._pixels.put(camera, pixels)
        return known

    def _source(self, key: ObjectKey, seen: int) -> Source:
        source = self._sources.get((key, seen)) or self.encoded([(key, seen)])[0]
        self._sources.put((key, seen), source)
        return source
