"""Networks of timm by settings alone: they stop early and give what hooks in timm's own forward pass see."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from timm.layers import resample_abs_pos_embed
from torch import Tensor
from torch.nn import functional as F

from pipeline.config.sections.teachers import TimmCnn
from pipeline.config.settings import parse_settings
from pipeline.teachers import cnn
from pipeline.teachers.registry import make_teacher, raw_channels
from pipeline.teachers.vit_network import dinos_positions
from tests.teachers import vit_oracle
from tests.teachers.teacher_cases import CELLS, project_of
from tests.teachers.timm_oracle import FACETS, cnn_maps, vit_maps
from tests.teachers.timm_weights import model_of, random_state, save

CPU = torch.device("cpu")
BLOCK = 3
IMAGES = torch.rand(2, 4 * CELLS, 4 * CELLS, 3, generator=torch.Generator().manual_seed(3))
CLIP = "vit_xsmall_patch16_clip_224.tinyclip_yfcc15m"
DINO = model_of("dino")

# A model, whose code resamples its positions, its patch size, and the facets that it has.
VITS = [
    (DINO, "dino", 8, ("token", *FACETS)),
    (model_of("dinov2"), "dino", 14, ("token", *FACETS)),
    (model_of("dinov3"), "timm", 16, ("token", *FACETS)),  # rotary positions, no others
    (CLIP, "timm", 16, ("token", *FACETS)),  # a norm before the blocks, no bias of the patches
    ("test_vit3.r160_in1k", "timm", 16, ("token", "key")),  # no class token, a head that pools, as SigLIP
    ("vit_small_patch14_reg4_dinov2.lvd142m", "timm", 14, ("token", "key")),  # registers, without positions
    ("eva02_tiny_patch14_224.mim_in22k", "timm", 14, ("token", "key")),  # rotary positions beside others
    ("vit_pe_core_tiny_patch16_384.fb", "timm", 16, ("token", "value")),
    ("vit_small_patch16_rope_mixed_224.naver_in1k", "timm", 16, ("token", "key")),  # rotary positions by block
    ("vit_small_patch16_18x2_224", "timm", 16, ("token",)),  # parallel blocks
]
LARGE_VITS = [
    ("deit3_small_patch16_224.fb_in1k", "timm", 16, ("token", "key")),
    ("vit_base_patch16_clip_224.openai", "timm", 16, ("token", *FACETS)),
    ("vit_base_patch16_siglip_224.webli", "timm", 16, ("token", *FACETS)),
    ("vit_small_patch16_rope_224.naver_in1k", "timm", 16, ("token", "value")),
    ("vit_base_patch16_xp_224", "timm", 16, ("token",)),  # attention and perceptron side by side
]
CNNS = [
    ("convnext_atto.d2_in1k", (4, 8, 16, 32)),
    ("tf_efficientnet_lite0.in1k", (16, 32)),
    ("efficientnet_b0.ra_in1k", (32,)),
    ("resnet10t.c3_in1k", (8, 16)),
]


def teacher_of(kind: str, model: str, weights: Path, precision: str = "fp32", **keys: Any) -> Any:
    """The teacher of a project whose settings name the network `mine`."""
    project = project_of(precision, kind=kind, model=model, weights=str(weights), **keys)
    teacher = make_teacher(project, "mine", "plane")
    assert teacher.channels == raw_channels("mine", project.settings.network("mine"))
    return teacher


def maps_of(teacher: Any) -> Tensor:
    maps: Tensor = teacher.load(CPU)(IMAGES, ["a/b/0", "a/b/1"])
    return maps


@pytest.mark.parametrize(
    ("model", "rule", "patch", "facets"), [*VITS, *(pytest.param(*row, marks=pytest.mark.long) for row in LARGE_VITS)]
)
def test_a_vision_transformer_gives_what_timms_own_forward_sees(
    model: str, rule: str, patch: int, facets: tuple[str, ...], tmp_path: Path
) -> None:
    state = random_state(model)
    file = save(state, tmp_path / "model.safetensors")
    seen = vit_maps(model, state, IMAGES, patch * CELLS, BLOCK, rule)
    before = torch.random.get_rng_state()
    for facet in facets:
        block = None if facet == "token" else BLOCK
        teacher = teacher_of("timm-vit", model, file, facet=facet, block=block, position=rule)
        assert teacher.recipe["input_size"] == patch * CELLS
        expected = seen[facet]
        assert expected.shape == (2, CELLS, CELLS, teacher.channels)
        assert expected.std() > 0.3
        torch.testing.assert_close(maps_of(teacher), expected, rtol=0, atol=1e-5 * max(1, float(expected.std())))
    assert torch.equal(torch.random.get_rng_state(), before)  # no random number is drawn
    file.unlink()


@pytest.mark.parametrize("name", ["dino", "dinov2", "dinov3"])
def test_bf16_has_the_directions_of_fp32_though_the_blocks_sum_grows(name: str, tmp_path: Path) -> None:
    file = save(random_state(model_of(name), seed=1, growth=10.0), tmp_path / "model.safetensors")
    for facet, block in (("key", 9), ("token", 11)):
        exact, rough = (
            maps_of(teacher_of("timm-vit", model_of(name), file, precision, facet=facet, block=block))
            for precision in ("fp32", "bf16")
        )
        assert rough.dtype == torch.bfloat16
        assert not torch.equal(rough, exact.bfloat16())  # calculated in bf16, and not only rounded
        assert F.cosine_similarity(rough.double(), exact.double(), dim=-1).min() >= 0.9995
    file.unlink()


def test_later_blocks_are_dropped_nothing_learns_and_it_compiles_without_a_break(tmp_path: Path) -> None:
    file = save(random_state(CLIP), tmp_path / "model.safetensors")
    for facet, blocks in (("key", 4), ("token", 5)):
        network = teacher_of("timm-vit", CLIP, file, "bf16", facet=facet, block=4).load(CPU)
        assert len(network.trunk.model.blocks) == blocks
        assert not any(weight.requires_grad for weight in network.trunk.parameters())
        maps = network(IMAGES, ["a/b/0", "a/b/1"])  # the first call also makes the checks of types
        compiled = replace(network, trunk=torch.compile(network.trunk, backend="eager", fullgraph=True))
        assert torch.equal(compiled(IMAGES, ["a/b/0", "a/b/1"]), maps)


@pytest.mark.long
def test_dino_at_256_pixels_is_the_plain_network_in_fp64(tmp_path: Path) -> None:
    state = random_state(DINO, seed=2)
    file = save(state, tmp_path / "model.safetensors")
    image = F.pad(IMAGES[:1].repeat(1, 2, 2, 1), (0, 0, 32, 32, 32, 32))
    plain = {name: value.double().numpy() for name, value in state.items()}
    expected = torch.from_numpy(vit_oracle.keys(plain, image[0].double().numpy(), block=9))[None]
    assert expected.std() > 0.3
    for precision, least in (("fp32", 1 - 1e-9), ("bf16", 0.9995)):
        keys = {"facet": "key", "block": 9, "position": "dino", "input_size": 256}
        network = teacher_of("timm-vit", DINO, file, precision, **keys).load(CPU)
        network.trunk.cells = 32
        maps = network(image, ["a/b/0"])
        assert precision == "bf16" or (maps - expected).abs().max() <= 1e-5
        assert F.cosine_similarity(maps.double(), expected, dim=-1).min() >= least
    file.unlink()


@pytest.mark.parametrize(("trained", "cells"), [(28, 32), (28, 8), (37, 32), (37, 64)])
def test_the_position_embedding_is_resampled_as_dinos_code_does_it(trained: int, cells: int) -> None:
    embedding = torch.randn(1, trained**2, 3, generator=torch.Generator().manual_seed(4))
    expected = torch.from_numpy(vit_oracle.position(embedding[0].double().numpy(), cells))[None]
    assert (dinos_positions(embedding, cells).double() - expected).abs().max() <= 2e-5
    timms = resample_abs_pos_embed(embedding, new_size=[cells, cells], num_prefix_tokens=0)
    assert (timms.double() - expected).abs().max() > 0.1
    assert torch.equal(dinos_positions(embedding, trained), embedding)


def test_any_multiple_of_the_patch_size_is_an_input_size(tmp_path: Path) -> None:
    state = random_state(CLIP)
    teacher = teacher_of("timm-vit", CLIP, save(state, tmp_path / "model.safetensors"), input_size=80)
    grid = vit_maps(CLIP, state, IMAGES, 80, BLOCK)["token"]
    assert grid.shape[1:3] == (5, 5)
    cells = F.interpolate(grid.permute(0, 3, 1, 2), (CELLS, CELLS), mode="bilinear", align_corners=False)
    torch.testing.assert_close(maps_of(teacher), cells.permute(0, 2, 3, 1), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("model", "strides"), CNNS)
def test_a_convolutional_network_gives_its_feature_levels(model: str, strides: tuple[int, ...], tmp_path: Path) -> None:
    state = random_state(model)
    file = save(state, tmp_path / "model.safetensors")
    teacher = teacher_of("timm-cnn", model, file, strides=list(strides), input_size=96)
    expected = cnn_maps(model, state, IMAGES, 96, strides, CELLS)
    assert expected.shape == (2, CELLS, CELLS, teacher.channels)
    assert float(expected.std()) > 0.02  # of unit vectors with hundreds of channels
    torch.testing.assert_close(maps_of(teacher), expected, rtol=0, atol=1e-5)


def test_channels_are_counted_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    levels_of = cnn.feature_levels
    monkeypatch.setattr(cnn, "feature_levels", lambda *given: passes.append(given) or levels_of(*given))
    section = TimmCnn(kind="timm-cnn", model="convnext_atto.d2_in1k", strides=(4, 8, 16, 32), input_size=96)
    assert cnn.cnn_levels("mine", section) == ((0, 1, 2, 3), 40 + 80 + 160 + 320)
    assert len(passes) == 1


@pytest.mark.long
def test_swin_transformers_have_feature_levels_too(tmp_path: Path) -> None:
    """Their tables of relative positions are in no file of weights."""
    model = "swin_tiny_patch4_window7_224.ms_in1k"
    file = save(random_state(model), tmp_path / "model.safetensors")
    maps = maps_of(teacher_of("timm-cnn", model, file, input_size=224))
    assert maps.shape == (2, CELLS, CELLS, 384 + 768)
    assert maps.isfinite().all()


def test_the_example_of_the_documentation_names_three_teachers() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "teachers.md").read_text()
    example = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    settings = parse_settings({"categories": ["plane"], "fields": ["whole"], **example}, "docs/teachers.md")
    channels = {name: raw_channels(name, settings.network(name)) for name in settings.teachers}
    assert channels == {"dino": 384, "siglip": 768, "convnext": 192 + 384}
