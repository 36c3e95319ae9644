"""The ldm teacher's folder: found, checked, read; whatever is wrong with it is one sentence."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipeline.errors import UserError
from pipeline.teachers.diffusion_folder import COMMAND
from pipeline.teachers.quiet_libraries import quiet_libraries
from pipeline.teachers.weights import MissingWeightsError
from tests.teachers.tiny_diffusion import tiny_teacher

CPU = torch.device("cpu")
UNET = "unet/diffusion_pytorch_model.safetensors"
VAE = "vae/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"
NEEDED = [
    UNET,
    VAE,
    TEXT,
    "unet/config.json",
    "vae/config.json",
    "text_encoder/config.json",
    "tokenizer/vocab.json",
    "tokenizer/merges.txt",
    "scheduler/scheduler_config.json",
]
RECORDED = "ab" * 32


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


@pytest.fixture(scope="module")
def features(tiny_model: Path) -> Tensor:
    return features_of(tiny_model)


def features_of(folder: Path | None) -> Tensor:
    return tiny_teacher(folder).load(CPU)(torch.full((1, 32, 32, 3), 0.5), ["02691156/a/0"])


def rewrite(file: Path, **changes: Any) -> None:
    """Change a configuration's values; those that become ... are taken out."""
    held = {**json.loads(file.read_text()), **changes}
    file.write_text(json.dumps({key: value for key, value in held.items() if value is not ...}))


def load(folder: Path) -> None:
    tiny_teacher(folder).load(CPU)


def sentence_of(attempt: Callable[..., object], folder: Path | None, kind: type[UserError] = UserError) -> str:
    """What the user is told; nothing else may be raised."""
    with pytest.raises(kind) as caught:
        attempt(folder)
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said and len(said) < 900
    return said


@pytest.mark.parametrize("file", NEEDED)
def test_a_missing_file_is_named_with_the_command_that_gets_it(folder: Path, file: str) -> None:
    (folder / file).unlink()
    said = sentence_of(tiny_teacher, folder, MissingWeightsError)
    assert f"{folder} (networks.ldm.weights) lacks {file}; get what is missing with `{COMMAND}`" in said
    assert file in COMMAND.split()
    for other in (folder / "none", folder / "vae" / "config.json"):
        said = sentence_of(tiny_teacher, other, MissingWeightsError)
        assert said.startswith(f"{other} (networks.ldm.weights) is no folder;")


def test_the_command_gets_nothing_else() -> None:
    command, files = COMMAND.split()[:3], COMMAND.split()[3:]
    assert command == ["hf", "download", "stable-diffusion-v1-5/stable-diffusion-v1-5"]
    assert {Path(file).parts[0] for file in files} == {"unet", "vae", "text_encoder", "tokenizer", "scheduler"}
    assert not [file for file in files if file.endswith(".bin")]


@pytest.mark.parametrize("file", [UNET, VAE, TEXT])
def test_weights_that_are_a_pickle_or_damaged_are_named(folder: Path, file: str) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(folder / "executed"),)

    data = (folder / file).read_bytes()
    noise, header = b"\x80\x05" + bytes(range(200)), data[:20] + b"\xff\xff" + data[22:]
    for damaged in (data[: len(data) // 2], b"", noise, header):
        (folder / file).write_bytes(damaged)
        said = sentence_of(load, folder)
        assert str(folder / Path(file).parent) in said and "(networks.ldm.weights) is no " in said
    (folder / file).unlink()
    name = "pytorch_model.bin" if file == TEXT else "diffusion_pytorch_model.bin"
    (folder / file).with_name(name).write_bytes(pickle.dumps(Bomb()))
    said = sentence_of(tiny_teacher, folder, MissingWeightsError)
    assert f"lacks {file}, and {name} is a pickle, which is not read; get" in said
    assert not (folder / "executed").exists()


@pytest.mark.parametrize(
    "file", [*(file for file in NEEDED if file.endswith(".json")), "tokenizer/tokenizer_config.json"]
)
def test_a_damaged_configuration_is_named(folder: Path, file: str) -> None:
    place = Path(file).parent if file.startswith("tokenizer") else file  # read by transformers
    for text in (b"", b"{", b"[1]", b"\x00\xff"):
        (folder / file).write_bytes(text)
        assert f"{folder / place} (networks.ldm.weights)" in sentence_of(load, folder)


UNET_JSON, VAE_JSON, SCHEDULE = "unet/config.json", "vae/config.json", "scheduler/scheduler_config.json"


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        (UNET_JSON, {"_class_name": "SD3Transformer2DModel"}, "_class_name: Input should be 'UNet2DConditionModel'"),
        (UNET_JSON, {"addition_embed_type": "text_time"}, "addition_embed_type: Input should be null"),
        (UNET_JSON, {"in_channels": 9}, "in_channels: 9, not 4"),  # of a model that fills in a part of an image
        (UNET_JSON, {"block_out_channels": ...}, "block_out_channels: Field required"),
        (UNET_JSON, {"block_out_channels": []}, "block_out_channels: "),
        (UNET_JSON, {"block_out_channels": ["8", 16, 24, 32]}, "block_out_channels.0: "),
        (UNET_JSON, {"block_out_channels": [8] * 65}, "block_out_channels: "),
        (UNET_JSON, {"layers_per_block": 10**30}, "layers_per_block."),
        (UNET_JSON, {"transformer_layers_per_block": [1, [1, 10**9], 1, 1]}, "transformer_layers_per_block."),
        (UNET_JSON, {"reverse_transformer_layers_per_block": [10**9]}, "reverse_transformer_layers_per_block."),
        (VAE_JSON, {"layers_per_block": 65}, "layers_per_block: Input should be less than or equal to 64"),
        ("text_encoder/config.json", {"num_hidden_layers": 10**9}, "num_hidden_layers: "),
        (VAE_JSON, {"_class_name": ...}, "_class_name: Field required"),
        (VAE_JSON, {"latents_mean": [0.0]}, "latents_mean: Input should be null"),
        (VAE_JSON, {"scaling_factor": "large"}, "scaling_factor: Input should be a valid number"),
        (SCHEDULE, {"beta_schedule": ...}, "beta_schedule: Field required"),
        (SCHEDULE, {"num_train_timesteps": None}, "num_train_timesteps: Input should be a valid integer"),
    ],
)
def test_a_model_of_another_class_is_named(folder: Path, file: str, changes: dict[str, Any], said: str) -> None:
    rewrite(folder / file, **changes)
    told = sentence_of(tiny_teacher, folder)
    assert told.startswith(f"{folder / file} (networks.ldm.weights) is no configuration of the class of Stable Diff")
    assert f"({said}" in told


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        (UNET_JSON, {"block_out_channels": [12, 16, 24, 32]}, "size mismatch for conv_in.weight"),
        (UNET_JSON, {"block_out_channels": [8, 16, 24, 24]}, "Unexpected key(s)"),
        (UNET_JSON, {"layers_per_block": 2}, "Missing key(s)"),
        (VAE_JSON, {"layers_per_block": 2}, "Missing key(s)"),
        (UNET_JSON, {"norm_num_groups": 7}, "no configuration of UNet2DConditionModel"),
        (VAE_JSON, {"down_block_types": ["NoBlock"] * 4}, "no configuration of AutoencoderKL"),
        (UNET_JSON, {"num_class_embeds": 3, "class_embed_type": "identity"}, "class_labels should be"),
        (UNET_JSON, {"cross_attention_dim": 24}, "size mismatch for down_blocks"),
        (
            "unet/config.json",
            {"downsample_padding": 5},
            "model (networks.ldm.weights) is no working model (RuntimeError",
        ),
        ("text_encoder/config.json", {"hidden_size": 24}, "text_encoder (networks.ldm.weights) is no CLIPTextModel"),
        ("text_encoder/config.json", {"num_hidden_layers": 3}, "(LookupError: it lacks encoder.layers.2."),
        (SCHEDULE, {"beta_schedule": "steep"}, "is no noise schedule"),
        (SCHEDULE, {"beta_end": 9.0}, "is no noise schedule"),
    ],
)
def test_weights_that_do_not_fit_their_configuration_are_named(
    folder: Path, file: str, changes: dict[str, Any], said: str
) -> None:
    rewrite(folder / file, **changes)
    assert said in sentence_of(load, folder)


@pytest.mark.parametrize("file", [UNET, VAE])
def test_weights_without_a_place_and_whole_numbers_are_named(folder: Path, file: str) -> None:
    whole = load_file(folder / file)
    integers = {name: tensor.to(torch.int8) for name, tensor in whole.items()}
    for tensors, said in ((integers, ""), ({**whole, "more.weight": torch.zeros(1)}, '"more.weight"')):
        save_file(tensors, folder / file)
        sentence = sentence_of(load, folder)
        assert f"{folder / file} (networks.ldm.weights)" in sentence and said in sentence


def test_a_timestep_beyond_the_schedule_is_named(folder: Path) -> None:
    rewrite(folder / "scheduler/scheduler_config.json", num_train_timesteps=50)
    said = sentence_of(tiny_teacher, folder)
    assert said == f"networks.ldm.timestep is 100, but {folder} has timesteps 0 to 49."


@pytest.mark.parametrize("file", NEEDED)
def test_every_needed_byte_counts(folder: Path, file: str) -> None:
    before = tiny_teacher(folder)
    data = bytearray((folder / file).read_bytes())
    data[-2] ^= 1
    (folder / file).write_bytes(data)
    said = sentence_of(lambda _: before.load(CPU), folder)
    assert said.startswith(f"the weights in {folder} (networks.ldm.weights) are not those that this run began with;")
    assert before.weights in said


def test_nothing_else_counts(folder: Path) -> None:
    before = tiny_teacher(folder).recipe
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "model.safetensors").write_bytes(b"anything")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"anything")
    (folder / UNET).with_suffix(".fp16.safetensors").write_bytes(b"not looked at, the plain file is there")
    moved = folder.rename(folder.with_name("elsewhere"))
    assert tiny_teacher(moved).recipe == before


def test_a_half_precision_variant_is_taken_where_it_is_alone(folder: Path, features: Tensor) -> None:
    for file in (UNET, VAE, TEXT):
        halves = {name: tensor.half() for name, tensor in load_file(folder / file).items()}
        save_file(halves, (folder / file).with_suffix(".fp16.safetensors"), metadata={"format": "pt"})
        (folder / file).unlink()
    halved = features_of(folder)
    assert halved.dtype == torch.float32
    torch.testing.assert_close(halved, features, rtol=0, atol=0.02)
    assert not torch.equal(halved, features)


def test_older_names_of_weights_are_known(folder: Path, features: Tensor) -> None:
    """As Stable Diffusion's published files have them, which name no scaling factor either."""
    older = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    weights = load_file(folder / VAE)
    for new, old in older.items():
        weights = {name.replace(f".{new}.", f".{old}."): tensor for name, tensor in weights.items()}
    assert any(".query." in name for name in weights)
    save_file(weights, folder / VAE)
    text = {f"text_model.{n.removeprefix('text_model.')}": tensor for n, tensor in load_file(folder / TEXT).items()}
    numbers = {"text_model.embeddings.position_ids": torch.arange(77)[None]}
    save_file(text | numbers, folder / TEXT, metadata={"format": "pt"})
    rewrite(folder / "vae/config.json", scaling_factor=...)
    assert torch.equal(features_of(folder), features)


def test_scale_and_shift_of_the_latents_count(folder: Path, features: Tensor) -> None:
    rewrite(folder / "vae/config.json", scaling_factor=0.4)
    scaled = features_of(folder)
    rewrite(folder / "vae/config.json", scaling_factor=0.4, shift_factor=0.5)
    shifted = features_of(folder)
    assert (scaled - features).abs().max() > 0.01
    assert (shifted - scaled).abs().max() > 0.01


def test_a_tokenizer_in_one_file_is_the_same_tokenizer(folder: Path, features: Tensor) -> None:
    with quiet_libraries():
        from transformers import CLIPTokenizer

        CLIPTokenizer.from_pretrained(folder / "tokenizer").save_pretrained(folder / "tokenizer")
    for file in ("vocab.json", "merges.txt"):
        (folder / "tokenizer" / file).unlink()
    assert (folder / "tokenizer" / "tokenizer.json").is_file()
    assert torch.equal(features_of(folder), features)


def test_the_hubs_cache_is_looked_at(
    folder: Path, features: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    said = sentence_of(tiny_teacher, None, MissingWeightsError)
    assert said.startswith("the weights of ldm are not on this machine; get them with `hf download ")
    model = tmp_path / "hub" / "models--stable-diffusion-v1-5--stable-diffusion-v1-5"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("c0ffee")
    shutil.copytree(folder, model / "snapshots" / "c0ffee")
    assert tiny_teacher(None).recipe == tiny_teacher(folder).recipe
    assert torch.equal(features_of(None), features)
    (model / "snapshots" / "c0ffee" / UNET).unlink()
    assert f"lacks {UNET}" in sentence_of(tiny_teacher, None, MissingWeightsError)
