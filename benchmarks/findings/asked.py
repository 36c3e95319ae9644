"""How a field is asked: by how many images of an object, and with how wrong poses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from eval.descriptors.field_answers import FieldAnswers
from eval.descriptors.field_renderer import FieldRenderer
from eval.views import ImageOf, PosedImage
from pipeline.datasets.records import ObjectKey
from pipeline.seeds import generator_of
from train.network.source import Source


@dataclass(frozen=True)
class Asked:
    """A way to ask a field.

    The field is given so many images of each object. Every camera is turned about the object's centre by `pose_error`
    degrees, each about an axis of its own, before the field hears of it.
    """

    given: int = 1
    pose_error: float = 0.0

    @property
    def suffix(self) -> str:
        """Return the end of the names of a field's files: nothing for one image with its true pose."""
        given = f"-given-{self.given}" if self.given > 1 else ""
        return f"{given}-pose-{self.pose_error:g}" if self.pose_error else given


class AskedAnswers(FieldAnswers):
    """A field's answers when it is asked in some way."""

    def __init__(self, renderer: FieldRenderer, image_of: ImageOf, asked: Asked, views_on: int, views: int) -> None:
        """Each further image has a view number that is `views_on` higher, of `views` that go round."""

        def asked_image(key: ObjectKey, view: int) -> PosedImage:
            image = image_of(key, view)
            return turned(image, asked.pose_error, key, view) if asked.pose_error else image

        super().__init__(renderer, asked_image)
        self._asked_image, self._steps, self._views = asked_image, [views_on * i for i in range(1, asked.given)], views

    def encoded(self, views: Sequence[tuple[ObjectKey, int]], images: Sequence[PosedImage]) -> list[Source]:
        """Encode objects, each from its image at a view and the further ones."""
        if not self._steps:
            return super().encoded(views, images)
        return [
            self.renderer.encode_together(
                [image, *(self._asked_image(key, (view + on) % self._views) for on in self._steps)]
            )
            for (key, view), image in zip(views, images, strict=True)
        ]


def turned(image: PosedImage, degrees: float, key: ObjectKey, view: int) -> PosedImage:
    """Turn an image's camera about the world's origin, where the object is, about a random axis of this view."""
    axis = generator_of("findings", "pose error", str(key), view).normal(size=3)
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_rotvec(axis / np.linalg.norm(axis) * degrees, degrees=True).as_matrix()
    return replace(image, pose=(turn @ image.pose).astype(np.float32))
