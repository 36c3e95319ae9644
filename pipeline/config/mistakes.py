"""What is wrong with a setting, as one sentence for the user."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

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


def setting_key(where: Sequence[str | int], model: type[BaseModel]) -> str:
    """Return the key of a place in `model` as a user writes it; pydantic's places also hold a network's kind."""
    return ".".join(shown for shown, _ in _steps(where, model))


def sentence(error: dict[str, Any], model: type[BaseModel]) -> str:
    """The key of a pydantic error in `model`, what is wrong with it, and the nearest known key."""
    where = [shown for shown, _ in _steps(error["loc"], model)]
    key = ".".join(where)
    if error["type"] == "extra_forbidden":
        *_, (_, section) = _steps(error["loc"], model)
        known = [info.alias or field for field, info in section.model_fields.items()]
        near = difflib.get_close_matches(where[-1], known, n=1)
        hint = f"did you mean '{'.'.join([*where[:-1], near[0]])}'?" if near else f"known here: {', '.join(known)}."
        return f"unknown key '{key}'; {hint}"
    if error["type"] == "missing" and len(where) == 1:
        return f"the key '{key}' is missing; it has no default, because dvc.yaml reads it from params.yaml."
    if error["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return f"{key}.kind is {error.get('ctx', {}).get('tag', 'missing')}: it must be one of {', '.join(kinds())}."
    if error["type"] == "missing" and not isinstance(error["loc"][-1], int):
        return f"the key '{key}' is missing."
    message = str(error["msg"])
    if error["type"] == "value_error":
        return f"{key + ': ' if key else ''}{message.removeprefix('Value error, ')}."
    words = WORDS.get(error["type"], message.replace("Input should be", "it must be"))
    quoted = error["type"] == "string_type" and not isinstance(error["input"], list | dict | None)
    return f"{key} is {_shown(error['input'])}: {words}{QUOTES if quoted else ''}."


def _shown(value: Any) -> str:
    """A value as it may stand in yaml, cut to what a sentence can hold."""
    plain = {None: "null", True: "true", False: "false"}.get(value) if value is None or type(value) is bool else None
    return shortened(plain or (repr(value) if isinstance(value, str | int | float | list | dict) else str(value)))


def shortened(text: str) -> str:
    """A text cut to what a sentence can hold."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def kinds() -> list[str]:
    """List the kinds of networks."""
    return [str(kind.model_fields["kind"].default) for kind in KINDS]


def _steps(where: Sequence[str | int], model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Go down a pydantic location: each part as a user writes it, and the section in which it stands."""
    named = {str(kind.model_fields["kind"].default): kind for kind in KINDS}
    inside_networks = False
    for number, part in enumerate(where):
        if inside_networks and number == 2 and part in named:
            model = named[str(part)]
            continue
        yield str(part), model
        fields = {info.alias or field: info.annotation for field, info in model.model_fields.items()}
        inner = fields.get(str(part))
        inside_networks = inside_networks or (number == 0 and part == "networks")
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
