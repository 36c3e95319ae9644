"""Read the pickle of a numpy array of objects, as np.save writes it, without calling anything that the pickle names.

Three locks: only the operations that such a pickle needs are known; the only globals are the names of numpy's array,
type and scalar, and they are marks that are compared, never called; an array's content must be as long as its shape.
"""

from __future__ import annotations

import io
import math
import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

import numpy as np

PICKLE_BYTES = 2**22  # a pickle's objects take up to 60 times as much memory as their bytes
_NUMBER_TYPE = re.compile(r"[biuf][1248]")
_MOST_AXES = 8


class RefusedPickleError(ValueError):
    """What is wrong with a pickle, as the rest of a sentence whose subject is the array."""


class _Global(Enum):
    """The globals that a pickle may name."""

    RECONSTRUCT = "_reconstruct"
    SCALAR = "scalar"
    ARRAY = "ndarray"
    TYPE = "dtype"


_GLOBALS: Mapping[tuple[str, str], _Global] = {
    ("numpy", "ndarray"): _Global.ARRAY,
    ("numpy", "dtype"): _Global.TYPE,
    **{
        (f"numpy.{package}.multiarray", mark.value): mark
        for package in ("core", "_core")  # before numpy 2, and since
        for mark in (_Global.RECONSTRUCT, _Global.SCALAR)
    },
}


@dataclass
class _Type:
    """A type that is being read: numpy's name for it, such as i8 or O8, and its byte order."""

    name: str
    order: str = "|"

    @property
    def is_object(self) -> bool:
        return self.name in ("O", "O4", "O8")

    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.name)


@dataclass
class _Array:
    """An array that is being read; None until its content came."""

    shape: tuple[int, ...] = ()
    type: _Type | None = None
    columns_first: bool = False
    content: list[Any] | bytes | None = None


def read_object_array(data: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """Read a pickled array of objects with this shape: its items are arrays of numbers, numbers, or None.

    Raises RefusedPickleError for anything else.
    """
    if len(data) > PICKLE_BYTES:
        raise RefusedPickleError(f"has a pickle of {len(data)} bytes, the limit is {PICKLE_BYTES}")
    try:
        whole = _Unpickler(io.BytesIO(data), encoding="bytes").load()
    except RefusedPickleError:
        raise
    except Exception as error:  # a damaged pickle raises whatever its damage leads to
        raise RefusedPickleError(f"has a damaged pickle ({type(error).__name__})") from None
    if not isinstance(whole, _Array) or whole.type is None or not whole.type.is_object:
        raise RefusedPickleError("has a pickle of something else than an array of objects")
    if whole.shape != shape or not isinstance(whole.content, list):
        raise RefusedPickleError("has a pickle of another shape than its header says")
    array, claimed = np.empty(len(whole.content), dtype=object), 0
    for index, item in enumerate(whole.content):
        array[index] = _finished_item(item)
        claimed += getattr(array[index], "nbytes", 0)
        if claimed > PICKLE_BYTES:  # one array in many places
            raise RefusedPickleError("has a pickle whose arrays claim more bytes than it has")
    return array.reshape(shape, order="F" if whole.columns_first else "C")


def _finished_item(item: Any) -> Any:
    if item is None or isinstance(item, bool | int | float | np.generic):
        return item
    if isinstance(item, _Array) and isinstance(item.content, bytes) and item.type is not None:
        flat = np.frombuffer(item.content, item.type.dtype())
        native = flat.astype(flat.dtype.newbyteorder("="))
        return native.reshape(item.shape, order="F" if item.columns_first else "C")
    raise RefusedPickleError("holds something else than arrays of numbers, numbers and None")


def _text(value: Any) -> str:
    """Return a name, which Python 2 wrote as bytes."""
    if isinstance(value, bytes):
        return value.decode("ascii")
    if not isinstance(value, str):
        raise RefusedPickleError("has a pickle with something else in the place of a name")
    return value


def _reduced(mark: Any, arguments: Any) -> _Array | _Type | np.generic:
    """Return what numpy's own function would make of the arguments, if they are those that numpy writes."""
    match mark, arguments:
        case _Global.RECONSTRUCT, (_Global.ARRAY, (0,), b"b"):
            return _Array()
        case _Global.TYPE, (name, *_) if len(arguments) <= 3:
            kind = _Type(_text(name))
            if not kind.is_object and not _NUMBER_TYPE.fullmatch(kind.name):
                raise RefusedPickleError(f"holds values of the type {kind.name[:20]!r}, which are no numbers")
            return kind
        case _Global.SCALAR, (_Type() as kind, bytes() as content):
            if kind.is_object or len(content) != kind.dtype().itemsize:
                raise RefusedPickleError("has a damaged pickle (a number of another length than its type's)")
            number: np.generic = np.frombuffer(content, kind.dtype())[0]
            return number
    raise RefusedPickleError("has a pickle that calls numpy with other arguments than numpy itself writes")


def _build(target: Any, state: Any) -> None:
    """Give an array or a type its content."""
    match target, state:
        case _Type(), (int(), order, None, None, None, int(), int(), int()) if _text(order) in "<>|=":
            target.order = "|" if target.is_object else _text(order)
        case _Array(content=None), (1, tuple(shape), _Type() as kind, bool(columns_first), list() | bytes() as content):
            if len(shape) > _MOST_AXES or not all(type(n) is int and n >= 0 for n in shape):
                raise RefusedPickleError("has a pickle with a shape that is none")
            size = 1 if kind.is_object else kind.dtype().itemsize
            if isinstance(content, list) != kind.is_object or math.prod(shape) * size != len(content):
                raise RefusedPickleError("has a pickle with an array whose content is not as long as its shape")
            target.shape, target.type, target.columns_first, target.content = shape, kind, columns_first, content
        case _:
            raise RefusedPickleError("has a pickle that sets something else than an array's content")


class _Unpickler(pickle._Unpickler):  # type: ignore[misc, name-defined, unused-ignore]
    """Python's own unpickler in Python: unlike the one in C it allocates nothing before it is read."""

    dispatch: ClassVar[dict[int, Callable[..., None]]] = {}
    stack: list[Any]

    def find_class(self, module: Any, name: Any) -> _Global:
        """Return the mark of a global. Imports nothing."""
        mark = _GLOBALS.get((_text(module), _text(name)))
        if mark is None:
            asked = f"{_text(module)}.{_text(name)}"[:120]
            raise RefusedPickleError(f"has a pickle that asks for {asked!r}; nothing was executed")
        return mark

    def refuse(self) -> None:
        """Refuse an operation that no array needs."""
        raise RefusedPickleError("has a pickle with an operation that no array needs; nothing was executed")

    def reduce(self) -> None:
        """See `_reduced`. Nothing is called."""
        arguments = self.stack.pop()
        self.stack[-1] = _reduced(self.stack[-1], arguments)

    def build(self) -> None:
        """See `_build`. No attribute is set that the pickle names."""
        state = self.stack.pop()
        _build(self.stack[-1], state)


_OPERATIONS = (
    pickle.PROTO, pickle.FRAME, pickle.STOP, pickle.MARK, pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.NONE,
    pickle.NEWTRUE, pickle.NEWFALSE, pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG1, pickle.BINFLOAT,
    pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.BINBYTES, pickle.SHORT_BINBYTES, pickle.BINUNICODE,
    pickle.SHORT_BINUNICODE, pickle.EMPTY_TUPLE, pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3,
    pickle.EMPTY_LIST, pickle.APPEND, pickle.APPENDS, pickle.BINGET, pickle.LONG_BINGET, pickle.BINPUT,
    pickle.LONG_BINPUT, pickle.MEMOIZE,
)  # fmt: skip
_Unpickler.dispatch.update(dict.fromkeys(range(256), _Unpickler.refuse))
for _operation in _OPERATIONS:
    _Unpickler.dispatch[_operation[0]] = pickle._Unpickler.dispatch[_operation[0]]  # type: ignore[attr-defined, unused-ignore]
_Unpickler.dispatch[pickle.REDUCE[0]] = _Unpickler.reduce
_Unpickler.dispatch[pickle.BUILD[0]] = _Unpickler.build
