"""The code that each stage imports, for dvc.yaml: `python -m tests.stages.code_dependencies` writes it there.

Stages that are made anew whenever they run depend on all code they import. The others keep what their fingerprint
names, and code changes it only by way of pipeline/config/recipes.yaml.

Files that are no modules, such as those of eval/report/page, belong to a folder that is listed as a whole.
"""

import ast
import re
import textwrap
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pipeline", "render", "train", "eval")
MADE_ANEW = ("synthesize", "survey", "manifest", "evaluate", "report")


def file_of(module: str) -> Path | None:
    """The file of a module of this project, relative to the root; None for anything else."""
    path = Path(*module.split("."))
    if module.split(".", maxsplit=1)[0] not in PACKAGES:
        return None
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if (ROOT / file).is_file()), None)


@cache
def imported_files(file: Path) -> set[Path]:
    """The project's files that one of them imports, wherever in it, and the packages that they lie in."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    names |= {name.rpartition(".")[0] for name in names}
    return {path for name in names if (path := file_of(name)) is not None}


@cache
def imports_of(stage: str) -> set[Path]:
    """All files of this project that a stage's module imports, directly or not, itself included."""
    found: set[Path] = set()
    waiting = {Path(f"pipeline/stages/{stage.replace('-', '_')}.py")}
    while waiting:
        file = waiting.pop()
        found.add(file)
        waiting |= imported_files(file) - found
    return found


def dependencies(stage: str) -> list[str]:
    """The same, with a folder in place of its files wherever the stage imports all of them."""
    files = imports_of(stage)
    whole: set[Path] = set()
    folders = {folder for file in files for folder in file.parents if folder != Path()}
    for folder in sorted(folders, key=lambda path: len(path.parts)):
        inside = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py")}
        if inside <= files | {path for path in inside if path.name == "__init__.py"} and not whole & set(
            folder.parents
        ):
            whole.add(folder)
    alone = {file for file in files if not whole & set(file.parents) and file.name != "__init__.py"}
    return sorted(path.as_posix() for path in whole | alone)


def with_dependencies(graph: str) -> str:
    """Return the text of dvc.yaml with the code of each stage made anew, behind the files that it depends on."""
    for stage in MADE_ANEW:
        pattern = rf"(  {stage}:\n(?:    .*\n)*?    deps: )\[([^\]]*)\]"
        found = re.search(pattern, graph)
        assert found is not None, f"dvc.yaml has no list of dependencies for {stage}"
        inputs = [item.strip() for item in found[2].split(",") if item.strip().startswith('"')]
        text = ", ".join([*inputs, *dependencies(stage)])
        lines = textwrap.wrap(text, width=114, break_long_words=False, break_on_hyphens=False)
        block = "[\n" + "".join(f"      {line}\n" for line in lines) + "    ]"
        graph = graph[: found.start(2) - 1] + block + graph[found.end() :]
    return graph


if __name__ == "__main__":
    path = ROOT / "dvc.yaml"
    path.write_text(with_dependencies(path.read_text(encoding="utf-8")), encoding="utf-8")
