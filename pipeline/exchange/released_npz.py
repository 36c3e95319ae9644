"""The bytes of npz files as the released code reads them, with the numpy of its time."""

import io
import pickle
import zipfile

import numpy as np
from jaxtyping import Shaped
from numpy.lib import format as npy

_NOW, _THEN = b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"


def npz_bytes(**arrays: Shaped[np.ndarray, "..."]) -> bytes:
    """Return a compressed npz file of arrays of numbers."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # numpy's own keyword is a bool
    return stream.getvalue()


def object_npz_bytes(name: str, array: Shaped[np.ndarray, " n"]) -> bytes:
    """Return a compressed npz file of one array of objects, each an array of numbers.

    numpy 2 names its modules in a pickle as numpy before 1.26 does not know them. Here they have the old names, which
    both know. In pickles of protocol 3 nothing depends on their length.
    """
    content = io.BytesIO()
    npy.write_array_header_1_0(content, npy.header_data_from_array_1_0(array))
    content.write(pickle.dumps(array, protocol=3).replace(_NOW, _THEN))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()
