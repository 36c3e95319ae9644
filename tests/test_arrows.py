"""The direction in which the house is built: cli -> stages, upkeep -> rooms -> artifacts -> data; and no circle."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("featurenerf", "pipeline", "render", "train", "eval")
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


ROOMS = ("render", "train", "eval", "teachers")
FOLDERS = ("cli", "stages", "upkeep", "exchange", "teachers", "artifacts", "synthetic", "executors")


def room_of(module: str) -> str:
    """The room that a module belongs to; `data` is the rest of `pipeline`: config, manifests, datasets, stores."""
    top, _, rest = module.partition(".")
    if top != "pipeline":
        return top
    first = rest.partition(".")[0]
    return first if first in FOLDERS else "data"


ALLOWED = {
    "featurenerf": {"featurenerf", "eval", "train", "render", "artifacts", "executors", "data"},
    "cli": {"cli", "featurenerf", "stages", "upkeep", "exchange", "artifacts", "executors", "data"},
    "stages": {"stages", *ROOMS, "synthetic", "artifacts", "executors", "data"},
    "upkeep": {"upkeep", "render", "train", "eval", "teachers", "artifacts", "executors", "data"},
    "exchange": {"exchange", "train", "artifacts", "executors", "data"},
    "eval": {"eval", "train", "render", "artifacts", "executors", "data"},
    "train": {"train", "render", "artifacts", "executors", "data"},
    "teachers": {"teachers", "render", "artifacts", "executors", "data"},
    "render": {"render", "artifacts", "data"},
    "synthetic": {"synthetic", "data"},
    "artifacts": {"artifacts", "data"},
    "executors": {"executors", "data"},
    "data": {"data"},
}
CAMERAS = "render.cameras"  # geometry that every room shares


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_go_one_way(path: Path) -> None:
    here = room_of(module_of(path))
    for target in imports_of(path):
        assert target == CAMERAS or room_of(target) in ALLOWED[here], f"{module_of(path)} imports {target}"


# They take a field and images of the user's own, as a user of the face does; stages take neither.
COMMANDS_ON_IMAGES = {"describe.py", "evaluate_photos.py", "evaluate_views.py", "swap_texture.py", "view.py"}


def test_of_the_pipeline_only_the_commands_on_images_use_the_python_face() -> None:
    outside = [path for path in SOURCES if room_of(module_of(path)) != "featurenerf"]
    using = [path for path in outside if any(room_of(target) == "featurenerf" for target in imports_of(path))]
    assert {path.name for path in using} <= COMMANDS_ON_IMAGES
    assert all(path.parent == ROOT / "pipeline" / "cli" for path in using)


def test_no_stage_imports_another() -> None:
    for path in sorted((ROOT / "pipeline" / "stages").glob("*.py")):
        others = {target for target in imports_of(path) if room_of(target) == "stages"}
        assert others <= {"pipeline.stages", "pipeline.stages.fill"}, path


def test_the_top_of_the_house_is_small() -> None:
    assert len([path for path in (ROOT / "pipeline").glob("*.py") if path.name != "__init__.py"]) <= 3
    assert len(list((ROOT / "pipeline" / "stages").glob("*.py"))) <= 12


def test_reading_an_artifact_loads_no_writer() -> None:
    modules = [name for name in sorted(MODULES) if name.startswith("pipeline.artifacts")]
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, {', '.join(modules)}; print(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout.split()  # fmt: skip
    writers = ("pipeline.stages", "pipeline.synthetic", "pipeline.teachers", "pipeline.upkeep", "train", "eval")
    assert not [name for name in loaded if name.startswith(writers)]
    assert "torch" not in loaded


def test_settings_are_taken_apart_at_the_door() -> None:
    taking = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
                taking += [f"{module_of(path)}:{node.lineno}"] if ast.unparse(node.annotation) == "Settings" else []
    assert len(taking) <= 15, taking


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


# Inside `train`, each folder may know those before it. Single files at the top are known to all, or the result.
TRAIN_FOLDERS = ("network", "rendering", "objects", "step", "run")
KNOWN_TO_ALL = ("rays", "map_tensors", "pixel_centres", "model_record")


@pytest.mark.parametrize("folder", TRAIN_FOLDERS)
def test_the_folders_of_train_go_one_way(folder: str) -> None:
    known = TRAIN_FOLDERS[: TRAIN_FOLDERS.index(folder) + 1]
    for path in sorted((ROOT / "train" / folder).glob("*.py")):
        for target in imports_of(path):
            parts = target.split(".")
            assert parts[0] != "train" or parts[1] in (*known, *KNOWN_TO_ALL), f"{module_of(path)} imports {target}"
