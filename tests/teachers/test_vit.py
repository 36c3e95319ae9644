"""The vision transformers stop early and give what the whole network gives: timm's own, and one written plainly."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from timm.layers import resample_abs_pos_embed
from torch import Tensor
from torch.nn import functional as F

from pipeline.config.networks import BUILT_IN
from pipeline.config.sections.teachers import TimmVit
from pipeline.teachers.position_embedding import resampled
from pipeline.teachers.vit import VitTeacher, vit_teacher
from tests.teachers import vit_oracle
from tests.teachers.timm_weights import State, model_of, random_state, save

CPU = torch.device("cpu")
PATCH = {"dino": 8, "dinov2": 14, "dinov3": 16}
FACETS = ("query", "key", "value")
CELLS = 8


def teacher_of(name: str, weights: Path, facet: str = "key", block: int = 9, cells: int = CELLS) -> VitTeacher:
    section = TimmVit.model_validate(
        {**BUILT_IN[name].model_dump(), "weights": str(weights), "block": block, "facet": facet}
    )
    return vit_teacher(name, section, "fp32", cells)


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


@pytest.fixture(scope="module", params=PATCH)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def state(name: str) -> State:
    return random_state(model_of(name))


@pytest.fixture(scope="module")
def weights(name: str, state: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    file = save(state, tmp_path_factory.mktemp(name) / "model.safetensors")
    yield file
    file.unlink()  # 86 MB, and pytest would keep three of them


def whole_network(name: str, state: State, position: Tensor | None) -> Any:
    """timm's model for CELLS x CELLS patches, unmodified, with the position embedding of that grid."""
    whole = timm.create_model(model_of(name), img_size=PATCH[name] * CELLS).eval()
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


def resampled_position(name: str, state: State) -> Tensor | None:
    """By the oracle."""
    if name == "dinov3":
        return None
    trained = state["pos_embed"]
    new = vit_oracle.position(trained[0, 1:].double().numpy(), CELLS)
    return torch.cat([trained[:, :1], torch.from_numpy(new)[None].float()], dim=1)


def test_early_exit_gives_what_a_hook_in_the_whole_network_sees(name: str, state: State, weights: Path) -> None:
    images = images_of(4 * CELLS)
    seen = seen_in(whole_network(name, state, resampled_position(name, state)), images)
    for facet, expected in seen.items():
        block = 11 if facet == "token" else 9
        maps = maps_of(teacher_of(name, weights, facet, block), images)
        assert expected.std() > 0.3
        assert largest_difference(maps, expected) <= 1e-5, facet


def test_later_blocks_are_dropped_and_nothing_learns(weights: Path, name: str) -> None:
    keys: Any = teacher_of(name, weights, "key", 4).load(CPU).trunk
    tokens: Any = teacher_of(name, weights, "token", 4).load(CPU).trunk
    assert (len(keys.blocks), len(tokens.blocks)) == (4, 5)
    assert keys.head.weight.shape == (384, 384)
    assert not any(weight.requires_grad for weight in keys.parameters())


def test_loading_draws_no_random_number(weights: Path, name: str) -> None:
    before = torch.random.get_rng_state()
    teacher_of(name, weights).load(CPU)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_bf16_has_the_directions_of_fp32_though_the_blocks_sum_grows(name: str, tmp_path: Path) -> None:
    file = save(random_state(model_of(name), seed=1, growth=10.0), tmp_path / "model.safetensors")
    images = images_of(4 * CELLS)
    for facet, block in (("key", 9), ("token", 11)):
        exact = teacher_of(name, file, facet, block)
        rough = maps_of(replace(exact, precision="bf16"), images)
        assert rough.dtype == torch.bfloat16
        assert lowest_cosine(rough, maps_of(exact, images)) >= 0.9995
    file.unlink()


@pytest.fixture(scope="module")
def dino_state() -> State:
    return random_state(model_of("dino"), seed=2)


@pytest.mark.long
def test_dino_at_256_pixels_is_the_plain_network_in_fp64(dino_state: State, tmp_path: Path) -> None:
    file = save(dino_state, tmp_path / "model.safetensors")
    images = images_of(128, count=1)
    plain = {name: value.double().numpy() for name, value in dino_state.items()}
    expected = torch.from_numpy(vit_oracle.keys(plain, images[0].double().numpy(), block=9))[None]
    teacher = teacher_of("dino", file, cells=32)
    assert expected.std() > 0.3
    assert largest_difference(maps_of(teacher, images), expected) <= 1e-5
    assert lowest_cosine(maps_of(replace(teacher, precision="bf16"), images), expected) >= 0.9995
    file.unlink()


def test_timms_own_resampling_gives_other_keys(dino_state: State, tmp_path: Path) -> None:
    file = save(dino_state, tmp_path / "model.safetensors")
    images = images_of(4 * CELLS)
    position = resample_abs_pos_embed(dino_state["pos_embed"], new_size=[CELLS, CELLS])
    timms = seen_in(whole_network("dino", dino_state, position), images)["key"]
    assert lowest_cosine(maps_of(teacher_of("dino", file), images), timms) < 0.999
    file.unlink()


@pytest.mark.parametrize(("trained", "cells"), [(28, 32), (28, 8), (37, 32), (37, 64)])
def test_the_position_embedding_is_resampled_as_dinos_code_does_it(trained: int, cells: int) -> None:
    embedding = torch.randn(1, trained**2, 3, generator=torch.Generator().manual_seed(4))
    expected = torch.from_numpy(vit_oracle.position(embedding[0].double().numpy(), cells))[None]
    assert largest_difference(resampled(embedding, cells, "dino").double(), expected) <= 2e-5
    timms = resample_abs_pos_embed(embedding, new_size=[cells, cells], num_prefix_tokens=0)
    assert largest_difference(timms.double(), expected) > 0.1


def test_at_the_trained_grid_the_position_embedding_is_untouched() -> None:
    embedding = torch.randn(1, 28 * 28, 3, generator=torch.Generator().manual_seed(5))
    assert all(torch.equal(resampled(embedding, 28, rule), embedding) for rule in ("dino", "timm"))


def test_timms_rule_is_timms_resampling() -> None:
    embedding = torch.randn(1, 14 * 14, 3, generator=torch.Generator().manual_seed(6))
    timms = resample_abs_pos_embed(embedding, new_size=[32, 32], num_prefix_tokens=0)
    assert torch.equal(resampled(embedding, 32, "timm"), timms)


def test_the_input_size_is_the_patch_size_times_the_cells_unless_it_is_set(weights: Path, name: str) -> None:
    assert teacher_of(name, weights).input_size == PATCH[name] * CELLS


def test_a_finer_grid_is_resampled_bilinearly_to_the_cells(weights: Path, name: str) -> None:
    exact = teacher_of(name, weights, cells=16)
    coarse = maps_of(replace(exact, cells=CELLS), images_of(32))
    pairs = maps_of(exact, images_of(32)).unflatten(1, (CELLS, 2)).unflatten(3, (CELLS, 2))
    assert largest_difference(coarse, pairs.mean(dim=(2, 4))) <= 1e-5  # halfway between two cells lies their mean
