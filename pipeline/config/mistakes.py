"""Mistakes in settings, each as one sentence for the user."""

import difflib
from collections.abc import Sequence
from typing import Any, cast

from pydantic import BaseModel

from pipeline.config.sections.teachers import KINDS

SHOWN = 80
# 007, 1e3, no and 2024-01-01 are no text in yaml.
QUOTES = '; put it in quotes, such as "007" or "no"'
# Pydantic's errors that its own words do not explain to someone who edits yaml.
WORDS = {
    "bool_parsing": "it must be true or false",
    "bool_type": "it must be true or false",
    "dict_type": "it must be a section with keys",
    "float_parsing": "it must be a number",
    "float_type": "it must be a number",
    "int_from_float": "it must be a whole number",
    "int_parsing": "it must be a whole number",
    "int_parsing_size": "it must be a smaller number",
    "int_type": "it must be a whole number",
    "invalid_key": 'a key must be text; put it in quotes, such as "no"',
    "missing": "the list is too short",
    "string_pattern_mismatch": "it must be 64 digits of 0-9 and a-f",
    "model_attributes_type": "it must be a section with keys",
    "model_type": "it must be a section with keys",
    "string_too_short": "it must not be empty",
    "string_too_long": "it is too long",
    "string_type": "it must be text",
    "too_long": "the list is too long",
    "too_short": "the list is too short",
    "tuple_type": "it must be a list",
}
KIND_NAMES = {str(kind.model_fields["kind"].default): kind for kind in KINDS}


def setting_key(where: Sequence[str | int]) -> str:
    """Return the key of a place as a user writes it; pydantic's place of a network's key also holds its kind."""
    inside = where[:1] == ("networks",) and where[2:3] and where[2] in KIND_NAMES
    return ".".join(map(str, (*where[:2], *where[3:]) if inside else where))


def sentence(error: dict[str, Any], model: type[BaseModel]) -> str:
    """The key of a pydantic error in `model`, what is wrong with it, and the nearest known key."""
    where, kind, message = error["loc"], error["type"], str(error["msg"])
    key = setting_key(where)
    if kind == "extra_forbidden":
        *above, last = key.split(".")
        known = [info.alias or field for field, info in _section(where[:-1], model).model_fields.items()]
        near = difflib.get_close_matches(last, known, n=1)
        hint = f"did you mean '{'.'.join([*above, near[0]])}'?" if near else f"known here: {', '.join(known)}."
        return f"unknown key '{key}'; {hint}"
    if kind == "missing" and len(where) == 1:
        return f"the key '{key}' is missing; it has no default, because dvc.yaml reads it from params.yaml."
    if kind == "missing" and not isinstance(where[-1], int):
        return f"the key '{key}' is missing."
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return f"{key}.kind is {error.get('ctx', {}).get('tag', 'missing')}: it must be one of {', '.join(KIND_NAMES)}."
    if kind == "value_error":
        return f"{key + ': ' if key else ''}{message.removeprefix('Value error, ')}."
    words = WORDS.get(kind, message.replace("Input should be", "it must be"))
    quoted = kind == "string_type" and not isinstance(error["input"], list | dict | None)
    return f"{key} is {_shown(error['input'])}: {words}{QUOTES if quoted else ''}."


def _section(where: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel]:
    """Return the section at a place in `model`."""
    if where[:1] == ("networks",):
        return KIND_NAMES[str(where[2])]
    for part in where:
        fields = {info.alias or field: info.annotation for field, info in model.model_fields.items()}
        model = cast(type[BaseModel], fields[str(part)])
    return model


def _shown(value: Any) -> str:
    """A value as it may stand in yaml, cut to what a sentence can hold."""
    plain = {None: "null", True: "true", False: "false"}.get(value) if value is None or type(value) is bool else None
    return shortened(plain or (repr(value) if isinstance(value, str | int | float | list | dict) else str(value)))


def shortened(text: str) -> str:
    """A text cut to what a sentence can hold."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
