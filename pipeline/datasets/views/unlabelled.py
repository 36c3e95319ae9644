"""The part of a ViewSource that is the same for all collections without labels."""

import numpy as np
from jaxtyping import Int64

from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.view_source import GivenLabels


class Unlabelled:
    """Answers that there are no labels."""

    def part_names(self, synset: str) -> tuple[str, ...]:  # noqa: ARG002 # the interface's
        """There are none."""
        return ()

    def labels(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> GivenLabels | None:  # noqa: ARG002
        """There are none."""
        return None
