"""What a teacher is, and which there are."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from pipeline.teacher_names import check_teacher


@runtime_checkable
class Teacher(Protocol):
    """A frozen 2D model. Its maps are raw: masking and scaling are the cache's."""

    @property
    def channels(self) -> int:
        """Channels of a map."""
        ...

    @property
    def recipe(self) -> Mapping[str, Any]:
        """Everything that changes the maps, weights included: part of their fingerprint."""
        ...

    def maps(self, images: Float32[np.ndarray, "n h w 3"]) -> Float32[np.ndarray, "n cells cells channels"]:
        """Feature maps of images over black (sRGB, 0..1), one cell for 4 x 4 pixels."""
        ...


def _daisy() -> Teacher:
    from pipeline.teachers.daisy import DaisyTeacher

    return DaisyTeacher()


TEACHERS: Mapping[str, Callable[[], Teacher]] = {"daisy": _daisy}


def make_teacher(name: str) -> Teacher:
    """The teacher called `name`. Raises UserError if there is none or its weights are missing."""
    check_teacher(name)
    return TEACHERS[name]()
