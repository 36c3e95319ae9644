"""Small networks with whole files of weights, and what loads each of them."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from pipeline.config.sections.teachers import TimmVit
from pipeline.config.settings import Camera, Train
from pipeline.exchange.released_checkpoint import import_checkpoint
from pipeline.teachers.vit import vit_teacher
from tests.exchange import plain_released
from tests.teachers.timm_weights import random_state, save
from tests.teachers.tiny_diffusion import tiny_teacher, write_tiny_diffusion
from train.model_files import load_model, save_model
from train.network.encoder_weights import build_encoder
from train.network.model import new_model
from train.run.initial_weights import load_initial_weights

CPU = torch.device("cpu")
SETTINGS = Train(steps=1, encoder="small", encoder_weights=None, width=16, blocks=3, frequencies=2)
CHANNELS = 6
NETWORK = "vit_tiny_patch16_224"


@dataclass(frozen=True)
class Reader:
    """Files in a folder, and what loads them."""

    write: Callable[[Path], object]
    load: Callable[[Path], object]


def encoder(suffix: str) -> Reader:
    name = f"weights{suffix}"
    return Reader(
        lambda folder: save(dict(build_encoder("small", None).state_dict()), folder / name),
        lambda folder: build_encoder("small", str(folder / name)),
    )


def vit(suffix: str) -> Reader:
    name = f"weights{suffix}"

    def load(folder: Path) -> object:
        section = TimmVit.model_validate({"kind": "timm-vit", "model": NETWORK, "weights": str(folder / name)})
        return vit_teacher("tiny", section, "fp32", 32).load(CPU)

    return Reader(lambda folder: save(random_state(NETWORK), folder / name), load)


def model(load: Callable[[Path], object]) -> Reader:
    return Reader(lambda folder: save_model(folder, new_model(SETTINGS, CHANNELS).eval(), SETTINGS, Camera()), load)


def import_released(folder: Path) -> object:
    shutil.rmtree(folder / "out", ignore_errors=True)
    return import_checkpoint(folder / "latest", folder / "out", {}, Camera(size=128), CHANNELS)


READERS = {
    "encoder .pth": encoder(".pth"),
    "encoder .safetensors": encoder(".safetensors"),
    "teacher .pth": vit(".pth"),
    "teacher .safetensors": vit(".safetensors"),
    "model": model(lambda folder: load_model(folder, CPU)),
    "initial weights": model(lambda folder: load_initial_weights(new_model(SETTINGS, CHANNELS), str(folder))),
    "released checkpoint": Reader(
        lambda folder: torch.save(plain_released.random_checkpoint(32, 5), folder / "latest"), import_released
    ),
    "diffusion folder": Reader(write_tiny_diffusion, lambda folder: tiny_teacher(folder).load(CPU)),
}
