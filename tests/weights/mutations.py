"""What can be wrong with a file of weights, beyond its bytes: names, types, shapes, values, and what is no tensor."""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch

from pipeline.stores.checked_json import CHECKSUM, write_checked
from tests.fuzz.json_mutations import json_changed, json_replaced

State = dict[str, Any]
MARK = "executed"  # a file beside the weights that code in them would make

STRANGE_TYPES = (torch.int64, torch.bool, torch.complex64, torch.float16, torch.bfloat16, torch.float64, torch.uint8)
STRANGE_VALUES = (None, 1, 1.5, "text", b"bytes", [1, 2], {}, {"a": 1}, True, (), float("nan"))
STRANGE_WHOLES = (
    None, 3, "text", [], {}, torch.zeros(3), [torch.zeros(2)], {"teacher": 5}, {"teacher": {}}, {1: torch.zeros(2)},
)  # fmt: skip
INFINITE = (float("nan"), float("inf"), -float("inf"))
STRANGE_HEADER = {
    "data_offsets": [[0, 0], [0, 2**60], [-4, 0], [8, 4], [0], "x", None],
    "dtype": ["F64", "I8", "X", None, 5, "F8_E4M3", "BOOL"],
    "shape": [[], [2**40], [-1], [1.5], "x", [2**33, 2**33], [0]],
}


def chosen(rng: np.random.Generator, among: Any) -> Any:
    return list(among)[int(rng.integers(len(among)))]


def reshaped(value: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    flat = value.flatten()
    return chosen(rng, [flat, value[None], value[..., None], flat[:0], value.sum(), torch.zeros(3, 5)])


def one_not_finite(value: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    flat = value.flatten().clone()
    if value.is_floating_point() and len(flat):
        flat[int(rng.integers(len(flat)))] = float("nan")
    return flat.view(value.shape)


# Another tensor in the place of one.
TENSOR_MUTATIONS: Mapping[str, Callable[[torch.Tensor, np.random.Generator], torch.Tensor]] = {
    "another shape": reshaped,
    "another type": lambda value, rng: value.to(chosen(rng, STRANGE_TYPES)),
    "not finite": lambda value, rng: (
        torch.full_like(value, chosen(rng, INFINITE)) if value.is_floating_point() else value
    ),
    "one number not finite": one_not_finite,
}


def renamed(state: State, key: str, rng: np.random.Generator) -> None:
    state[chosen(rng, ["x", "", key + ".", "module." + key, key.upper(), key[1:]])] = state.pop(key)


def few_left(state: State, _key: str, rng: np.random.Generator) -> None:
    for name in list(state):
        if rng.integers(2):
            del state[name]


STATE_MUTATIONS: Mapping[str, Callable[[State, str, np.random.Generator], object]] = {
    "an entry dropped": lambda state, key, _: state.pop(key),
    "an entry renamed": renamed,
    "no entry": lambda state, *_: state.clear(),
    "half of the entries": few_left,
}


class Code:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


def strange_values(file: Path, rng: np.random.Generator) -> None:
    """Something else in the place of a tensor, or of the whole; only a .pth file can hold it."""
    state: Any = torch.load(file, weights_only=True)
    key, kind = chosen(rng, state), int(rng.integers(5))
    sparse, huge = torch.zeros(3, 3).to_sparse(), torch.zeros(1).expand(10**6, 10**5)
    if kind == 0:
        state[key] = chosen(rng, STRANGE_VALUES)
    elif kind == 1:
        state = chosen(rng, STRANGE_WHOLES)
    elif kind == 2:
        state[key] = chosen(rng, [sparse, huge, torch.nn.Parameter(torch.zeros(2))])
    elif kind == 3:
        state[key] = Code(file.parent / MARK)
    else:
        state = {chosen(rng, ["state_dict", "teacher", "model", "student"]): state}
    torch.save(state, file)


def plain_pickle(file: Path, rng: np.random.Generator) -> None:
    code = Code(file.parent / MARK)
    file.write_bytes(pickle.dumps(chosen(rng, [code, {"a": code}, {"a": 1}, [1]])))


def rezipped(file: Path, rng: np.random.Generator) -> None:
    """The same members, one of them changed, packed, dropped, or twice."""
    with zipfile.ZipFile(file) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name, kind = chosen(rng, members), int(rng.integers(5))
    packed = zipfile.ZIP_DEFLATED if kind == 0 else zipfile.ZIP_STORED
    if kind == 1:
        members[name] = rng.bytes(int(rng.integers(200)))
    elif kind == 2:
        del members[name]
    elif kind == 3:
        members[name] = members[name][: int(rng.integers(len(members[name]) + 1))]
    elif kind == 4:
        members["../../" + name] = b"x"
    with zipfile.ZipFile(file, "w", packed) as archive:
        for inner, data in members.items():
            archive.writestr(inner, data)


def bomb(file: Path, rng: np.random.Generator) -> None:
    """A small file that unpacks to a thousand times its size."""
    content = io.BytesIO()
    torch.save({"a": torch.zeros(2**25)}, content)
    with zipfile.ZipFile(content) as whole, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as small:
        for info in whole.infolist():
            small.writestr(info.filename, whole.read(info))


def header_changed(file: Path, rng: np.random.Generator) -> None:
    """Another header of a safetensors file."""
    data = file.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    entry = header[chosen(rng, [name for name in header if name != "__metadata__"])]
    kind = chosen(rng, [*STRANGE_HEADER, "entry", "metadata", "whole"])
    if kind in STRANGE_HEADER:
        entry[kind] = chosen(rng, STRANGE_HEADER[kind])
    elif kind == "entry":
        entry.clear()
    elif kind == "metadata":
        header["__metadata__"] = chosen(rng, [{"a": 1}, [], "x", {"format": "tf"}])
    else:
        header = chosen(rng, [[], {}, {"a": []}, "x"])
    text = json.dumps(header).encode()
    size = len(text) if rng.integers(4) else int(chosen(rng, [0, 2**40, 2**63, 3]))
    file.write_bytes(struct.pack("<Q", size) + text + data[8 + length :])


def record_changed(file: Path, rng: np.random.Generator) -> None:
    """A configuration changed or replaced; a checksum in it is made to fit."""
    content = json.loads(file.read_bytes())
    checked = isinstance(content, dict) and content.pop(CHECKSUM, None) is not None
    file.write_text(json.dumps(content))
    (json_changed if rng.integers(12) else json_replaced)(file, rng)
    with suppress(ValueError, RecursionError):
        changed = json.loads(file.read_bytes())
        if checked and isinstance(changed, dict):
            write_checked(file, changed)


def state_changed(name: str) -> Callable[[Path, np.random.Generator], None]:
    def mutate(file: Path, rng: np.random.Generator) -> None:
        safe = file.suffix == ".safetensors"
        state = dict(safetensors.torch.load_file(file) if safe else torch.load(file, weights_only=True))
        key = chosen(rng, state)
        if name in TENSOR_MUTATIONS:
            state[key] = TENSOR_MUTATIONS[name](state[key], rng)
        else:
            STATE_MUTATIONS[name](state, key, rng)
        if safe:
            file.write_bytes(safetensors.torch.save({k: v.contiguous() for k, v in state.items()}))
        else:
            torch.save(state, file)

    return mutate


ANY_STATE = {name: state_changed(name) for name in (*TENSOR_MUTATIONS, *STATE_MUTATIONS)}
PTH = {
    **ANY_STATE,
    "no tensors": strange_values,
    "a pickle": plain_pickle,
    "another zip": rezipped,
    "a packed zip": bomb,
}
OF_SUFFIX: Mapping[str, Mapping[str, Callable[[Path, np.random.Generator], None]]] = {
    ".pth": PTH,
    "": PTH,
    ".safetensors": {**ANY_STATE, "another header": header_changed},
    ".json": {"a value changed": record_changed},
}
