"""JSON files with their own checksum: a change of any byte is detected."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of, json_bytes, write_json
from pipeline.stores.plain_files import PointerError, open_plain, read_file
from pipeline.stores.typed_json import load_json, parse_json

CHECKSUM = "checksum"  # over all other keys
Record = TypeVar("Record")


class DamagedJsonError(ValueError):
    """A file whose bytes are not what was written."""


def write_checked(path: Path, value: Mapping[str, Any]) -> None:
    """Write the mapping with its checksum, which has a key of its own."""
    write_json(path, {**value, CHECKSUM: digest_of(value)})


def read_checked(path: Path) -> dict[str, Any]:
    """Read what `write_checked` wrote, without the checksum. Raises FileNotFoundError, DamagedJsonError."""
    return checked(plain_bytes(path))


def read_checked_as(path: Path, kind: type[Record], strict: bool = True) -> Record:
    """Read what `write_checked` wrote as a record of this type. Raises FileNotFoundError, ValueError."""
    data = plain_bytes(path)
    checked(data)
    return parse_json(data, kind, strict)


def checked(data: bytes) -> dict[str, Any]:
    """Return the mapping in these bytes, without the checksum. Raises DamagedJsonError.

    The bytes are compared, not the values: other blanks, or `\\u00E9` for `\\u00e9`, are damage, too.
    """
    record = exact(data)
    checksum = record.pop(CHECKSUM, None)
    if checksum != digest_of(record):
        raise DamagedJsonError("the checksum does not fit")
    return record


def read_if_checked(path: Path) -> dict[str, Any]:
    """Read a mapping, which version 0.1.0 wrote without its checksum. Raises OSError, DamagedJsonError."""
    data = read_file(path)
    record = _mapping(data)
    return checked(data) if CHECKSUM in record else record


def read_exact(path: Path) -> dict[str, Any]:
    """Read a mapping that `write_json` wrote, with or without checksum. Raises FileNotFoundError, DamagedJsonError."""
    return exact(plain_bytes(path))


def plain_bytes(path: Path) -> bytes:
    """Read a plain file. Raises FileNotFoundError, DamagedJsonError for a link or a FIFO, and PointerError."""
    try:
        with open_plain(path) as file:
            return file.read()
    except PointerError:
        raise
    except UserError as error:
        raise DamagedJsonError(str(error)) from None


def exact(data: bytes) -> dict[str, Any]:
    """Return the mapping of which these are the bytes of `write_json`. Raises DamagedJsonError."""
    record = _mapping(data)
    try:
        if data == json_bytes(record):
            return record
    except ValueError as error:  # NaN or a lone surrogate, which are never written
        raise DamagedJsonError(str(error)) from None
    raise DamagedJsonError("not as it was written")


def _mapping(data: bytes) -> dict[str, Any]:
    try:
        record = load_json(data)
    except ValueError as error:
        raise DamagedJsonError(str(error)) from None
    if not isinstance(record, dict):
        raise DamagedJsonError("no mapping")
    return record
