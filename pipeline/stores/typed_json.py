"""JSON as frozen dataclasses: every file that the project writes and reads back goes through here."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

Record = TypeVar("Record")


def load_json(data: bytes | str) -> Any:
    """Parse JSON of any form. Raises ValueError for what is none, or is nested too deeply."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)  # making one takes milliseconds


def parse_json(data: bytes, kind: type[Record], strict: bool = True) -> Record:
    """Parse JSON as a record of this type. Raises ValueError that names the first wrong field, in one sentence.

    `strict` refuses strings for numbers; without it "NaN" and "Infinity" are numbers.
    """
    try:
        record: Record = _adapter(kind).validate_json(data, strict=strict)
    except ValidationError as error:
        mistake = error.errors()[0]
        raise ValueError(": ".join(filter(None, [".".join(map(str, mistake["loc"])), mistake["msg"]]))) from None
    return record


def json_record(record: object) -> dict[str, Any]:
    """Return a record as it is read back from JSON: what is not finite is as its type says."""
    mapping: dict[str, Any] = json.loads(_adapter(type(record)).dump_json(record))
    return mapping


def plain_json(record: object) -> Any:
    """Return a record as dictionaries, lists and numbers, as JSON has them."""
    return _adapter(type(record)).dump_python(record, mode="json")
