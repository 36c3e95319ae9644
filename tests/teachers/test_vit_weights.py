"""Weights of the vision transformers: where they are found, which files load, and what is said of all others."""

import argparse
import io
import pickle
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import timm
import torch
from torch import Tensor, nn

from pipeline.config.networks import BUILT_IN
from pipeline.config.sections.teachers import TimmVit
from pipeline.errors import UserError
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.weight_files import UnfitWeightsError
from pipeline.teachers.timm_checkpoint import fill, read_state
from pipeline.teachers.vit import VitTeacher, vit_teacher
from pipeline.teachers.weights import MissingWeightsError
from tests.teachers.timm_weights import State, half, model_of, original_state, random_state, save, whole_checkpoint

CPU = torch.device("cpu")
COMMAND = "hf download timm/vit_small_patch8_224.dino model.safetensors"


def teacher_of(name: str, weights: Path | None) -> VitTeacher:
    named = None if weights is None else str(weights)
    section = {**BUILT_IN[name].model_dump(), "weights": named, "block": 2, "facet": "key"}
    return vit_teacher(name, TimmVit.model_validate(section), "fp32", 8)


def maps_of(name: str, weights: Path) -> Tensor:
    image = torch.rand(1, 32, 32, 3, generator=torch.Generator().manual_seed(0))
    maps = teacher_of(name, weights).load(CPU)(image, ["a/b/0"])
    weights.unlink()
    return maps


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an empty cache of the hub, `hub`, and one of torch hub, `torch`."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


def put_into_hub(caches: Path, name: str, content: bytes) -> Path:
    repository = caches / "hub" / f"models--timm--{model_of(name)}"
    file = repository / "snapshots" / "0123456789abcdef" / "model.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123456789abcdef")
    return file


@pytest.mark.parametrize("name", ["dino", "dinov2", "dinov3"])
def test_the_original_checkpoint_gives_the_same_maps(name: str, tmp_path: Path) -> None:
    state = half(random_state(model_of(name)))
    maps = maps_of(name, save(state, tmp_path / "model.safetensors"))
    assert torch.equal(maps_of(name, save(original_state(name, state), tmp_path / "original.pth")), maps)
    if name == "dino":
        assert torch.equal(maps_of(name, save(whole_checkpoint(state), tmp_path / "whole.pth")), maps)


def test_the_hubs_cache_counts_before_torch_hubs_and_a_named_file_before_both(caches: Path) -> None:
    with pytest.raises(MissingWeightsError):
        teacher_of("dino", None)
    older = caches / "torch" / "hub" / "checkpoints" / "dino_deitsmall8_pretrain.pth"
    older.parent.mkdir(parents=True)
    older.write_bytes(b"torch hub's")
    assert teacher_of("dino", None).recipe["weights"] == sha256_of(older)
    hub = put_into_hub(caches, "dino", b"the hub's")
    assert teacher_of("dino", None).recipe["weights"] == sha256_of(hub)
    named = caches / "mine.pth"
    named.write_bytes(b"mine")
    assert teacher_of("dino", named).recipe["weights"] == sha256_of(named)


@pytest.mark.parametrize("name", ["dinov2", "dinov3"])
def test_each_model_has_its_own_place_in_the_hub(caches: Path, name: str) -> None:
    put_into_hub(caches, "dino", b"DINO's")
    with pytest.raises(MissingWeightsError, match=f"hf download timm/{model_of(name)} model.safetensors"):
        teacher_of(name, None)
    own = put_into_hub(caches, name, b"its own")
    assert teacher_of(name, None).recipe["weights"] == sha256_of(own)


def test_the_recipe_knows_weights_by_content_alone(tmp_path: Path) -> None:
    for name, content in (("a.pth", b"one"), ("b.pth", b"one"), ("c.pth", b"two")):
        (tmp_path / name).write_bytes(content)
    first, same, other = (teacher_of("dino", tmp_path / name).recipe for name in ("a.pth", "b.pth", "c.pth"))
    assert first == same
    assert first != other


def test_missing_weights_are_said_in_one_sentence(caches: Path) -> None:
    with pytest.raises(MissingWeightsError) as nowhere:
        teacher_of("dino", None)
    assert str(nowhere.value) == (
        f"the weights of dino are not on this machine; get them with `{COMMAND}`, or set "
        "networks.dino.weights to a file of them."
    )
    with pytest.raises(MissingWeightsError) as named:
        teacher_of("dino", Path("gone.pth"))
    assert str(named.value) == (
        "the weights gone.pth (networks.dino.weights) are missing; name another file, or get them with "
        f"`{COMMAND}` and set networks.dino.weights to null."
    )


def test_weights_that_changed_since_the_recipe_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.pth"
    file.write_bytes(b"before")
    teacher = teacher_of("dino", file)
    before = sha256_of(file)
    file.write_bytes(b"after")
    with pytest.raises(UserError) as caught:
        teacher.load(CPU)
    assert str(caught.value) == (
        f"the weights {file} (networks.dino.weights) are not those that this run began with; run it again, or "
        f"bring the file with sha256 {before} back."
    )


def test_an_unfit_file_is_said_in_one_sentence(tmp_path: Path) -> None:
    file = save({"cls_token": torch.ones(1, 1, 384)}, tmp_path / "small.safetensors")
    with pytest.raises(UserError) as caught:
        teacher_of("dino", file).load(CPU)
    assert str(caught.value) == (
        f"the weights {file} (networks.dino.weights) lack 'pos_embed'; give those of vit_small_patch8_224.dino, "
        f"which come with: {COMMAND} --force-download"
    )


def empty(name: str) -> nn.Module:
    with torch.device("meta"):
        network: nn.Module = timm.create_model(model_of(name))
    return network


@pytest.fixture(scope="module")
def fitting() -> State:
    return random_state(model_of("dino"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"norm.bias": None}, "lack 'norm.bias'"),
        ({"head.weight": torch.ones(2, 384)}, "hold 'head.weight', which the network has not"),
        ({"pos_embed": torch.ones(1, 197, 384)}, "have (1, 197, 384) for 'pos_embed', not (1, 785, 384)"),
        (
            {"patch_embed.proj.weight": torch.ones(384, 3, 16, 16)},
            "have (384, 3, 16, 16) for 'patch_embed.proj.weight', not (384, 3, 8, 8)",
        ),
        ({"norm.bias": torch.ones(384, dtype=torch.int64)}, "have torch.int64 for 'norm.bias', not torch.float32"),
        ({"norm.bias": torch.full((384,), torch.nan)}, "hold values in 'norm.bias' that are not finite"),
    ],
)
def test_the_first_entry_that_does_not_fit_is_named(fitting: State, change: dict[str, Any], problem: str) -> None:
    state = {name: value for name, value in {**fitting, **change}.items() if value is not None}
    with pytest.raises(UnfitWeightsError) as caught:
        fill(empty("dino"), state)
    assert str(caught.value) == problem


def test_another_networks_position_embedding_is_not_resampled_by_the_way() -> None:
    state = original_state("dinov2", random_state(model_of("dinov2"))) | {"pos_embed": torch.ones(1, 257, 384)}
    with pytest.raises(UnfitWeightsError, match=r"have \(1, 257, 384\) for 'pos_embed'"):
        fill(empty("dinov2"), state)


def test_a_bias_that_would_be_lost_is_refused() -> None:
    state = original_state("dinov3", random_state(model_of("dinov3")))
    state["blocks.5.attn.qkv.bias"] = torch.ones(1152)
    with pytest.raises(UnfitWeightsError, match=r"hold a bias other than 0 in 'blocks\.5\.attn\.qkv\.bias'"):
        fill(empty("dinov3"), state)


@pytest.mark.parametrize("entry", ["mask_token", "storage_tokens"])
@pytest.mark.parametrize("change", [{"model": torch.ones(2)}, {"blocks.0.attn.qkv.bias": torch.ones(())}])
def test_what_timms_functions_cannot_take_is_unfit(entry: str, change: State) -> None:
    with pytest.raises(UnfitWeightsError):
        fill(empty("dinov3"), {entry: torch.ones(1), **change})


def pickled(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


class Attack:
    """A pickle that runs code when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("attacked"),))


STATE = {"norm.bias": torch.ones(3)}
NO_PTH, NO_SAFETENSORS = "cannot be read as a .pth file of plain tensors", "cannot be read as a safetensors file"


@pytest.mark.parametrize(
    ("data", "safe", "problem"),
    [
        (b"", False, NO_PTH),
        (b"", True, NO_SAFETENSORS),
        (pickled(STATE)[:-50], False, NO_PTH),
        (safetensors.torch.save(STATE)[:-1], True, NO_SAFETENSORS),
        (pickled(STATE), True, NO_SAFETENSORS),
        (safetensors.torch.save(STATE), False, NO_PTH),
        (pickle.dumps({"norm.bias": 1}), False, NO_PTH),
        (pickled([torch.ones(3)]), False, "are no state dict"),
        (pickled({"norm.bias": 1.0}), False, "are no state dict"),
        (pickled({}), False, "are no state dict"),
        (pickled({5: torch.ones(3)}), False, "are no state dict"),
        (pickled({"args": argparse.Namespace(a=1)}), False, "are no state dict"),
    ],
)
def test_what_is_no_file_of_weights_is_said(data: bytes, safe: bool, problem: str) -> None:
    with pytest.raises(UnfitWeightsError, match=problem.replace(".", r"\.")):
        read_state(data, safe)


def test_no_code_in_a_file_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnfitWeightsError, match="UnpicklingError"):
        read_state(pickled({"norm.bias": Attack()}), safe=False)
    assert not Path("attacked").exists()


@pytest.mark.parametrize("safe", [False, True])
def test_a_damaged_file_is_never_worse_than_unfit(safe: bool) -> None:
    data = safetensors.torch.save(STATE) if safe else pickled(STATE)
    generator = torch.Generator().manual_seed(0)
    refused = 0
    for _ in range(300):
        at, bit = (int(torch.randint(end, (), generator=generator)) for end in (len(data), 8))
        damaged = bytearray(data)
        damaged[at] ^= 1 << bit
        try:
            read_state(bytes(damaged), safe)
        except UnfitWeightsError:
            refused += 1
    assert refused > 30
