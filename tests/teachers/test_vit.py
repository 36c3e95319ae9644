"""The vision transformers stop early and give what the whole network gives: timm's own, and one written plainly."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from timm.layers import resample_abs_pos_embed
from torch import Tensor
from torch.nn import functional as F

from pipeline.config.teacher_settings import VisionTransformer
from pipeline.errors import UserError
from pipeline.teachers.position_embedding import resampled
from pipeline.teachers.vit import DINO, DINOV2, DINOV3, VitModel, VitTeacher, vit_teacher
from tests.teachers import vit_oracle
from tests.teachers.vit_weights import State, random_state, save

CPU = torch.device("cpu")
MODELS = (DINO, DINOV2, DINOV3)
FACETS = ("query", "key", "value")
CELLS = 8


def teacher_of(model: VitModel, weights: Path, facet: str = "key", block: int = 9, cells: int = CELLS) -> VitTeacher:
    section = VisionTransformer(weights=str(weights), block=block, facet=facet, input_size=model.patch * cells)
    return vit_teacher(model, section, "fp32", cells)


def maps_of(teacher: VitTeacher, images: Tensor) -> Tensor:
    return teacher.load(CPU)(images, ["a/b/0"] * len(images))


def images_of(size: int, count: int = 2) -> Tensor:
    """Noise in the middle of black images."""
    images = torch.zeros(count, size, size, 3)
    middle = slice(size // 4, -size // 4)
    images[:, middle, middle] = torch.rand(count, size // 2, size // 2, 3, generator=torch.Generator().manual_seed(3))
    return images


def largest_difference(first: Tensor, second: Tensor) -> float:
    assert first.shape == second.shape
    return float((first - second).abs().max())


def lowest_cosine(first: Tensor, second: Tensor) -> float:
    """Of any cell."""
    return float(F.cosine_similarity(first.double(), second.double(), dim=-1).min())


@pytest.fixture(scope="module", params=MODELS, ids=lambda model: model.name)
def model(request: pytest.FixtureRequest) -> VitModel:
    chosen: VitModel = request.param
    return chosen


@pytest.fixture(scope="module")
def state(model: VitModel) -> State:
    return random_state(model)


@pytest.fixture(scope="module")
def weights(model: VitModel, state: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    file = save(state, tmp_path_factory.mktemp(model.name) / "model.safetensors")
    yield file
    file.unlink()  # 86 MB, and pytest would keep three of them


def whole_network(model: VitModel, state: State, position: Tensor | None) -> Any:
    """timm's model for CELLS x CELLS patches, unmodified, with the position embedding of that grid."""
    whole = timm.create_model(model.model, img_size=model.patch * CELLS).eval()
    whole.load_state_dict(state if position is None else {**state, "pos_embed": position})
    return whole


def seen_in(whole: Any, images: Tensor) -> dict[str, Tensor]:
    """Facets of block 9 by a hook, and the last block's normalised tokens, as maps."""
    size = whole.patch_embed.patch_size[0] * CELLS
    pixels = F.interpolate(images.permute(0, 3, 1, 2), size=(size, size), mode="bilinear", align_corners=False)
    pixels = (pixels - torch.tensor(vit_oracle.MEAN).view(3, 1, 1)) / torch.tensor(vit_oracle.STD).view(3, 1, 1)
    caught: list[Tensor] = []
    handle = whole.blocks[9].attn.qkv.register_forward_hook(lambda *call: caught.append(call[-1]))
    with torch.no_grad():
        tokens = whole.forward_features(pixels.float())
    handle.remove()
    found = dict(zip(FACETS, caught[0].chunk(3, dim=-1), strict=True)) | {"token": tokens}
    prefix = whole.num_prefix_tokens
    return {name: value[:, prefix:].unflatten(1, (CELLS, CELLS)) for name, value in found.items()}


def resampled_position(model: VitModel, state: State) -> Tensor | None:
    """By the oracle."""
    if model is DINOV3:
        return None
    trained = state["pos_embed"]
    new = vit_oracle.position(trained[0, 1:].double().numpy(), CELLS)
    return torch.cat([trained[:, :1], torch.from_numpy(new)[None].float()], dim=1)


def test_early_exit_gives_what_a_hook_in_the_whole_network_sees(model: VitModel, state: State, weights: Path) -> None:
    images = images_of(4 * CELLS)
    seen = seen_in(whole_network(model, state, resampled_position(model, state)), images)
    for facet, expected in seen.items():
        block = 11 if facet == "token" else 9
        maps = maps_of(teacher_of(model, weights, facet, block), images)
        assert expected.std() > 0.3
        assert largest_difference(maps, expected) <= 1e-5, facet


def test_later_blocks_are_dropped_and_nothing_learns(weights: Path, model: VitModel) -> None:
    keys: Any = teacher_of(model, weights, "key", 4).load(CPU).trunk
    tokens: Any = teacher_of(model, weights, "token", 4).load(CPU).trunk
    assert (len(keys.blocks), len(tokens.blocks)) == (4, 5)
    assert keys.head.weight.shape == (384, 384)
    assert not any(weight.requires_grad for weight in keys.parameters())


def test_loading_draws_no_random_number(weights: Path, model: VitModel) -> None:
    before = torch.random.get_rng_state()
    teacher_of(model, weights).load(CPU)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("growth", [1.0, 10.0])
def test_bf16_has_the_directions_of_fp32(model: VitModel, tmp_path: Path, growth: float) -> None:
    file = save(random_state(model, seed=1, growth=growth), tmp_path / "model.safetensors")
    images = images_of(4 * CELLS)
    for facet, block in (("key", 9), ("token", 11)):
        exact = teacher_of(model, file, facet, block)
        rough = maps_of(replace(exact, precision="bf16"), images)
        assert rough.dtype == torch.bfloat16
        assert lowest_cosine(rough, maps_of(exact, images)) >= 0.9995
    file.unlink()


@pytest.fixture(scope="module")
def dino_state() -> State:
    return random_state(DINO, seed=2)


@pytest.mark.long
def test_dino_at_256_pixels_is_the_plain_network_in_fp64(dino_state: State, tmp_path: Path) -> None:
    file = save(dino_state, tmp_path / "model.safetensors")
    images = images_of(128, count=1)
    plain = {name: value.double().numpy() for name, value in dino_state.items()}
    expected = torch.from_numpy(vit_oracle.keys(plain, images[0].double().numpy(), block=9))[None]
    teacher = teacher_of(DINO, file, cells=32)
    assert expected.std() > 0.3
    assert largest_difference(maps_of(teacher, images), expected) <= 1e-5
    assert lowest_cosine(maps_of(replace(teacher, precision="bf16"), images), expected) >= 0.9995
    file.unlink()


def test_timms_own_resampling_gives_other_keys(dino_state: State, tmp_path: Path) -> None:
    file = save(dino_state, tmp_path / "model.safetensors")
    images = images_of(4 * CELLS)
    position = resample_abs_pos_embed(dino_state["pos_embed"], new_size=[CELLS, CELLS])
    timms = seen_in(whole_network(DINO, dino_state, position), images)["key"]
    assert lowest_cosine(maps_of(teacher_of(DINO, file), images), timms) < 0.999
    file.unlink()


@pytest.mark.parametrize(("trained", "cells"), [(28, 32), (28, 8), (37, 32), (37, 64)])
def test_the_position_embedding_is_resampled_as_dinos_code_does_it(trained: int, cells: int) -> None:
    embedding = torch.randn(1, trained**2, 3, generator=torch.Generator().manual_seed(4))
    expected = torch.from_numpy(vit_oracle.position(embedding[0].double().numpy(), cells))[None]
    assert largest_difference(resampled(embedding, cells).double(), expected) <= 2e-5
    timms = resample_abs_pos_embed(embedding, new_size=[cells, cells], num_prefix_tokens=0)
    assert largest_difference(timms.double(), expected) > 0.1


def test_at_the_trained_grid_the_position_embedding_is_untouched() -> None:
    embedding = torch.randn(1, 28 * 28, 3, generator=torch.Generator().manual_seed(5))
    assert torch.equal(resampled(embedding, 28), embedding)


@pytest.mark.parametrize(("size", "grid"), [(256, "32 x 32"), (60, "7.5 x 7.5")])
def test_the_input_size_gives_the_cells(size: int, grid: str) -> None:
    section = VisionTransformer(weights=None, block=9, facet="key", input_size=size)
    with pytest.raises(UserError) as caught:
        vit_teacher(DINO, section, "fp32", 8)
    assert str(caught.value) == (
        f"dino.input_size is {size}, a grid of {grid}, but the camera's 32 pixels have 8 x 8 cells: set it to 64."
    )


def test_only_dino_is_published_raw() -> None:
    assert [model.name for model in MODELS if model.published_raw] == ["dino"]
    assert np.array([model.patch for model in MODELS]).tolist() == [8, 14, 16]
