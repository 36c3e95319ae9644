"""What can be wrong with a file of weights, beyond its bytes: names, types, shapes, values, and what is no tensor."""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch

from pipeline.stores.checked_json import CHECKSUM, write_checked

State = dict[str, Any]
MARK = "executed"  # a file beside the weights that code in them would make

STRANGE_TYPES = (torch.int64, torch.bool, torch.complex64, torch.float16, torch.bfloat16, torch.float64, torch.uint8)
STRANGE_VALUES = (None, 1, 1.5, "text", b"bytes", [1, 2], {}, {"a": 1}, True, (), float("nan"))
STRANGE_JSON = (None, -1, 0, 2**70, 1.5, "text", [], {}, [1], {"a": 1}, True, "../../etc/passwd", 10**9, -0.0, [[]])
STRANGE_WHOLES = (
    None,
    3,
    "text",
    [],
    {},
    torch.zeros(3),
    [torch.zeros(2)],
    {"teacher": 5},
    {"teacher": {}},
    {1: torch.zeros(2)},
)


def chosen(rng: np.random.Generator, among: Any) -> Any:
    return list(among)[int(rng.integers(len(among)))]


def dropped(state: State, key: str, rng: np.random.Generator) -> None:
    del state[key]


def renamed(state: State, key: str, rng: np.random.Generator) -> None:
    state[chosen(rng, ["x", "", key + ".", "module." + key, key.upper(), key[1:]])] = state.pop(key)


def reshaped(state: State, key: str, rng: np.random.Generator) -> None:
    value = state[key]
    state[key] = chosen(
        rng, [value.flatten(), value[None], value[..., None], value.flatten()[:0], value.sum(), torch.zeros(3, 5)]
    )


def retyped(state: State, key: str, rng: np.random.Generator) -> None:
    state[key] = state[key].to(chosen(rng, STRANGE_TYPES))


def not_finite(state: State, key: str, rng: np.random.Generator) -> None:
    if state[key].is_floating_point():
        state[key] = torch.full_like(state[key], chosen(rng, [float("nan"), float("inf"), -float("inf")]))


def one_not_finite(state: State, key: str, rng: np.random.Generator) -> None:
    if state[key].is_floating_point() and state[key].numel():
        flat = state[key].flatten().clone()
        flat[int(rng.integers(len(flat)))] = float("nan")
        state[key] = flat.view(state[key].shape)


def emptied(state: State, key: str, rng: np.random.Generator) -> None:
    state.clear()


def few_left(state: State, key: str, rng: np.random.Generator) -> None:
    for name in list(state):
        if rng.integers(2):
            del state[name]


STATE_MUTATIONS: Mapping[str, Callable[[State, str, np.random.Generator], None]] = {
    "an entry dropped": dropped,
    "an entry renamed": renamed,
    "another shape": reshaped,
    "another type": retyped,
    "not finite": not_finite,
    "one number not finite": one_not_finite,
    "no entry": emptied,
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
    kind = int(rng.integers(5))
    key = chosen(rng, state)
    if kind == 0:
        state[key] = chosen(rng, STRANGE_VALUES)
    elif kind == 1:
        state = chosen(rng, STRANGE_WHOLES)
    elif kind == 2:
        state[key] = chosen(
            rng,
            [torch.zeros(3, 3).to_sparse(), torch.zeros(1).expand(10**6, 10**5), torch.nn.Parameter(torch.zeros(2))],
        )
    elif kind == 3:
        state[key] = Code(file.parent / MARK)
    else:
        state = {chosen(rng, ["state_dict", "teacher", "model", "student"]): state}
    torch.save(state, file)


def plain_pickle(file: Path, rng: np.random.Generator) -> None:
    file.write_bytes(
        pickle.dumps(chosen(rng, [Code(file.parent / MARK), {"a": Code(file.parent / MARK)}, {"a": 1}, [1]]))
    )


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
    match int(rng.integers(6)):
        case 0:
            entry["data_offsets"] = chosen(rng, [[0, 0], [0, 2**60], [-4, 0], [8, 4], [0], "x", None])
        case 1:
            entry["dtype"] = chosen(rng, ["F64", "I8", "X", None, 5, "F8_E4M3", "BOOL"])
        case 2:
            entry["shape"] = chosen(rng, [[], [2**40], [-1], [1.5], "x", [2**33, 2**33], [0]])
        case 3:
            entry.clear()
        case 4:
            header["__metadata__"] = chosen(rng, [{"a": 1}, [], "x", {"format": "tf"}])
        case _:
            header = chosen(rng, [[], {}, {"a": []}, "x"])
    text = json.dumps(header).encode()
    size = len(text) if rng.integers(4) else int(chosen(rng, [0, 2**40, 2**63, 3]))
    file.write_bytes(struct.pack("<Q", size) + text + data[8 + length :])


def json_changed(file: Path, rng: np.random.Generator) -> None:
    """A value of a configuration changed or dropped; a checksum in it is made to fit."""
    content = json.loads(file.read_bytes())
    checked = isinstance(content, dict) and content.pop(CHECKSUM, None) is not None
    places = list(_places(content))
    if not places or not rng.integers(12):
        file.write_text(chosen(rng, ["[" * 100_000, "", "null", "5", "{}", "[]", '{"a": 1e999}', "\ufeff{}"]))
        return
    holder, key = chosen(rng, places)
    if rng.integers(4):
        holder[key] = chosen(rng, STRANGE_JSON)
    else:
        del holder[key]
    write_checked(file, content) if checked else file.write_text(json.dumps(content))


def _places(value: Any) -> Any:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(inner)[:400]:
        yield value, key
        yield from _places(child)


def state_changed(name: str) -> Callable[[Path, np.random.Generator], None]:
    def mutate(file: Path, rng: np.random.Generator) -> None:
        safe = file.suffix == ".safetensors"
        state = dict(safetensors.torch.load_file(file) if safe else torch.load(file, weights_only=True))
        STATE_MUTATIONS[name](state, chosen(rng, state), rng)
        if safe:
            file.write_bytes(safetensors.torch.save({k: v.contiguous() for k, v in state.items()}))
        else:
            torch.save(state, file)

    return mutate


ANY_STATE = {name: state_changed(name) for name in STATE_MUTATIONS}
PTH = {
    **ANY_STATE,
    "no tensors": strange_values,
    "a pickle": plain_pickle,
    "another zip": rezipped,
    "a packed zip": bomb,
}
SAFETENSORS = {**ANY_STATE, "another header": header_changed}
OF_SUFFIX: Mapping[str, Mapping[str, Callable[[Path, np.random.Generator], None]]] = {
    ".pth": PTH,
    "": PTH,
    ".safetensors": SAFETENSORS,
    ".json": {"a value changed": json_changed},
}
