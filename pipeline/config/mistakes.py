"""What is wrong with a setting, as one sentence for the user."""

import difflib
from typing import Any, cast

from pydantic import BaseModel

# Pydantic's errors that its own words do not explain to someone who edits yaml.
WORDS = {
    "bool_parsing": "it must be true or false",
    "bool_type": "it must be true or false",
    "float_parsing": "it must be a number",
    "float_type": "it must be a number",
    "int_from_float": "it must be a whole number",
    "int_parsing": "it must be a whole number",
    "int_type": "it must be a whole number",
    "missing": "the list is too short",
    "model_type": "it must be a section with keys",
    "string_too_short": "it must not be empty",
    "string_type": "it must be text",
    "too_long": "the list is too long",
    "too_short": "the list is too short",
    "tuple_type": "it must be a list",
}


def sentence(error: dict[str, Any], model: type[BaseModel]) -> str:
    """The key of a pydantic error in `model`, what is wrong with it, and the nearest known key."""
    where = [str(part) for part in error["loc"]]
    key = ".".join(where)
    if error["type"] == "extra_forbidden":
        known = _known_keys(model, where[:-1])
        near = difflib.get_close_matches(where[-1], known, n=1)
        hint = f"did you mean '{'.'.join([*where[:-1], near[0]])}'?" if near else f"known here: {', '.join(known)}."
        return f"unknown key '{key}'; {hint}"
    if error["type"] == "missing" and len(where) == 1:
        return f"the key '{key}' is missing; it has no default, because dvc.yaml reads it from params.yaml."
    message = str(error["msg"])
    if error["type"] == "value_error":
        return f"{key + ': ' if key else ''}{message.removeprefix('Value error, ')}."
    value = "null" if error["input"] is None else repr(error["input"])
    return f"{key} is {value}: {WORDS.get(error['type'], message.replace('Input should be', 'it must be'))}."


def _known_keys(model: type[BaseModel], section: list[str]) -> list[str]:
    for name in section:
        fields = {info.alias or field: info.annotation for field, info in model.model_fields.items()}
        model = cast(type[BaseModel], fields[name])
    return [info.alias or field for field, info in model.model_fields.items()]
