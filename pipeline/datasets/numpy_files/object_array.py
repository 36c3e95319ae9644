"""Read the pickle of a numpy array of objects, as np.save writes it, without calling anything that the pickle names.

Three locks: only the operations that such a pickle needs are known; the globals of numpy that it may name are replaced
by the stand-ins below, which take what numpy writes and nothing else; an array must be as long as its shape.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from typing import Any

import numpy as np

PICKLE_BYTES = 2**22  # a pickle's objects take up to 60 times as much memory as their bytes
_NUMBER_TYPE = re.compile(r"[biuf][1248]")
_MOST_AXES = 8
_OPERATIONS = frozenset({
    "PROTO", "FRAME", "STOP", "MARK", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "NONE", "NEWTRUE", "NEWFALSE",
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES",
    "BINUNICODE", "SHORT_BINUNICODE", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "APPEND",
    "APPENDS", "BINGET", "LONG_BINGET", "BINPUT", "LONG_BINPUT", "MEMOIZE",
})  # fmt: skip


class RefusedPickleError(ValueError):
    """A pickle that is refused. Its message completes a sentence whose subject is the array."""


def read_object_array(data: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """Read a pickled array of objects with this shape: its items are arrays of numbers, numbers, or None.

    Raises RefusedPickleError for anything else.
    """
    if len(data) > PICKLE_BYTES:
        raise RefusedPickleError(f"has a pickle of {len(data)} bytes, the limit is {PICKLE_BYTES}")
    try:
        for operation, argument, _ in pickletools.genops(data):
            # A place in the memo beyond the data: the unpickler would make a table of that size.
            if operation.name not in _OPERATIONS or (
                operation.name == "LONG_BINPUT" and int(argument or 0) > len(data)
            ):
                raise RefusedPickleError("has a pickle with an operation that no array needs; nothing was executed")
        whole = _Unpickler(io.BytesIO(data), encoding="bytes").load()
    except RefusedPickleError:
        raise
    except Exception as error:  # a damaged pickle raises whatever its damage leads to
        raise RefusedPickleError(f"has a damaged pickle ({type(error).__name__})") from None
    if not isinstance(whole, _Array) or not isinstance(whole.content, list):
        raise RefusedPickleError("has a pickle of something else than an array of objects")
    if whole.shape != shape:
        raise RefusedPickleError("has a pickle of another shape than its header says")
    array, claimed = np.empty(len(whole.content), dtype=object), 0
    for index, item in enumerate(whole.content):
        array[index] = _finished_item(item)
        claimed += getattr(array[index], "nbytes", 0)
        if claimed > PICKLE_BYTES:  # one array in many places
            raise RefusedPickleError("has a pickle whose arrays claim more bytes than it has")
    return array.reshape(shape, order=whole.order)


class _Type:
    """Stands for numpy.dtype: numpy's name for a type, such as i8 or O8, and its byte order."""

    def __init__(self, name: Any, _align: Any = None, _copy: Any = None) -> None:
        self.name, self.order = _text(name), "|"
        self.is_object = self.name in ("O", "O4", "O8")
        if not self.is_object and not _NUMBER_TYPE.fullmatch(self.name):
            raise RefusedPickleError(f"holds values of the type {self.name[:20]!r}, which are no numbers")

    def __setstate__(self, state: Any) -> None:
        match state:
            case (int(), order, None, None, None, int(), int(), int()) if _text(order) in "<>|=":
                self.order = "|" if self.is_object else _text(order)
            case _:
                raise RefusedPickleError("has a pickle with a type that numpy does not write")

    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.name)


class _Array:
    """Stands for numpy.ndarray. `content` is the items of an array of objects, or the bytes of one of numbers."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.order: Any = "C"
        self.type: _Type | None = None
        self.content: list[Any] | bytes | None = None

    def __setstate__(self, state: Any) -> None:
        match state:
            case (1, tuple(shape), _Type() as kind, bool(columns_first), list() | bytes() as content):
                if len(shape) > _MOST_AXES or not all(type(n) is int and n >= 0 for n in shape):
                    raise RefusedPickleError("has a pickle with a shape that is none")
                size = 1 if kind.is_object else kind.dtype().itemsize
                if isinstance(content, list) != kind.is_object or math.prod(shape) * size != len(content):
                    raise RefusedPickleError("has a pickle with an array whose content is not as long as its shape")
                self.shape, self.type, self.content = shape, kind, content
                self.order = "F" if columns_first else "C"
            case _:
                raise RefusedPickleError("has a pickle with an array's content that numpy does not write")


def _new_array(kind: Any, shape: Any, code: Any) -> _Array:
    """Stands for numpy's _reconstruct."""
    if kind is not _Array or shape != (0,) or code != b"b":
        raise RefusedPickleError("has a pickle that calls numpy with other arguments than numpy itself writes")
    return _Array()


def _number(kind: Any, content: Any) -> Any:
    """Stands for numpy's scalar."""
    if not isinstance(kind, _Type) or kind.is_object or len(content) != kind.dtype().itemsize:
        raise RefusedPickleError("has a damaged pickle (a number of another length than its type's)")
    return np.frombuffer(content, kind.dtype())[0]


_STAND_INS: dict[tuple[str, str], Any] = {("numpy", "ndarray"): _Array, ("numpy", "dtype"): _Type}
for _package in ("core", "_core"):  # before numpy 2, and since
    _STAND_INS |= {
        (f"numpy.{_package}.multiarray", "_reconstruct"): _new_array,
        (f"numpy.{_package}.multiarray", "scalar"): _number,
    }


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: Any, name: Any) -> Any:
        """Return what stands for a global. Imports nothing."""
        asked = (_text(module), _text(name))
        if asked not in _STAND_INS:
            raise RefusedPickleError(f"has a pickle that asks for {'.'.join(asked)[:120]!r}; nothing was executed")
        return _STAND_INS[asked]


def _finished_item(item: Any) -> Any:
    if item is None or isinstance(item, bool | int | float | np.generic):
        return item
    if isinstance(item, _Array) and isinstance(item.content, bytes) and item.type is not None:
        flat = np.frombuffer(item.content, item.type.dtype())
        return flat.astype(flat.dtype.newbyteorder("=")).reshape(item.shape, order=item.order)
    raise RefusedPickleError("holds something else than arrays of numbers, numbers and None")


def _text(value: Any) -> str:
    """Return a name, which Python 2 wrote as bytes."""
    if isinstance(value, bytes):
        return value.decode("ascii")
    if not isinstance(value, str):
        raise RefusedPickleError("has a pickle with something else in the place of a name")
    return value
