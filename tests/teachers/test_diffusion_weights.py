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
from tests.teachers.tiny_diffusion import tiny_teacher, write_tiny_diffusion

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


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "model"
    write_tiny_diffusion(folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(written, tmp_path / "model"))


@pytest.fixture(scope="module")
def features(written: Path) -> Tensor:
    return features_of(written)


def features_of(folder: Path | None) -> Tensor:
    return tiny_teacher(folder).load(CPU)(torch.full((1, 32, 32, 3), 0.5), ["02691156/a/0"])


def rewrite(file: Path, **changes: Any) -> None:
    """Change a configuration's values; those that become ... are taken out."""
    held = {**json.loads(file.read_text()), **changes}
    file.write_text(json.dumps({key: value for key, value in held.items() if value is not ...}))


def retell(file: Path, change: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> None:
    """Change a file of weights."""
    save_file(change(load_file(file)), file, metadata={"format": "pt"})


def sentence_of(attempt: Callable[[], object], kind: type[UserError] = UserError) -> str:
    """What the user is told; nothing else may be raised."""
    with pytest.raises(kind) as caught:
        attempt()
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said and len(said) < 900
    return said


@pytest.mark.parametrize("file", NEEDED)
def test_a_missing_file_is_named_with_the_command_that_gets_it(folder: Path, file: str) -> None:
    (folder / file).unlink()
    said = sentence_of(lambda: tiny_teacher(folder), MissingWeightsError)
    assert f"{folder} (networks.ldm.weights) lacks {file}; get what is missing with `{COMMAND}`" in said


def test_the_command_gets_what_is_needed_and_nothing_else() -> None:
    words = COMMAND.split()
    assert words[:3] == ["hf", "download", "stable-diffusion-v1-5/stable-diffusion-v1-5"]
    assert set(NEEDED) <= set(words[3:])
    assert {Path(word).parts[0] for word in words[3:]} == {"unet", "vae", "text_encoder", "tokenizer", "scheduler"}
    assert not [word for word in words[3:] if word.endswith(".bin")]


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
def test_a_missing_part_is_named(folder: Path, part: str) -> None:
    shutil.rmtree(folder / part)
    assert f"lacks {part}/" in sentence_of(lambda: tiny_teacher(folder), MissingWeightsError)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    said = sentence_of(lambda: tiny_teacher(tmp_path / "none"), MissingWeightsError)
    assert said.startswith(f"{tmp_path / 'none'} (networks.ldm.weights) is no folder;")
    (tmp_path / "model.ckpt").write_bytes(b"")
    assert "is no folder" in sentence_of(lambda: tiny_teacher(tmp_path / "model.ckpt"), MissingWeightsError)


@pytest.mark.parametrize("file", [UNET, VAE, TEXT])
def test_a_pickle_is_not_read(folder: Path, file: str) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(folder / "executed"),)

    (folder / file).unlink()
    name = "pytorch_model.bin" if file == TEXT else "diffusion_pytorch_model.bin"
    (folder / file).with_name(name).write_bytes(pickle.dumps(Bomb()))
    said = sentence_of(lambda: tiny_teacher(folder), MissingWeightsError)
    assert f"lacks {file}, and {name} is a pickle, which is not read; get" in said
    assert not (folder / "executed").exists()


@pytest.mark.parametrize("file", [UNET, VAE, TEXT])
@pytest.mark.parametrize("damage", ["half", "empty", "noise", "header"])
def test_damaged_weights_are_named(folder: Path, file: str, damage: str) -> None:
    data = (folder / file).read_bytes()
    damaged = {
        "half": data[: len(data) // 2],
        "empty": b"",
        "noise": b"\x80\x05" + bytes(range(200)),
        "header": data[:20] + b"\xff\xff" + data[22:],
    }[damage]
    (folder / file).write_bytes(damaged)
    made = tiny_teacher(folder)
    said = sentence_of(lambda: made.load(CPU))
    assert str(folder / Path(file).parent) in said and "(networks.ldm.weights) is no " in said


@pytest.mark.parametrize("file", ["unet/config.json", "vae/config.json", "scheduler/scheduler_config.json"])
@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00\xff"])
def test_a_damaged_configuration_is_named(folder: Path, file: str, text: str) -> None:
    (folder / file).write_bytes(text.encode("latin-1"))
    assert f"{folder / file} (networks.ldm.weights)" in sentence_of(lambda: tiny_teacher(folder))


@pytest.mark.parametrize(
    "file", ["text_encoder/config.json", "tokenizer/vocab.json", "tokenizer/tokenizer_config.json"]
)
@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_a_damaged_text_part_is_named(folder: Path, file: str, text: str) -> None:
    (folder / file).write_text(text)
    said = sentence_of(lambda: tiny_teacher(folder).load(CPU))
    assert f"{folder / Path(file).parent} (networks.ldm.weights)" in said


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        ("unet/config.json", {"_class_name": "SD3Transformer2DModel"}, "has _class_name 'SD3Transformer2DModel', not"),
        ("unet/config.json", {"addition_embed_type": "text_time"}, "has addition_embed_type 'text_time'"),
        ("unet/config.json", {"in_channels": 9}, "has in_channels 9, not 4"),
        ("unet/config.json", {"block_out_channels": ...}, "has block_out_channels None"),
        ("unet/config.json", {"block_out_channels": []}, "has block_out_channels []"),
        ("unet/config.json", {"block_out_channels": ["8", 16, 24, 32]}, "has block_out_channels ['8', 16, 24, 32]"),
        ("vae/config.json", {"_class_name": ...}, "has _class_name None, not 'AutoencoderKL'"),
        ("vae/config.json", {"latents_mean": [0.0]}, "has latents_mean [0.0]"),
        ("vae/config.json", {"scaling_factor": "large"}, "has scaling_factor 'large'"),
        ("scheduler/scheduler_config.json", {"beta_schedule": ...}, "has no beta_schedule"),
        ("scheduler/scheduler_config.json", {"num_train_timesteps": None}, "has num_train_timesteps None"),
    ],
)
def test_a_model_of_another_class_is_named(folder: Path, file: str, changes: dict[str, Any], said: str) -> None:
    rewrite(folder / file, **changes)
    told = sentence_of(lambda: tiny_teacher(folder))
    assert told.startswith(f"{folder / file} (networks.ldm.weights) {said}")
    assert "the class of Stable Diffusion 1 and 2" in told


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        ("unet/config.json", {"block_out_channels": [12, 16, 24, 32]}, "size mismatch for conv_in.weight"),
        ("unet/config.json", {"block_out_channels": [8, 16, 24, 24]}, "Unexpected key(s)"),
        ("unet/config.json", {"layers_per_block": 2}, "Missing key(s)"),
        ("vae/config.json", {"layers_per_block": 2}, "Missing key(s)"),
        ("unet/config.json", {"norm_num_groups": 7}, "no configuration of UNet2DConditionModel"),
        ("vae/config.json", {"down_block_types": ["NoBlock"] * 4}, "no configuration of AutoencoderKL"),
        ("unet/config.json", {"num_class_embeds": 3, "class_embed_type": "identity"}, "class_labels should be"),
        ("unet/config.json", {"cross_attention_dim": 24}, "size mismatch for down_blocks"),
        (
            "unet/config.json",
            {"downsample_padding": 5},
            "model (networks.ldm.weights) is no working model (RuntimeError",
        ),
        ("text_encoder/config.json", {"hidden_size": 24}, "text_encoder (networks.ldm.weights) is no CLIPTextModel"),
        (
            "text_encoder/config.json",
            {"num_hidden_layers": 3},
            "CLIPTextModel (LookupError: it lacks encoder.layers.2.",
        ),
        ("scheduler/scheduler_config.json", {"beta_schedule": "steep"}, "is no noise schedule"),
        ("scheduler/scheduler_config.json", {"beta_end": 9.0}, "is no noise schedule"),
    ],
)
def test_weights_that_do_not_fit_their_configuration_are_named(
    folder: Path, file: str, changes: dict[str, Any], said: str
) -> None:
    rewrite(folder / file, **changes)
    assert said in sentence_of(lambda: tiny_teacher(folder).load(CPU))


def test_weights_without_a_place_are_named(folder: Path) -> None:
    retell(folder / UNET, lambda held: {**held, "more.weight": torch.zeros(1)})
    said = sentence_of(lambda: tiny_teacher(folder).load(CPU))
    assert f"{folder / UNET} (networks.ldm.weights)" in said and '"more.weight"' in said


@pytest.mark.parametrize("file", [UNET, VAE])
def test_whole_numbers_are_no_weights(folder: Path, file: str) -> None:
    retell(folder / file, lambda held: {name: tensor.to(torch.int8) for name, tensor in held.items()})
    assert f"{folder / file} (networks.ldm.weights)" in sentence_of(lambda: tiny_teacher(folder).load(CPU))


def test_a_timestep_beyond_the_schedule_is_named(folder: Path) -> None:
    rewrite(folder / "scheduler/scheduler_config.json", num_train_timesteps=50)
    said = sentence_of(lambda: tiny_teacher(folder))
    assert said == f"networks.ldm.timestep is 100, but {folder} has timesteps 0 to 49."


@pytest.mark.parametrize("file", NEEDED)
def test_every_needed_byte_counts(folder: Path, file: str) -> None:
    before = tiny_teacher(folder)
    data = bytearray((folder / file).read_bytes())
    data[-2] ^= 1
    (folder / file).write_bytes(data)
    said = sentence_of(lambda: before.load(CPU))
    assert said.startswith(f"the weights in {folder} (networks.ldm.weights) are not those that this run began with;")
    assert before.weights in said


def test_nothing_else_counts(folder: Path) -> None:
    before = tiny_teacher(folder).recipe
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "model.safetensors").write_bytes(b"anything")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"anything")
    moved = folder.rename(folder.with_name("elsewhere"))
    assert tiny_teacher(moved).recipe == before


def test_a_half_precision_variant_is_taken_where_it_is_alone(folder: Path, features: Tensor) -> None:
    for file in (UNET, VAE, TEXT):
        retell(folder / file, lambda held: {name: tensor.half() for name, tensor in held.items()})
        (folder / file).rename((folder / file).with_suffix(".fp16.safetensors"))
    halved = features_of(folder)
    assert halved.dtype == torch.float32
    torch.testing.assert_close(halved, features, rtol=0, atol=0.02)
    assert not torch.equal(halved, features)


def test_the_plain_file_is_preferred(folder: Path) -> None:
    before = tiny_teacher(folder).recipe
    (folder / UNET).with_suffix(".fp16.safetensors").write_bytes(b"not looked at")
    assert tiny_teacher(folder).recipe == before


def test_older_names_of_weights_are_known(folder: Path, features: Tensor) -> None:
    """As Stable Diffusion's published files have them, which name no scaling factor either."""
    older = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}

    def renamed(held: dict[str, Tensor]) -> dict[str, Tensor]:
        for new, old in older.items():
            held = {name.replace(f".{new}.", f".{old}."): tensor for name, tensor in held.items()}
        return held

    assert any(".query." in name for name in renamed(load_file(folder / VAE)))
    retell(folder / VAE, renamed)
    retell(folder / TEXT, _with_prefix_and_positions)
    rewrite(folder / "vae/config.json", scaling_factor=...)
    assert torch.equal(features_of(folder), features)


def _with_prefix_and_positions(held: dict[str, Tensor]) -> dict[str, Tensor]:
    prefixed = {f"text_model.{name.removeprefix('text_model.')}": tensor for name, tensor in held.items()}
    return {**prefixed, "text_model.embeddings.position_ids": torch.arange(77)[None]}


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
    said = sentence_of(lambda: tiny_teacher(None), MissingWeightsError)
    assert said.startswith("the weights of ldm are not on this machine; get them with `hf download ")
    model = tmp_path / "hub" / "models--stable-diffusion-v1-5--stable-diffusion-v1-5"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("c0ffee")
    shutil.copytree(folder, model / "snapshots" / "c0ffee")
    assert tiny_teacher(None).recipe == tiny_teacher(folder).recipe
    assert torch.equal(features_of(None), features)
    (model / "snapshots" / "c0ffee" / UNET).unlink()
    assert f"lacks {UNET}" in sentence_of(lambda: tiny_teacher(None), MissingWeightsError)
