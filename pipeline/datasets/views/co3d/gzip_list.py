"""Read a gzip json list of objects, one object at a time, so that memory does not grow with the file."""

import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pipeline.datasets.errors import DatasetError, raise_machine_error
from pipeline.datasets.text_files import read_bytes
from pipeline.stores.typed_json import parse_json

Record = TypeVar("Record")

CHUNK_BYTES = 2**20
_NOT_BLANK = re.compile(r"[^ \t\r\n]")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class ListLimits:
    """The largest list that is read. A frame of CO3D has about 1,000 characters, and a category below 400,000 frames.

    `packed_bytes` and `bytes` are the file's size before and after unpacking, `characters` those of one object.
    """

    packed_bytes: int = 2**28
    bytes: int = 2**31
    entries: int = 2**20
    characters: int = 2**20


LIMITS = ListLimits()


def read_gzip_list(
    root: Path, file: PurePosixPath, kind: type[Record], limits: ListLimits = LIMITS
) -> Iterator[Record]:
    """Yield the entries of the gzip json list `root / file` as records of this type; keys it lacks are passed over.

    Memory stays below the packed file and a few entries. Raises DatasetError for a file that is missing, no gzip, too
    large when unpacked, no list of objects, or has an entry that does not fit; the message names the entry.
    """
    source = _Text(GzipFile(fileobj=io.BytesIO(read_bytes(root, file, limits.packed_bytes))), file, limits)
    source.expect("[")
    number = 0
    while source.peek() != "]":
        if number:
            source.expect(",")
        if number == limits.entries:
            raise DatasetError(file, "file", f"has more than {limits.entries:,} entries")
        text = source.take_object(number)
        try:
            yield parse_json(text.encode(), kind)
        except ValueError as error:
            raise DatasetError(file, f"entry {number}", str(error)) from None
        number += 1
    source.expect("]")
    if source.peek():
        raise DatasetError(file, "file", "goes on after the end of its list")


class _Text:
    """The unpacked text, of which a window is kept."""

    def __init__(self, packed: GzipFile, file: PurePosixPath, limits: ListLimits) -> None:
        self._packed, self._file, self._limits = packed, file, limits
        self._text = io.TextIOWrapper(packed, "utf-8-sig", "replace")
        self._window, self._at = "", 0

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            found = _NOT_BLANK.search(self._window, self._at)
            self._at = found.start() if found else len(self._window)
            if found:
                return found[0]
            if not self._more():
                return ""

    def expect(self, character: str) -> None:
        """Pass over this character. Raises DatasetError if another one is next."""
        if self.peek() != character:
            raise DatasetError(self._file, "file", f"is no json list: {character!r} is missing")
        self._at += 1

    def take_object(self, number: int) -> str:
        """The text of the json object that is next."""
        if self.peek() != "{":
            raise DatasetError(self._file, f"entry {number}", "is no json object")
        while True:
            try:
                _, end = _DECODER.raw_decode(self._window, self._at)
            except RecursionError:
                raise DatasetError(self._file, f"entry {number}", "is nested too deeply") from None
            except ValueError as error:  # not json, or not yet all of it
                if len(self._window) - self._at > self._limits.characters or not self._more():
                    longest = f"of at most {self._limits.characters:,} characters"
                    reason = f"is no json object {longest}: {str(error)[:80]}"
                    raise DatasetError(self._file, f"entry {number}", reason) from None
            else:
                text, self._at = self._window[self._at : end], end
                return text

    def _more(self) -> bool:
        """Unpack a chunk behind the rest of the window; False at the end of the file."""
        try:
            chunk = self._text.read(CHUNK_BYTES)
        except (OSError, EOFError, zlib.error) as error:
            raise_machine_error(error)
            raise DatasetError(self._file, "file", f"is no valid gzip file: {error}") from None
        if self._packed.tell() > self._limits.bytes:
            raise DatasetError(self._file, "file", f"has more than {self._limits.bytes:,} bytes when unpacked")
        self._window, self._at = self._window[self._at :] + chunk, 0
        return bool(chunk)
