"""Export as one npz file an object: plain arrays that `numpy.load` reads without pickles, `<category>/<id>.npz`."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Shaped

from pipeline.exchange.exported_object import ExportedObject
from pipeline.exchange.exporter import exporter_of_objects
from pipeline.exchange.npy import npz_bytes

SUFFIX = ".npz"


def npz_arrays(exported: ExportedObject) -> dict[str, Shaped[np.ndarray, "..."]]:
    """Return an object's arrays by name; depth, labels and feature only where it has them, its facts as texts."""
    arrays = {"rgba": exported.rgba, "pose": exported.pose, "intrinsics": exported.intrinsics}
    if exported.depth is not None:
        arrays["depth"] = exported.depth
    if exported.labels:
        arrays |= {**exported.labels, "part_names": np.array(exported.part_names, dtype=np.str_)}
    if exported.feature is not None:
        arrays["feature"] = exported.feature.astype(np.float16, copy=False)
    return arrays | {name: np.array(text) for name, text in exported.about.items()}


def npz_files(exported: ExportedObject) -> Iterator[tuple[str, bytes]]:
    """Yield the object's file."""
    yield SUFFIX, npz_bytes(npz_arrays(exported))


NPZ = exporter_of_objects(SUFFIX, npz_files, takes_labels=True)
