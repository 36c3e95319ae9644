"""Split a glb into its json and its bytes (glTF 2.0, section 4.4), and find the files that it names."""

import base64
import binascii
import struct
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote_to_bytes

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.look_notes import DAMAGED, MISSING, LookNote, LostLookError
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.text_files import OBJECT_JSON_BYTES, read_bytes
from pipeline.stores.typed_json import load_json

# Extensions that sit on geometry and are read, or say nothing of positions.
_READ = ("KHR_mesh_quantization", "EXT_mesh_gpu_instancing", "KHR_node_visibility")
_NOT_GEOMETRY = ("_materials_", "_texture_", "_lights_", "_xmp", "_metadata", "_features")
_MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")


@dataclass(frozen=True)
class GltfFile:
    """`tree` is the json as it stands, `binary` the chunk that its buffer 0 is; `file` names it in errors.

    Other files that it names are looked for among `files`; `used` are those that were, and the notes about them.
    """

    tree: dict[str, Any]
    binary: bytes
    file: PurePosixPath
    files: ObjectFiles
    used: dict[PurePosixPath, LookNote | None] = field(default_factory=dict)
    _buffers: dict[int, bytes] = field(default_factory=dict)

    def entry(self, kind: str, number: Any) -> Any:
        """An entry of one of the json's lists. Raises DatasetError if it is not there."""
        entries = self.tree.get(kind, [])
        if natural(number) >= len(entries):
            raise DatasetError(self.file, f"{kind} {number}", f"is not there: the file has {len(entries)}")
        return entries[number]

    def view(self, number: Any) -> memoryview:
        """The bytes of a buffer view. Raises DatasetError if they are not in this file."""
        view = self.entry("bufferViews", number)
        start, length = natural(view.get("byteOffset", 0)), natural(view["byteLength"])
        held = memoryview(self._buffer(natural(view["buffer"])))[start : start + length]
        if len(held) < length:
            raise DatasetError(self.file, f"bufferViews {number}", f"announces {length} bytes, and {len(held)} follow")
        return held

    def image(self, image: dict[str, Any], name: str) -> bytes | Path:
        """The bytes of an image, or its file. Raises LostLookError if they are not to be had."""
        if "bufferView" in image:
            return bytes(self.view(image["bufferView"]))
        uri = str(image.get("uri", ""))
        if not uri:
            raise LostLookError(f"texture {MISSING}", f"{name}: neither uri nor bufferView")
        return _data_uri(uri, name) if is_data(uri) else self.files.root / self._named(uri, "texture")

    def _buffer(self, number: int) -> bytes:
        buffer = self.entry("buffers", number)
        if "uri" not in buffer and number == 0:
            return self.binary
        if number not in self._buffers:
            uri = str(buffer.get("uri", ""))
            try:
                content = (
                    _data_uri(uri, "uri") if is_data(uri) else read_bytes(self.files.root, self._named(uri, "buffer"))
                )
            except LostLookError as error:
                reason = f"{error.reason}: {error.detail:.200}; save the mesh as one glb"
                raise DatasetError(self.file, f"buffers {number}", reason) from None
            self._buffers[number] = content
        return self._buffers[number]

    def _named(self, uri: str, what: str) -> PurePosixPath:
        named = self.files.find(self.file.parent, uri, what)
        self.used[named.file] = named.note
        return named.file


def natural(value: Any) -> int:
    """Check that a number of the json is a whole one, not negative. Raises ValueError."""
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r:.40} is no count or place")
    return value


def is_data(uri: str) -> bool:
    """Tell whether a URI holds its content itself."""
    return uri[:5].lower() == "data:"


def _data_uri(uri: str, name: str) -> bytes:
    """The content of a data URI (RFC 2397). Line breaks are passed over, and padding may be missing."""
    form, _, text = uri.partition(",")
    content = unquote_to_bytes(text)
    if not form.lower().endswith(";base64"):
        return content
    content = b"".join(content.split()).rstrip(b"=")
    try:
        return base64.b64decode(content + b"=" * (-len(content) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise LostLookError(f"texture {DAMAGED}", f"{name}: {error}") from None


def split_glb(data: bytes, file: PurePosixPath, files: ObjectFiles) -> GltfFile:
    """Split a glb into its chunks; `files` are those that it may name.

    Raises DatasetError for another file, for one shorter than its header says, and for a required extension that
    changes geometry and is not read. A required extension that touches looks alone costs no object.
    """
    if len(data) < 20 or data[:4] != b"glTF" or struct.unpack_from("<I", data, 4)[0] != 2:
        raise DatasetError(file, "header", "is no header of a glb of version 2")
    total, json_length, kind = struct.unpack_from("<II4s", data, 8)
    if not 20 + json_length <= total <= len(data) or kind != b"JSON":
        raise DatasetError(file, "header", f"announces {total} bytes, json first; the file has {len(data)}")
    if json_length > OBJECT_JSON_BYTES:
        raise DatasetError(file, "json", f"is too large: {json_length} bytes, the limit is {OBJECT_JSON_BYTES}")
    start, length = 20 + json_length, 0
    while start + 8 <= total:
        length, kind = struct.unpack_from("<I4s", data, start)
        start += 8
        if kind == b"BIN\0":
            break
        start, length = start + length, 0  # chunks of other kinds are for programs that know them
    if length > total - start:
        raise DatasetError(file, "BIN", f"announces {length} bytes, and {total - start} follow")
    try:
        tree = _given(load_json(data[20 : 20 + json_length].rstrip(b"\0")))
    except ValueError as error:
        raise DatasetError(file, "json", f"is no valid json: {error}") from None
    if not isinstance(tree, dict):
        raise DatasetError(file, "json", "is no object")
    _check_required(tree, file)
    return GltfFile(tree, data[start : start + length], file, files)


def _given(value: Any) -> Any:
    """The value without keys that are null: some exporters write them for what is absent."""
    if isinstance(value, dict):
        return {key: _given(part) for key, part in value.items() if part is not None}
    return [_given(part) for part in value] if isinstance(value, list) else value


def _check_required(tree: dict[str, Any], file: PurePosixPath) -> None:
    """Raise DatasetError for a required extension that sits on geometry and cannot be read.

    Compressed data that are not required have a copy without compression, which is read.
    """
    required = {str(name) for name in tree.get("extensionsRequired", [])} - set(_READ)
    if not required:
        return
    meshes = tree.get("meshes", [])
    holders = [*meshes, *(primitive for mesh in meshes for primitive in mesh["primitives"])]
    for kind in ("nodes", "skins", "accessors", "bufferViews", "buffers"):
        holders += tree.get(kind, [])
    for name in sorted(required & {name for holder in holders for name in holder.get("extensions", {})}):
        if not any(word in name for word in _NOT_GEOMETRY):
            compressed = "draco" in name or name in _MESHOPT
            remedy = "export the mesh without compression" if compressed else "export the mesh without it"
            raise DatasetError(file, "extensionsRequired", f"{name[:80]} is not supported; {remedy}")
