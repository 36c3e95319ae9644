"""npz files: what numpy writes is read back; hostile and damaged ones are refused with a sentence."""

import os
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.numpy_files.npz_file import npz_checksum, read_npz
from pipeline.datasets.numpy_files.object_array import RefusedPickleError, read_object_array

FILE = PurePosixPath("a.npz")
NUMBERS = st.one_of(
    arrays.integer_dtypes(endianness="?"), arrays.unsigned_integer_dtypes(endianness="?"),
    arrays.floating_dtypes(sizes=(16, 32, 64), endianness="?"), arrays.boolean_dtypes(),
)  # fmt: skip
PLAIN = NUMBERS.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0)))
HUGE = 10**12
RECONSTRUCT: Any = np.zeros(1).__reduce__()[0]
SCALAR: Any = np.int64(1).__reduce__()[0]


def object_array(*items: Any) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        array[index] = item
    return array


def npy_header(descr: str, shape: str) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def npz_of(root: Path, content: bytes, name: str = "labels.npy", compression: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(root / FILE, "w", compression) as archive:
        archive.writestr(name, content)


def refusal(root: Path, names: tuple[str, ...] = ("labels",), limit: int = 2**26) -> str:
    with pytest.raises(DatasetError) as caught:
        read_npz(root, FILE, names, limit)
    message = str(caught.value)
    assert message.startswith("a.npz: ") and len(message.splitlines()) == 1
    return message


def memory(action: Callable[[], object]) -> int:
    """The most memory that Python's allocator gave during an action, in bytes."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def same(one: np.ndarray, other: np.ndarray) -> bool:
    native = other.astype(other.dtype.newbyteorder("="))
    return one.shape == other.shape and one.dtype == native.dtype and one.tobytes() == native.tobytes()


@settings(max_examples=30, deadline=None)
@given(values=PLAIN, compressed=st.booleans(), columns_first=st.booleans())
def test_arrays_of_numbers_come_back(
    tmp_path_factory: pytest.TempPathFactory, values: np.ndarray, compressed: bool, columns_first: bool
) -> None:
    root = tmp_path_factory.mktemp("npz")
    given_array = np.asarray(values, order="F" if columns_first else "C")
    (np.savez_compressed if compressed else np.savez)(root / FILE, labels=given_array)
    assert same(read_npz(root, FILE, ["labels"])["labels"], given_array)


@settings(max_examples=30, deadline=None)
@given(items=st.lists(PLAIN | st.integers() | st.none() | st.floats(allow_nan=False), max_size=5))
def test_arrays_of_objects_come_back(tmp_path_factory: pytest.TempPathFactory, items: list[Any]) -> None:
    root = tmp_path_factory.mktemp("npz")
    np.savez(root / FILE, labels=object_array(*items))
    back = read_npz(root, FILE, ["labels"])["labels"]
    assert back.shape == (len(items),)
    for one, other in zip(back, items, strict=True):
        assert same(one, other) if isinstance(other, np.ndarray) else one == other


@pytest.mark.parametrize("package", [b"numpy._core.", b"numpy.core."])
@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_every_protocol_that_numpy_ever_wrote_is_read_or_refused_in_a_sentence(protocol: int, package: bytes) -> None:
    rows = np.arange(6).reshape(2, 3)
    data = pickle.dumps(object_array(rows, np.asfortranarray(rows), np.int64(5)), protocol=protocol)
    if protocol < 3:  # Python 3 writes bytes by calling _codecs.encode there
        with pytest.raises(RefusedPickleError, match=r"_codecs\.encode"):
            read_object_array(data, (3,))
        return
    if protocol < 4:  # behind a length from protocol 4 on
        data = data.replace(b"numpy._core.", package)
    back = read_object_array(data, (3,))
    assert [np.asarray(item).tolist() for item in back] == [rows.tolist(), rows.tolist(), 5]


def test_an_array_of_python_2_is_read() -> None:
    """The pickle that numpy 1.13 writes under Python 2, by hand: protocol 2, bytes as BINSTRING."""

    def name(text: bytes) -> bytes:
        return b"U" + bytes([len(text)]) + text

    def array(shape: bytes, kind: bytes, content: bytes) -> bytes:
        start = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + name(b"b") + b"\x87R"
        return start + b"(K\x01" + shape + kind + b"\x89" + content + b"tb"

    def kind(text: bytes, order: bytes) -> bytes:
        state = b"(K\x03" + name(order) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        return b"cnumpy\ndtype\n" + name(text) + b"K\x00K\x01\x87R" + state

    inner = array(b"K\x01K\x03\x86", kind(b"i8", b"<"), name(np.array([7, 200, 3]).tobytes()))
    whole = b"\x80\x02" + array(b"K\x01\x85", kind(b"O8", b"|"), b"](" + inner + b"e") + b"."
    assert read_object_array(whole, (1,))[0].tolist() == [[7, 200, 3]]


class _Call:
    """Pickles as a call of `function` with `arguments`, and the state if one is given."""

    def __init__(self, function: Callable[..., Any], *arguments: Any, state: Any = None) -> None:
        self.call = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def test_a_call_in_a_pickle_is_not_executed(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    np.savez(tmp_path / FILE, labels=object_array(_Call(os.system, f"touch {marker}")))
    assert "labels: has a pickle that asks for 'posix.system'; nothing was executed" in refusal(tmp_path)
    assert not marker.exists()
    np.load(tmp_path / FILE, allow_pickle=True)["labels"]  # the file does what this test says
    assert marker.exists()


def _inner(shape: tuple[Any, ...]) -> _Call:
    """An array of one byte that says it has another shape."""
    return _Call(RECONSTRUCT, np.ndarray, (0,), b"b", state=(1, shape, np.dtype("i1"), False, b"\0"))


@pytest.mark.parametrize(
    "item",
    [
        _Call(RECONSTRUCT, np.ndarray, (HUGE,), b"b"),
        _Call(RECONSTRUCT, np.ndarray, (0,), b"b", state=(1, (1,), np.dtype("i1"))),
        _Call(np.ndarray, (HUGE,)),
        _Call(np.dtype, "V1000000000000"),
        _Call(np.dtype, [("f", "i8")]),
        _Call(np.dtype, "i8", state=(3, "<", None, None, None, -1, -1, 0, {})),
        _Call(SCALAR, np.dtype("i8"), b"123"),
        _Call(SCALAR, np.dtype("O"), b"12345678"),
        _Call(RECONSTRUCT, os.stat_result, (0,), b"b"),
        _Call(eval, "1"),
        _Call(getattr, "a", "upper"),
        np.array(["text"]),
        np.array([1 + 2j]),
        object_array(object_array(1)),
        object_array([1, 2]),
        {"a": 1},
        "text",
        *map(_inner, [(HUGE,), (2, 3), (-1,), (10**6,) * 7 + (0,) * 3, (True,)]),
    ],
    ids=lambda item: str(getattr(item, "call", item))[:60],
)
def test_everything_but_arrays_and_numbers_is_refused(tmp_path: Path, item: Any) -> None:
    np.savez(tmp_path / FILE, labels=object_array(item))
    assert ": labels: " in refusal(tmp_path)
    np.savez(tmp_path / FILE, labels=object_array(_inner((1,))))
    assert read_npz(tmp_path, FILE, ["labels"])["labels"][0].tolist() == [0]


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04B\xff\xff\xff\x7f",  # BINBYTES of 2 GB
        b"\x80\x04\x96" + struct.pack("<Q", 2**40),  # BYTEARRAY8
        b"\x80\x04Nr\xff\xff\xff\x7f.",  # LONG_BINPUT: C's unpickler makes a table of that size
        b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"N.",  # FRAME
        b"\x80\x04" + b"(" * 100_000,  # nested marks
        b"\x80\x04" + b"]" * 1000 + b"a" * 999 + b".",  # a list 1000 deep
        b"\x80\x04]\x94h\x00a.",  # a list in itself
        b"\x80\x04Nr" + struct.pack("<I", 2**23) + b".",  # one that could be had
        b"\x80\x04cnumpy\nndarray\nNb.",  # state of a class
        b"",
        b".",
        b"\x80\x04N",
        b"\x80\x09N.",
        pickle.dumps(object_array(*[np.zeros(10_000)] * 1000), protocol=4),  # one array in many places
    ],
    ids=range(14),
)
def test_hostile_operations_take_no_memory(data: bytes) -> None:
    def read() -> None:
        with pytest.raises(RefusedPickleError):
            read_object_array(data, (1000,))

    assert len(data) <= 100_002 and memory(read) < 2**24


def test_an_operation_that_no_array_needs_is_refused_unexecuted() -> None:
    attributes_of_a_function = b"\x80\x04cnumpy.core.multiarray\n_reconstruct\n}\x8c\x01aK\x01sb."
    with pytest.raises(RefusedPickleError, match="an operation that no array needs"):
        read_object_array(attributes_of_a_function, ())


def test_a_pickle_beyond_a_mebibyte_is_read_without_compression(tmp_path: Path) -> None:
    np.savez(tmp_path / FILE, labels=object_array(np.arange(200_000), None))
    assert read_npz(tmp_path, FILE, ["labels"])["labels"][0].tolist() == list(range(200_000))


def test_a_bomb_that_lies_about_its_size_is_cut_off(tmp_path: Path) -> None:
    npz_of(tmp_path, npy_header("|u1", "(100,)") + bytes(2**26))
    data = (tmp_path / FILE).read_bytes()
    true, false = struct.pack("<I", 2**26 + 128), struct.pack("<I", 228)
    assert data.count(true) == 2  # before the array, and in the table of contents
    (tmp_path / FILE).write_bytes(data.replace(true, false))
    assert memory(lambda: refusal(tmp_path)) < 2**22
    assert "Bad CRC-32" in refusal(tmp_path)


def test_two_arrays_together_are_bounded(tmp_path: Path) -> None:
    np.savez(tmp_path / FILE, labels=np.zeros(600, np.uint8), pts=np.zeros(600, np.uint8))
    assert read_npz(tmp_path, FILE, ("labels",), 1000)["labels"].sum() == 0
    assert "labels, pts: have 1456 bytes" in refusal(tmp_path, ("labels", "pts"), 1000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        *((npy_header("<i8", f"({HUGE}{rest})") + bytes(16), "in its header, but") for rest in (",", ", 0")),
        *((npy_header("<i8", shape) + bytes(16), "no usable header") for shape in ("(-1,)", "(3, True)", "(2.5,)")),
        (npy_header("<U9", "(1,)") + bytes(36), "has the type <U9"),
        (b"", "no usable header"),
        (b"no array", "no usable header"),
        (b"\x93NUMPY\x03\x00" + bytes(120), "no usable header"),
        (b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**31) + bytes(120), "no usable header"),  # a header of 2 GB
        (npy_header("|O", "(3,)") + pickle.dumps(object_array(1, 2)), "another shape"),
    ],
)
def test_a_header_must_fit_what_follows(tmp_path: Path, content: bytes, words: str) -> None:
    npz_of(tmp_path, content)
    assert words in refusal(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_or_changed_file_is_refused(tmp_path: Path, share: float) -> None:
    np.savez(tmp_path / FILE, labels=np.random.default_rng(0).integers(0, 9, 500))
    data = bytearray((tmp_path / FILE).read_bytes())
    (tmp_path / FILE).write_bytes(data[: int(share * len(data))])
    refusal(tmp_path)
    data[2000] ^= 1
    (tmp_path / FILE).write_bytes(data)
    assert "Bad CRC-32" in refusal(tmp_path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_without_a_bound_are_refused(tmp_path: Path, compression: int) -> None:
    npz_of(tmp_path, npy_header("|u1", "(1,)") + b"\0", compression=compression)
    assert "compressed in another way" in refusal(tmp_path)


def test_names_in_a_zip_are_no_paths(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    npz_of(inside, npy_header("|u1", "(1,)") + b"\0", name="../outside.npy")
    assert read_npz(inside, FILE, ["../outside"])["../outside"].tolist() == [0]  # a name, compared and never opened
    assert refusal(inside) == "a.npz: labels: is missing"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.npz", "inside"]


def test_what_is_no_usable_zip_is_refused(tmp_path: Path) -> None:
    assert "is missing" in refusal(tmp_path)
    (tmp_path / FILE).mkdir()
    assert "is no plain file" in refusal(tmp_path)
    (tmp_path / FILE).rmdir()
    (tmp_path / FILE).write_bytes(b"no zip")
    assert "is no usable npz file" in refusal(tmp_path)
    with zipfile.ZipFile(tmp_path / FILE, "w") as archive:
        for index in range(20_000):
            archive.writestr(f"{index:07}", b"")
    assert "table of contents" in refusal(tmp_path)


def test_the_checksum_is_that_of_the_content(tmp_path: Path) -> None:
    np.savez(tmp_path / FILE, labels=np.arange(5))
    before = npz_checksum(tmp_path, FILE, "labels")
    np.savez_compressed(tmp_path / FILE, labels=np.arange(5))
    assert npz_checksum(tmp_path, FILE, "labels") == before
    np.savez(tmp_path / FILE, labels=np.arange(5)[::-1].copy())
    assert npz_checksum(tmp_path, FILE, "labels") != before
