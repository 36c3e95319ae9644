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


def put_into_hub(caches: Path, name: str) -> str:
    """Returns the sha256."""
    repository = caches / "hub" / f"models--timm--{model_of(name)}"
    file = repository / "snapshots" / "0123456789abcdef" / "model.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(name.encode())
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123456789abcdef")
    return sha256_of(file)


def weights_of(name: str, weights: Path | None = None) -> str:
    return str(teacher_of(name, weights).recipe["weights"])


@pytest.mark.parametrize("name", ["dino", "dinov2", "dinov3"])
def test_the_original_checkpoint_gives_the_same_maps(name: str, tmp_path: Path) -> None:
    state = half(random_state(model_of(name)))
    maps = maps_of(name, save(state, tmp_path / "model.safetensors"))
    assert torch.equal(maps_of(name, save(original_state(name, state), tmp_path / "original.pth")), maps)
    if name == "dino":
        assert torch.equal(maps_of(name, save(whole_checkpoint(state), tmp_path / "whole.pth")), maps)


def test_the_hubs_cache_counts_before_torch_hubs_and_a_named_file_before_both(caches: Path) -> None:
    with pytest.raises(MissingWeightsError) as nowhere:
        teacher_of("dino", None)
    assert str(nowhere.value) == (
        f"the weights of dino are not on this machine; get them with `{COMMAND}`, or set "
        "networks.dino.weights to a file of them."
    )
    older = caches / "torch" / "hub" / "checkpoints" / "dino_deitsmall8_pretrain.pth"
    older.parent.mkdir(parents=True)
    older.write_bytes(b"torch hub's")
    assert weights_of("dino") == sha256_of(older)
    in_hub = put_into_hub(caches, "dino")
    assert weights_of("dino") == in_hub
    for name in ("dinov2", "dinov3"):  # each has its own place
        with pytest.raises(MissingWeightsError, match=f"hf download timm/{model_of(name)} model.safetensors"):
            teacher_of(name, None)
        own = put_into_hub(caches, name)
        assert weights_of(name) == own
    named, copied = caches / "mine.pth", caches / "a copy.pth"
    for file in (named, copied):
        file.write_bytes(b"mine")
    assert weights_of("dino", named) == sha256_of(named) == weights_of("dino", copied)


def test_what_is_wrong_with_a_file_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError) as missing:
        teacher_of("dino", Path("gone.pth"))
    assert str(missing.value) == (
        "the weights gone.pth (networks.dino.weights) are missing; name another file, or get them with "
        f"`{COMMAND}` and set networks.dino.weights to null."
    )
    file = save({"cls_token": torch.ones(1, 1, 384)}, tmp_path / "small.safetensors")
    teacher, before = teacher_of("dino", file), sha256_of(file)
    with pytest.raises(UserError) as unfit:
        teacher.load(CPU)
    assert str(unfit.value) == (
        f"the weights {file} (networks.dino.weights) lack 'pos_embed'; give those of vit_small_patch8_224.dino, "
        f"which come with: {COMMAND} --force-download"
    )
    file.write_bytes(b"after")
    with pytest.raises(UserError) as changed:
        teacher.load(CPU)
    assert str(changed.value) == (
        f"the weights {file} (networks.dino.weights) are not those that this run began with; run it again, or "
        f"bring the file with sha256 {before} back."
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


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [  # what timm's own functions would resample or lose
        ("dinov2", {"pos_embed": torch.ones(1, 257, 384)}, r"have \(1, 257, 384\) for 'pos_embed'"),
        ("dinov3", {"blocks.5.attn.qkv.bias": torch.ones(1152)}, r"hold a bias other than 0 in 'blocks\.5\.attn\.qkv"),
    ],
)
def test_an_original_file_of_another_network_is_refused(name: str, change: State, problem: str) -> None:
    state = original_state(name, random_state(model_of(name))) | change
    with pytest.raises(UnfitWeightsError, match=problem):
        fill(empty(name), state)


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
        (pickled({"norm.bias": Attack()}), False, "UnpicklingError"),
    ],
)
def test_what_is_no_file_of_weights_is_said_and_not_executed(
    data: bytes, safe: bool, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnfitWeightsError, match=problem.replace(".", r"\.")):
        read_state(data, safe)
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
