"""How a field is asked: by how many images of an object, and with how wrong poses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from eval.descriptors.field_answers import FieldAnswers
from eval.descriptors.field_renderer import FieldRenderer
from eval.views import ImageOf, PosedImage
from pipeline.datasets.records import ObjectKey
from pipeline.seeds import generator_of


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


def asked_answers(renderer: FieldRenderer, image_of: ImageOf, asked: Asked, views_on: int, views: int) -> FieldAnswers:
    """Make a field's answers when it is asked in some way.

    Each further image has a view number that is `views_on` higher, of `views` that go round.
    """

    def asked_image(key: ObjectKey, view: int) -> PosedImage:
        image = image_of(key, view)
        return turned(image, asked.pose_error, key, view) if asked.pose_error else image

    def further(key: ObjectKey, view: int) -> list[PosedImage]:
        return [asked_image(key, (view + views_on * i) % views) for i in range(1, asked.given)]

    return FieldAnswers(renderer, asked_image, further=further if asked.given > 1 else None)


def turned(image: PosedImage, degrees: float, key: ObjectKey, view: int) -> PosedImage:
    """Turn an image's camera about the world's origin, where the object is, about a random axis of this view."""
    axis = generator_of("findings", "pose error", str(key), view).normal(size=3)
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_rotvec(axis / np.linalg.norm(axis) * degrees, degrees=True).as_matrix()
    return replace(image, pose=(turn @ image.pose).astype(np.float32))
