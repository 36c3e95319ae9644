"""Yaml that a person edits, read strictly and within limits: a mistake is one sentence with the file and the line."""

import re
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError
from pipeline.stores.plain_files import open_file

MOST_BYTES = 2**20
MOST_VALUES = 100_000
LARGEST = 2**63  # no setting needs a larger whole number
# What YAML 1.2, and so DVC, reads as a number, and YAML 1.1 as text: both must see the same settings.
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$")
_OCTAL = re.compile("0o[0-7]+$")
# What the two read as different numbers, or as number and text: 010, 03001627, 02691156, 1:30.
_TWO_MEANINGS = re.compile(r"[-+]?(?:0[0-9_]+|[0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?)$")
_NO_TEXT = re.compile("[\0-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class _Loader(yaml.SafeLoader):
    """A loader that refuses what plain yaml lets pass: a key that stands twice, and aliases that multiply a file."""

    def get_single_node(self) -> yaml.Node | None:
        node: yaml.Node | None = super().get_single_node()
        if node is not None and _values(node, {}) > MOST_VALUES:
            raise yaml.YAMLError(f"with its aliases it holds more than {MOST_VALUES} values")
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in keys:
                raise _marked(key, f"the key {key.value[:80]!r} stands twice")
            keys.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if isinstance(node, yaml.ScalarNode) and node.style is None and _TWO_MEANINGS.match(node.value):
            raise _marked(node, f"{node.value[:40]} is a number to some programs and text to others: put it in quotes")
        try:
            value = super().construct_object(node, deep)
        except (yaml.YAMLError, RecursionError, MemoryError):
            raise
        except Exception:  # constructors raise whatever a value leads to, such as a month 13
            raise _marked(node, f"{str(node.value)[:40]!r} is no {node.tag.rpartition(':')[2]}") from None
        if isinstance(value, str) and _NO_TEXT.search(value):
            raise _marked(node, f"{value[:80]!r} holds a control character, or half of a character")
        if isinstance(value, int) and not -LARGEST <= value < LARGEST:
            raise _marked(node, f"the number {str(node.value)[:20]}... is larger than any setting")
        return value


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _OCTAL, ["0"])


def load_yaml(text: str) -> Any:
    """Parse yaml. Raises ValueError, whose message names the line and what is wrong there."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(_problem(error)) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a yaml file. Raises UserError that names file and line."""
    try:
        with open_file(path) as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise UserError(f"{path} has more than {MOST_BYTES} bytes: it is no file of settings.")
        tree = load_yaml(data.decode("utf-8-sig"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run in the project's folder, or name a file with --params.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not text in UTF-8.") from None
    except ValueError as error:
        raise UserError(f"{path} is not valid yaml: {error}.") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path} holds no mapping of sections.")
    return tree


def _values(node: yaml.Node, counted: dict[int, int]) -> int:
    """Count the values below a node, those behind an alias each time; too many for an alias to what it lies in."""
    if id(node) not in counted:
        counted[id(node)] = MOST_VALUES + 1
        inner = node.value if isinstance(node, yaml.CollectionNode) else ()
        children = [child for item in inner for child in (item if isinstance(item, tuple) else (item,))]
        counted[id(node)] = 1 + sum(_values(child, counted) for child in children)
    return counted[id(node)]


def _marked(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def _problem(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    problem = "a tab; indent with spaces" if "'\\t'" in str(error.problem) else error.problem
    return f"line {error.problem_mark.line + 1}: {problem}"
