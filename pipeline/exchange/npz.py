"""Export as one npz file an object: plain arrays that `numpy.load` reads without pickles."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Shaped

from pipeline.exchange.exported_object import ExportedObject, ObjectGroup
from pipeline.exchange.exporter import File
from pipeline.exchange.npy import npz_bytes


class Npz:
    """An Exporter: `<category>/<id>.npz`."""

    objects_together, takes_labels = 1, True

    def last_file(self, group: ObjectGroup) -> PurePosixPath:
        """Name the object's file."""
        return PurePosixPath(group.category) / f"{group.keys[0].id}.npz"

    def files(self, group: ObjectGroup, objects: Iterable[ExportedObject]) -> Iterator[File]:
        """Yield the object's file."""
        for exported in objects:
            yield self.last_file(group), (npz_bytes(npz_arrays(exported)),)


def npz_arrays(exported: ExportedObject) -> dict[str, Shaped[np.ndarray, "..."]]:
    """Return an object's arrays by name; depth, labels and feature only where it has them, its facts as texts."""
    arrays = {"rgba": exported.rgba, "pose": exported.pose, "intrinsics": exported.intrinsics}
    if exported.depth is not None:
        arrays["depth"] = exported.depth
    if exported.labels:
        arrays |= {**exported.labels, "part_names": np.array(exported.part_names, dtype=np.str_)}
    if exported.feature is not None:
        arrays["feature"] = exported.feature
    return arrays | {name: np.array(text) for name, text in exported.about.items()}
