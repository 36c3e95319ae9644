"""Every teacher as a parameter of the conformance suite: how a small one is made, and what else can be asked of it."""

from collections.abc import Callable
from pathlib import Path

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.teachers.registry import make_teacher
from pipeline.teachers.teacher import Teacher
from pipeline.teachers.vit import DINO, DINOV2, DINOV3, VitModel
from tests.teachers.tiny_diffusion import write_tiny_diffusion
from tests.teachers.vit_weights import random_state, save

SMOKE = Path(__file__).resolve().parents[2] / "pipeline" / "profiles" / "smoke.yaml"
SIZE, CELLS = 32, 8

# Makes the teacher of some settings; what it needs lies, or is made, in the folder.
Maker = Callable[[Path, tuple[str, ...]], Teacher]


def made(name: str, *overrides: str) -> Teacher:
    """For images of SIZE pixels; `overrides` as the command line's `--set`, the last one of a key counts."""
    return make_teacher(Project(load_settings(SMOKE, (f"camera.size={SIZE}", *overrides))), name, "plane")


def _daisy(folder: Path, overrides: tuple[str, ...]) -> Teacher:
    return made("daisy", *overrides)


def _vit(model: VitModel) -> Maker:
    def make(folder: Path, overrides: tuple[str, ...]) -> Teacher:
        weights = folder / "model.safetensors"
        if not weights.exists():
            save(random_state(model), weights)
        given = (f"{model.name}.weights={weights}", f"{model.name}.input_size={model.patch * CELLS}")
        return made(model.name, *given, *overrides)

    return make


def _vit_changes(model: VitModel) -> tuple[tuple[str, ...], ...]:
    return (
        (f"{model.name}.block=3",),
        (f"{model.name}.facet=value",),
        (f"{model.name}.input_size={model.patch * 16}", "camera.size=64"),
        ("cache-teachers.precision=bf16",),
    )


def _ldm(folder: Path, overrides: tuple[str, ...]) -> Teacher:
    weights = folder / "model"
    if not weights.exists():
        write_tiny_diffusion(weights)
    return made("ldm", f"ldm.weights={weights}", *overrides)


MAKERS: dict[str, Maker] = {
    "daisy": _daisy,
    "dino": _vit(DINO),
    "dinov2": _vit(DINOV2),
    "dinov3": _vit(DINOV3),
    "ldm": _ldm,
}

# Each group of settings gives another recipe. `weights` are compared by content, which their own tests do.
CHANGES: dict[str, tuple[tuple[str, ...], ...]] = {
    "daisy": (("daisy.radius=12",),),
    "dino": _vit_changes(DINO),
    "dinov2": _vit_changes(DINOV2),
    "dinov3": _vit_changes(DINOV3),
    "ldm": (
        ("ldm.prompt=a photo of a {category}",),
        ("ldm.timestep=7",),
        ("ldm.up_blocks=[3]",),
        ("ldm.input_size=128",),
        ("ldm.noises=2",),
        ("ldm.seed=1",),
        ("cache-teachers.precision=bf16",),
    ),
}
