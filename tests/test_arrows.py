"""The direction in which the house is built: cli -> stages -> rooms -> data layer, and no circle."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("pipeline", "render", "train", "eval")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path) for path in SOURCES}


def imports_of(path: Path) -> set[str]:
    """The project's own modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [str(node.module)]
        found |= {name for name in names if name in MODULES}
    return found


def room_of(module: str) -> str:
    """cli, stages, a room (render, train, eval, teachers), or data for the rest of `pipeline`."""
    top, _, rest = module.partition(".")
    if top != "pipeline":
        return top
    first = rest.partition(".")[0]
    return first if first in ("cli", "stages", "teachers") else "data"


ALLOWED = {
    "cli": {"cli", "stages", "data"},
    "stages": {"stages", "render", "train", "eval", "teachers", "data"},
    "render": {"render", "data"},
    "train": {"train", "data"},
    "eval": {"eval", "data"},
    "teachers": {"teachers", "data"},
    "data": {"data"},
}
CAMERAS = "render.cameras"  # geometry that every room shares


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_go_one_way(path: Path) -> None:
    here = room_of(module_of(path))
    for target in imports_of(path):
        assert target == CAMERAS or room_of(target) in ALLOWED[here], f"{module_of(path)} imports {target}"


def test_there_is_no_circle() -> None:
    graph = {module_of(path): imports_of(path) - {module_of(path)} for path in SOURCES}
    order: list[str] = []
    while graph:
        free = [module for module, targets in graph.items() if not targets & graph.keys()]
        assert free, f"a circle among {sorted(graph)}"
        order += free
        graph = {module: targets for module, targets in graph.items() if module not in free}
    assert len(order) == len(SOURCES)


def test_no_file_is_a_drawer_or_a_novel() -> None:
    for path in SOURCES:
        assert path.name not in {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 350, path


def test_nothing_outside_the_checkout_is_needed() -> None:
    # CI has a folder of notes beside the checkout, users do not
    for path in [*SOURCES, ROOT / "dvc.yaml", ROOT / "Makefile", *(ROOT / "pipeline" / "profiles").glob("*.yaml")]:
        assert "../shared" not in path.read_text(encoding="utf-8"), path


# Inside `train`, each folder may know those before it; single files at the top are rays, known to all, and the result.
TRAIN_FOLDERS = ("network", "rendering", "objects", "step", "run")


@pytest.mark.parametrize("folder", TRAIN_FOLDERS)
def test_the_folders_of_train_go_one_way(folder: str) -> None:
    known = TRAIN_FOLDERS[: TRAIN_FOLDERS.index(folder) + 1]
    for path in sorted((ROOT / "train" / folder).glob("*.py")):
        for target in imports_of(path):
            parts = target.split(".")
            assert parts[0] != "train" or parts[1] in (*known, "rays"), f"{module_of(path)} imports {target}"
