"""Networks of timm that are not built in, by settings alone: they give what hooks in timm's own forward pass see."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor
from torch.nn import functional as F

from pipeline.artifacts.project import Project
from pipeline.config.settings import parse_settings
from pipeline.teachers.registry import make_teacher, raw_channels
from pipeline.teachers.teacher import Teacher
from tests.teachers.timm_oracle import FACETS, cnn_maps, vit_maps
from tests.teachers.timm_weights import random_state, save

CPU = torch.device("cpu")
CELLS, BLOCK = 8, 3
IMAGES = torch.rand(2, 4 * CELLS, 4 * CELLS, 3, generator=torch.Generator().manual_seed(3))
CLIP = "vit_xsmall_patch16_clip_224.tinyclip_yfcc15m"

# A model, and the facets that it has.
VITS = [
    (CLIP, ("token", *FACETS)),  # a norm before the blocks, no bias of the patches
    ("test_vit3.r160_in1k", ("token", "key")),  # no class token, a head that pools, as SigLIP
    ("vit_small_patch14_reg4_dinov2.lvd142m", ("token", "key")),  # registers, without positions
    ("eva02_tiny_patch14_224.mim_in22k", ("token", "key")),  # rotary positions of the training's grid beside others
    ("vit_pe_core_tiny_patch16_384.fb", ("token", "value")),
]
LARGE_VITS = [
    ("deit3_small_patch16_224.fb_in1k", ("token", "key")),
    ("vit_base_patch16_clip_224.openai", ("token", *FACETS)),
    ("vit_base_patch16_siglip_224.webli", ("token", *FACETS)),
    ("vit_small_patch16_rope_224.naver_in1k", ("token", "value")),
]
CNNS = [
    ("convnext_atto.d2_in1k", (4, 8, 16, 32)),
    ("tf_efficientnet_lite0.in1k", (16, 32)),
    ("efficientnet_b0.ra_in1k", (32,)),
    ("resnet10t.c3_in1k", (8, 16)),
]


def teacher_of(kind: str, model: str, weights: Path, **keys: Any) -> Teacher:
    """The teacher of a project whose settings name the network `mine`."""
    entry = {"kind": kind, "model": model, "weights": str(weights), **keys}
    tree = {"categories": ["plane"], "teachers": ["mine"], "fields": ["whole"], "camera": {"size": 4 * CELLS}}
    settings = parse_settings({**tree, "networks": {"mine": entry}}, "test")
    teacher = make_teacher(Project(settings), "mine", "plane")
    assert teacher.channels == raw_channels("mine", settings.network("mine"))
    return teacher


def maps_of(teacher: Teacher) -> Tensor:
    return teacher.load(CPU)(IMAGES, ["a/b/0", "a/b/1"])


def check_vit(model: str, facets: tuple[str, ...], folder: Path) -> None:
    state = random_state(model)
    file = save(state, folder / "model.safetensors")
    for facet in facets:
        block = None if facet == "token" else BLOCK
        teacher: Any = teacher_of("timm-vit", model, file, facet=facet, block=block)
        expected = vit_maps(model, state, IMAGES, teacher.input_size, BLOCK)[facet]
        assert expected.shape == (2, CELLS, CELLS, teacher.channels)
        assert expected.std() > 0.3
        torch.testing.assert_close(maps_of(teacher), expected, rtol=0, atol=1e-5 * max(1, float(expected.std())))
    file.unlink()


@pytest.mark.parametrize(("model", "facets"), VITS)
def test_a_vision_transformer_by_settings_alone(model: str, facets: tuple[str, ...], tmp_path: Path) -> None:
    check_vit(model, facets, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("model", "facets"), LARGE_VITS)
def test_a_larger_vision_transformer_by_settings_alone(model: str, facets: tuple[str, ...], tmp_path: Path) -> None:
    check_vit(model, facets, tmp_path)


def test_any_multiple_of_the_patch_size_is_an_input_size(tmp_path: Path) -> None:
    state = random_state(CLIP)
    file = save(state, tmp_path / "model.safetensors")
    teacher = teacher_of("timm-vit", CLIP, file, input_size=80)
    grid = vit_maps(CLIP, state, IMAGES, 80, BLOCK)["token"]
    assert grid.shape[1:3] == (5, 5)
    cells = F.interpolate(grid.permute(0, 3, 1, 2), (CELLS, CELLS), mode="bilinear", align_corners=False)
    torch.testing.assert_close(maps_of(teacher), cells.permute(0, 2, 3, 1), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("model", "strides"), CNNS)
def test_a_convolutional_network_by_settings_alone(model: str, strides: tuple[int, ...], tmp_path: Path) -> None:
    state = random_state(model)
    file = save(state, tmp_path / "model.safetensors")
    teacher = teacher_of("timm-cnn", model, file, strides=list(strides), input_size=96)
    expected = cnn_maps(model, state, IMAGES, 96, strides, CELLS)
    assert expected.shape == (2, CELLS, CELLS, teacher.channels)
    assert float(expected.std()) > 0.02  # of unit vectors with hundreds of channels
    torch.testing.assert_close(maps_of(teacher), expected, rtol=0, atol=1e-5)
    file.unlink()


@pytest.mark.long
def test_swin_transformers_have_feature_levels_too(tmp_path: Path) -> None:
    """Their tables of relative positions are in no file of weights."""
    model = "swin_tiny_patch4_window7_224.ms_in1k"
    file = save(random_state(model), tmp_path / "model.safetensors")
    maps = maps_of(teacher_of("timm-cnn", model, file, input_size=224))
    assert maps.shape == (2, CELLS, CELLS, 384 + 768)
    assert maps.isfinite().all()
    file.unlink()


def test_the_example_of_the_documentation_names_three_teachers() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "teachers.md").read_text()
    example = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    settings = parse_settings({"categories": ["plane"], "fields": ["whole"], **example}, "docs/teachers.md")
    channels = {name: raw_channels(name, settings.network(name)) for name in settings.teachers}
    assert channels == {"dino": 384, "siglip": 768, "convnext": 192 + 384}
