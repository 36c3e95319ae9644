"""Every teacher as a parameter of the conformance suite: how a small one is made, and what else can be asked of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings, parse_settings
from pipeline.teachers.registry import make_teacher
from pipeline.teachers.teacher import Teacher
from tests.teachers.timm_weights import model_of, random_state, save
from tests.teachers.tiny_diffusion import write_tiny_diffusion

SMOKE = Path(__file__).resolve().parents[2] / "pipeline" / "profiles" / "smoke.yaml"
SIZE, CELLS = 32, 8
BF16 = ("cache-teachers.precision=bf16",)


@dataclass(frozen=True)
class Case:
    """A teacher: its kind, settings of a small one, and groups of settings that each give another recipe.

    `write` makes the file or folder of weights that is named to it; weights are compared by content, which tests of
    their own do.
    """

    kind: str
    given: tuple[str, ...]
    changes: tuple[tuple[str, ...], ...]
    write: Callable[[Path], object] | None = None
    weights_key: str = "weights"


def made(name: str, *overrides: str) -> Teacher:
    """For images of SIZE pixels; `overrides` as the command line's `--set`, the last one of a key counts."""
    last = {given.partition("=")[0]: given for given in (f"camera.size={SIZE}", *overrides)}
    return make_teacher(Project(load_settings(SMOKE, tuple(last.values()))), name, "plane")


def project_of(precision: str = "fp32", **entry: Any) -> Project:
    """For images of SIZE pixels, with the network `mine` as its only teacher."""
    tree = {"categories": ["plane"], "teachers": ["mine"], "fields": ["whole"], "camera": {"size": SIZE}}
    tree |= {"networks": {"mine": entry}, "cache-teachers": {"precision": precision}}
    return Project(parse_settings(tree, "test"))


def make_case(name: str, folder: Path, overrides: tuple[str, ...] = ()) -> Teacher:
    """The teacher of some settings; what it needs lies, or is made, in the folder."""
    case = CASES[name]
    weights = folder / "model.safetensors"
    if case.write is None:
        return made(name, *case.given, *overrides)
    if not weights.exists():
        case.write(weights)
    return made(name, *case.given, f"networks.{name}.{case.weights_key}={weights}", *overrides)


def _random(model: str) -> Callable[[Path], object]:
    return lambda file: save(random_state(model), file)


def _vit(name: str, model: str, *given: str) -> Case:
    key = f"networks.{name}"
    changes = (
        (f"{key}.block=3",),
        (f"{key}.facet=value",),
        (f"{key}.input_size={112 * 2}",),
        (f"{key}.position=timm" if name in ("dino", "dinov2") else f"{key}.position=dino",),
        (f"{key}.own_scale=false" if name == "dino" else f"{key}.own_scale=true",),
        BF16,
    )
    return Case("timm-vit", given, changes, _random(model))


def _cnn(name: str, model: str, *given: str) -> Case:
    key = f"networks.{name}"
    return Case("timm-cnn", given, ((f"{key}.strides=[8, 16]",), (f"{key}.input_size=128",), BF16), _random(model))


def _own(name: str, kind: str, model: str) -> tuple[str, ...]:
    """Settings of a teacher that is not built in."""
    return (f"networks.{name}.kind={kind}", f"networks.{name}.model={model}")


def write_stored_maps(root: Path) -> None:
    """Files of maps of two planes, with as many views as profile smoke has, and of 6 channels; a folder of others."""
    rng = np.random.default_rng(0)
    for folder in ("dino_feat_256", "other"):
        (root / folder / "02691156").mkdir(parents=True)
        for object_id in "ab":
            maps = rng.normal(size=(4, 6, 2 * CELLS, 2 * CELLS)).astype(np.float32)
            np.savez_compressed(root / folder / "02691156" / f"{object_id}.npz", feats=maps)


CLIP, CONVNEXT = "vit_xsmall_patch16_clip_224.tinyclip_yfcc15m", "convnext_atto.d2_in1k"
CASES: dict[str, Case] = {
    "daisy": Case("daisy", (), (("networks.daisy.radius=12",),)),
    "lite0": _cnn("lite0", model_of("lite0"), "networks.lite0.sha256=null", "networks.lite0.input_size=64"),
    "convnext": _cnn("convnext", CONVNEXT, *_own("convnext", "timm-cnn", CONVNEXT), "networks.convnext.input_size=64"),
    "clip": _vit("clip", CLIP, *_own("clip", "timm-vit", CLIP)),
    "dino": _vit("dino", model_of("dino")),
    "dinov2": _vit("dinov2", model_of("dinov2")),
    "dinov3": _vit("dinov3", model_of("dinov3")),
    "ldm": Case(
        "latent-diffusion",
        (),
        (
            ("networks.ldm.prompt=a photo of a {category}",),
            ("networks.ldm.timestep=7",),
            ("networks.ldm.up_blocks=[3]",),
            ("networks.ldm.input_size=128",),
            ("networks.ldm.noises=2",),
            ("networks.ldm.seed=1",),
            BF16,
        ),
        write_tiny_diffusion,
    ),
    "stored": Case(
        "stored-maps",
        ("networks.stored.kind=stored-maps", "networks.stored.root=.", "networks.stored.channels=6"),
        (
            ("networks.stored.folder=other",),
            ("networks.stored.channels=5",),
            ("networks.stored.own_scale=false",),
        ),
        write_stored_maps,
        "root",
    ),
}
NO_CONTENT = {"kind", "licence", "model", "weights", "root", "sha256"}  # another model has other weights
