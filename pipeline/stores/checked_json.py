"""JSON files that carry a checksum of themselves: whatever byte of them changes, it is noticed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.stores.atomic_files import digest_of, json_bytes, write_json

CHECKSUM = "checksum"  # over all other keys


class DamagedJsonError(ValueError):
    """Bytes that `write_checked` did not write."""


def write_checked(path: Path, value: Mapping[str, Any]) -> None:
    """Replace `path` by the mapping and its checksum, under a key of its own."""
    write_json(path, {**value, CHECKSUM: digest_of(value)})


def read_checked(path: Path) -> dict[str, Any]:
    """What was written, without the checksum. Raises FileNotFoundError, DamagedJsonError."""
    return checked(path.read_bytes())


def checked(data: bytes) -> dict[str, Any]:
    """The mapping that these bytes hold. Raises DamagedJsonError.

    Equal values are not enough: other blanks, or `\\u00E9` for `\\u00e9`, are not what was written.
    """
    try:
        held = json.loads(data)
        checksum = held.pop(CHECKSUM)
        if checksum != digest_of(held) or data != json_bytes({**held, CHECKSUM: checksum}):
            raise DamagedJsonError("the checksum does not fit")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedJsonError(str(error)) from None
    return dict(held)


def read_exact(path: Path) -> dict[str, Any]:
    """A mapping that `write_json` wrote, checksum or none. Raises FileNotFoundError, DamagedJsonError."""
    data = path.read_bytes()
    try:
        held = json.loads(data)
        if not isinstance(held, dict) or data != json_bytes(held):
            raise DamagedJsonError("not as it was written")
    except ValueError as error:
        raise DamagedJsonError(str(error)) from None
    return held
