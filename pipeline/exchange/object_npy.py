"""npy files of objects as the released code reads them, with the numpy of its time."""

import io
import pickle

import numpy as np
from jaxtyping import Shaped
from numpy.lib import format as npy

_NOW, _THEN = b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"


def object_npy_bytes(array: Shaped[np.ndarray, " n"]) -> bytes:
    """Encode an array of objects, each an array of numbers, as an npy file.

    numpy 2 names its modules in a pickle as numpy before 1.26 does not know them. Here they have the old names, which
    both know. In pickles of protocol 3 nothing depends on their length.
    """
    content = io.BytesIO()
    npy.write_array_header_1_0(content, npy.header_data_from_array_1_0(array))
    content.write(pickle.dumps(array, protocol=3).replace(_NOW, _THEN))
    return content.getvalue()
