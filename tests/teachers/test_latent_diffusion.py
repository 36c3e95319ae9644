"""The ldm teacher on a tiny model, against diffusers' unmodified networks."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.teachers.quiet_libraries import quiet_libraries
from tests.teachers.tiny_diffusion import tiny_section, tiny_teacher

CPU = torch.device("cpu")
CELLS = 8
NAMES = ["02691156/a/0", "02691156/a/1", "02691156/b/0", "02691156/b/1"]
# The features' own size is about 1. Batches of other sizes are summed in another order: some 1e-6.
ROUNDING = 1e-5


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).random((4, 32, 32, 3), dtype=np.float32))


def plain(folder: Path, images: Tensor, number: int = 0, cells: int = CELLS, **changes: Any) -> Tensor:
    with quiet_libraries(), torch.no_grad():
        from tests.teachers.plain_diffusion import plain_features

        return plain_features(folder, images, NAMES, tiny_section(folder, **changes), cells, number)


@pytest.mark.parametrize(
    "changes",
    [
        {"up_blocks": (2, 3)},
        {"up_blocks": (3,), "cells": 4},
        {"up_blocks": (1, 2, 3), "cells": 4},
        {"up_blocks": (0, 1), "cells": 2},
        {"up_blocks": (0, 3), "cells": 1},
        {"timestep": 0},
        {"timestep": 999},
        {"prompt": "a chair"},
        {"seed": 5},
        {"input_size": 128},
    ],
    ids=str,
)
def test_features_are_those_of_the_unmodified_network(
    tiny_model: Path, images: Tensor, changes: dict[str, Any]
) -> None:
    made = tiny_teacher(tiny_model, **changes)
    maps = made.load(CPU)(images, NAMES)
    expected = plain(tiny_model, images, **changes)
    assert maps.dtype == torch.float32 and made.channels == maps.shape[-1]
    assert expected.abs().max() > 0.5
    torch.testing.assert_close(maps, expected, rtol=0, atol=ROUNDING)


def test_so_they_are_for_other_layers(tiny_model: Path, tmp_path: Path, images: Tensor) -> None:
    other = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    config = other / "unet" / "config.json"
    layers = {"center_input_sample": True, "time_embedding_act_fn": "silu"}
    config.write_text(json.dumps({**json.loads(config.read_text()), **layers}))
    maps = tiny_teacher(other).load(CPU)(images, NAMES)
    torch.testing.assert_close(maps, plain(other, images), rtol=0, atol=ROUNDING)
    assert (maps - plain(tiny_model, images)).abs().max() > 0.1


def test_the_networks_compile_without_a_break(tiny_model: Path, images: Tensor) -> None:
    both: dict[str, Any] = {"up_blocks": (0, 1), "cells": 2}  # one block without and one with attention
    network: Any = tiny_teacher(tiny_model, **both).load(CPU)
    for part in ("encode", "denoise"):
        setattr(network, part, torch.compile(getattr(network, part), backend="eager", fullgraph=True))
    torch.testing.assert_close(network(images, NAMES), plain(tiny_model, images, **both), rtol=0, atol=ROUNDING)


def test_several_draws_are_averaged(tiny_model: Path, images: Tensor) -> None:
    maps = tiny_teacher(tiny_model, noises=2).load(CPU)(images, NAMES)
    first, second = plain(tiny_model, images, 0), plain(tiny_model, images, 1)
    assert (first - second).abs().max() > 0.1
    torch.testing.assert_close(maps, (first + second) / 2, rtol=0, atol=ROUNDING)


def test_what_lies_behind_the_features_is_dropped(tiny_model: Path) -> None:
    network: Any = tiny_teacher(tiny_model, up_blocks=(0, 1), cells=2).load(CPU)
    assert len(network.unet.up_blocks) == 2
    names = [name for name, _ in network.named_parameters()]
    assert not [name for name in names if name.startswith(("vae.decoder", "unet.conv_norm_out", "unet.conv_out"))]
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_nothing_is_printed(tiny_model: Path) -> None:
    code = f"""
import torch
from pipeline.config.sections.teachers import LatentDiffusion
from pipeline.teachers.latent_diffusion import latent_diffusion_teacher
section = LatentDiffusion.model_validate({tiny_section(tiny_model).model_dump()!r})
network = latent_diffusion_teacher("ldm", section, "plane", "fp32", 8).load(torch.device("cpu"))
assert network(torch.zeros(1, 32, 32, 3), ["a/b/0"]).shape == (1, 8, 8, 24)
"""
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_the_libraries_log_and_draw_again_afterwards() -> None:
    import logging

    with quiet_libraries():
        from diffusers.utils import logging as diffusers_logging

        assert not diffusers_logging.is_progress_bar_enabled()
        assert not logging.getLogger("anything").isEnabledFor(logging.ERROR)
    assert diffusers_logging.is_progress_bar_enabled()
    assert logging.getLogger("anything").isEnabledFor(logging.ERROR)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"up_blocks": (2, 4)}, r"networks.ldm.up_blocks names block 4, but .* has blocks 0 to 3\."),
        (
            {"up_blocks": (1, 2)},
            r"gives up block 1 4 pixels along an edge, .* 32 pixels have 8 cells: set it to 128 or",
        ),
        ({"up_blocks": (0,)}, r"gives up block 0 2 pixels .*: set it to 256 or a multiple\."),
        ({"cells": 12}, r"gives up block 2 8 pixels .* 48 pixels have 12 cells: set it to 192 or a multiple\."),
        ({"prompt": "a" * 80}, r"networks.ldm.prompt has 82 tokens, and the text encoder takes 77: shorten it\."),
    ],
)
def test_settings_that_do_not_fit_are_named(tiny_model: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        tiny_teacher(tiny_model, **changes).load(CPU)
