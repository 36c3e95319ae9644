"""A yaml file that a person edits, read strictly: a mistake is one sentence with the file and the line."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError


class _Loader(yaml.SafeLoader):
    """A loader that refuses a key that stands twice; plain yaml would drop the first value without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in keys:
                raise yaml.MarkedYAMLError(problem=f"the key '{key.value}' stands twice", problem_mark=key.start_mark)
            keys.add(key.value)
        return super().construct_mapping(node, deep)


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a yaml file. Raises UserError that names file and line."""
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a SafeLoader)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run in the project's folder, or name a file with --params.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no text in UTF-8.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid yaml: {_problem(error)}.") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path} holds no mapping of sections.")
    return tree


def _problem(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    problem = "a tab; indent with spaces" if "'\\t'" in str(error.problem) else error.problem
    return f"line {error.problem_mark.line + 1}: {problem}"
