"""A field's answers about objects that it knows from their images; no pixel is rendered twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from eval.descriptors.field_renderer import FieldRenderer
from eval.views import ImageOf, PosedImage, SeenPixels
from pipeline.datasets.records import ObjectKey
from train.network.source import Source
from train.objects.recently_used import RecentlyUsed
from train.rendering.rendered_rays import RenderedRays
from train.trained_field import FieldPoints
from train.transfers import uploaded

Output: TypeAlias = Literal["rgb", "internal", "feature"]
_View: TypeAlias = tuple[ObjectKey, int]
_Camera: TypeAlias = tuple[ObjectKey, int, int]  # an object, the view it is known from, the view that is rendered


@dataclass(frozen=True)
class _ViewCamera:
    """The camera of a view, and the size of its image."""

    pose: Float32[np.ndarray, "4 4"]
    intrinsics: Float32[np.ndarray, "4"]
    height: int
    width: int

    @staticmethod
    def of(image: PosedImage) -> _ViewCamera:
        return _ViewCamera(image.pose, image.intrinsics, *image.rgb.shape[:2])

    def takes_the_view_of(self, other: _ViewCamera) -> bool:
        return np.array_equal(self.pose, other.pose) and np.array_equal(self.intrinsics, other.intrinsics)


@dataclass(frozen=True)
class _Seen:
    """An object as it was encoded, and the camera of its first image."""

    source: Source
    camera: _ViewCamera

    def is_from(self, camera: _ViewCamera) -> bool:
        """Tell whether this camera took the only image."""
        return self.source.poses.shape[1] == 1 and self.camera.takes_the_view_of(camera)


@dataclass
class _Pixels:
    """The rendered pixels of one camera. Pixels go by number, in reading order; `row` is theirs in `render`, or -1."""

    camera: _ViewCamera
    row: Int64[np.ndarray, " hw"]
    render: RenderedRays | None = None

    @staticmethod
    def of(camera: _ViewCamera) -> _Pixels:
        return _Pixels(camera, np.full(camera.height * camera.width, -1, dtype=np.int64))

    def numbers(self, pixels: Int64[np.ndarray, "n 2"]) -> Int64[np.ndarray, " n"]:
        row, column = pixels.T
        return np.asarray(row * self.camera.width + column)

    def places(self, numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, "n 2"]:
        return np.stack(np.divmod(numbers, self.camera.width), axis=1)

    def missing(self, numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
        return np.unique(numbers[self.row[numbers] < 0])

    def add(self, numbers: Int64[np.ndarray, " n"], fresh: RenderedRays) -> None:
        before = 0 if self.render is None else len(self.render.rgb)
        self.row[numbers] = np.arange(before, before + len(numbers))
        self.render = fresh if self.render is None else RenderedRays.joined([self.render, fresh])

    def rendered(self, numbers: Int64[np.ndarray, " n"], output: Output) -> Float[Tensor, "n c"]:
        if self.render is None:
            raise ValueError("no pixel was asked for")
        values: Tensor = getattr(self.render, output)
        return values[uploaded(torch.from_numpy(self.row[numbers]), values.device)]


@dataclass(frozen=True)
class _Points:
    points: Float32[np.ndarray, "n 3"]
    features: FieldPoints


class FieldAnswers:
    """Encodes each object from one image, or more, and keeps what was rendered of it.

    Descriptors that read the same field share one of these. The answers for the last `capacity` images are kept, so
    that memory stays bounded however many pairs there are.
    """

    def __init__(
        self,
        renderer: FieldRenderer,
        image_of: ImageOf,
        capacity: int = 64,
        further: Callable[[ObjectKey, int], Sequence[PosedImage]] | None = None,
    ) -> None:
        """Start without any answer. `further` gives more images of an object that is known from (object, view)."""
        self.renderer, self._image_of, self._further = renderer, image_of, further
        self._sources: RecentlyUsed[_View, _Seen] = RecentlyUsed(capacity)
        self._pixels: RecentlyUsed[_Camera, _Pixels] = RecentlyUsed(capacity)
        self._points: RecentlyUsed[_View, _Points] = RecentlyUsed(capacity)

    def encode(self, images: Iterable[tuple[ObjectKey, int]]) -> None:
        """Encode the images (object, view) that will be asked about, all at once; at most `capacity` are kept."""
        missing = [view for view in dict.fromkeys(images) if view not in self._sources]
        if missing:
            for view, seen in zip(missing, self._encoded(missing), strict=True):
                self._sources.put(view, seen)

    def render(self, asked: Iterable[SeenPixels]) -> None:
        """Render pixels that will be asked for, all at once; those of the last `capacity` images are kept.

        Those that were rendered before are not rendered again.
        """
        self._rendered(asked)

    def pixels(
        self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"], output: Output
    ) -> Float[Tensor, "n c"]:
        """Render pixels (row, column), at least one, in the camera of `view`; the object is known from `seen`.

        Only one `output` is gathered from what was rendered: on a GPU each takes a launch.
        """
        known = self._rendered([SeenPixels(key, seen, view, pixels)])[key, seen, view]
        return known.rendered(known.numbers(pixels), output)

    def points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> FieldPoints:
        """Query world points of the object known from its image at `view`, seen from there."""
        known = self._points.get((key, view))
        if known is None or not np.array_equal(known.points, points):
            seen = self._seen(key, view)
            answer = self.renderer.query(seen.source, points, seen.camera.pose, seen.camera.intrinsics)
            known = _Points(points, answer)
            self._points.put((key, view), known)
        return known.features

    def _rendered(self, asked: Iterable[SeenPixels]) -> dict[_Camera, _Pixels]:
        known: dict[_Camera, _Pixels] = {}
        wanted: dict[_Camera, list[Int64[np.ndarray, " n"]]] = {}
        for seen in asked:
            camera = (seen.key, seen.seen, seen.view)
            if camera not in known:
                known[camera] = self._pixels.get(camera) or _Pixels.of(self._camera(*camera))
            wanted.setdefault(camera, []).append(known[camera].numbers(seen.pixels))
        missing = {camera: known[camera].missing(np.concatenate(numbers)) for camera, numbers in wanted.items()}
        missing = {camera: numbers for camera, numbers in missing.items() if len(numbers)}
        if missing:
            sources = [self._seen(key, seen) for key, seen, _ in missing]
            cameras = [known[camera].camera for camera in missing]
            rendered = self.renderer.render_each(
                [seen.source for seen in sources],
                np.stack([camera.pose for camera in cameras]),
                np.stack([camera.intrinsics for camera in cameras]),
                [known[camera].places(numbers) for camera, numbers in missing.items()],
                [seen.is_from(camera) for seen, camera in zip(sources, cameras, strict=True)],
            )
            for (camera, numbers), fresh in zip(missing.items(), rendered, strict=True):
                known[camera].add(numbers, fresh)
        for camera, pixels in known.items():
            self._pixels.put(camera, pixels)
        return known

    def _seen(self, key: ObjectKey, view: int) -> _Seen:
        seen = self._sources.get((key, view))
        if seen is None:
            (seen,) = self._encoded([(key, view)])
        self._sources.put((key, view), seen)
        return seen

    def _encoded(self, views: Sequence[_View]) -> list[_Seen]:
        images = [self._image_of(*view) for view in views]
        if self._further is None:
            sources = self.renderer.encode_each(images)
        else:
            further = [self._further(*view) for view in views]
            sources = [
                self.renderer.encode_together([image, *more]) for image, more in zip(images, further, strict=True)
            ]
        return [_Seen(source, _ViewCamera.of(image)) for source, image in zip(sources, images, strict=True)]

    def _camera(self, key: ObjectKey, seen: int, view: int) -> _ViewCamera:
        return self._seen(key, seen).camera if view == seen else _ViewCamera.of(self._image_of(key, view))
