"""numpy's files of arrays, the same bytes for the same arrays: npy and npz."""

import pickle
import zipfile
from collections.abc import Mapping
from io import BytesIO

import numpy as np
from jaxtyping import Shaped

EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip file has no earlier time
_NOW, _THEN = b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"
COMPRESSION = 1  # the fastest: higher levels take five times as long for a few percent


def npy_bytes(array: Shaped[np.ndarray, "..."]) -> bytes:
    """Encode an array as an npy file. Raises ValueError for arrays of Python objects."""
    file = BytesIO()
    np.lib.format.write_array(file, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
    return file.getvalue()


def npz_bytes(arrays: Mapping[str, Shaped[np.ndarray, "..."]]) -> bytes:
    """Encode arrays by name as a compressed npz file. Raises ValueError for arrays of Python objects."""
    return npz_of_files({name: npy_bytes(array) for name, array in arrays.items()})


def npz_of_files(files: Mapping[str, bytes]) -> bytes:
    """Pack npy files by the names of their arrays into a compressed npz file."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(f"{name}.npy", EARLIEST)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data, compresslevel=COMPRESSION)
    return file.getvalue()


def object_npy_bytes(array: Shaped[np.ndarray, " n"]) -> bytes:
    """Encode an array of objects, each an array of numbers, as an npy file that the released code reads.

    numpy 2 names its modules in a pickle as numpy before 1.26 does not know them. Here they have the old names, which
    both know. In pickles of protocol 3 nothing depends on their length.
    """
    content = BytesIO()
    npy = np.lib.format
    npy.write_array_header_1_0(content, npy.header_data_from_array_1_0(array))
    content.write(pickle.dumps(array, protocol=3).replace(_NOW, _THEN))
    return content.getvalue()
