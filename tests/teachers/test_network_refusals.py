"""What is no teacher is refused in one sentence that names the setting, before weights are looked for."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.errors import UserError
from pipeline.stores.atomic_files import sha256_of
from pipeline.teachers.registry import make_teacher, raw_channels
from pipeline.teachers.weights import MissingWeightsError
from tests.teachers.teacher_cases import project_of
from tests.teachers.timm_weights import random_state, save

VIT, CNN = "timm-vit", "timm-cnn"
TINY = "test_vit3.r160_in1k"


def sentence(error: type[UserError] = UserError, **entry: Any) -> str:
    """What is said of an entry."""
    with pytest.raises(error) as caught:
        make_teacher(project_of(**entry), "mine", "plane")
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith((".", "?"))
    return said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"model": "vit_bas_patch16_224"}, "has no network 'vit_bas_patch16_224'; did you mean 'vit_base_patch16_"),
        ({"model": ""}, "has no network ''."),
        ({"model": f"{TINY[:9]}.web"}, "has no weights 'web' of test_vit3; it knows test_vit3.r160_in1k."),
        ({"model": "vit_small_patch16_18x2_224.x"}, "has no weights 'x' of vit_small_patch16_18x2_224; it knows none."),
        ({"model": "swin_tiny_patch4_window7_224"}, "it is a SwinTransformer: only timm's VisionTransformer and Eva"),
        ({"model": "deit_tiny_distilled_patch16_224"}, "it is a VisionTransformerDistilled: only timm's"),
        ({"model": "resnet18"}, "it is a ResNet: only timm's"),
        ({"model": "vit_tiny_r_s16_p8_224"}, "its patches are not cut from the image in squares."),
        ({"model": "vit_small_patch16_18x2_224", "facet": "key"}, "its blocks compute no joint query, key and value"),
        ({"model": "vit_base_patch16_xp_224", "facet": "key"}, "its blocks compute no joint query, key and value"),
        (
            {"model": "eva02_base_patch14_224", "facet": "key"},
            "compute no joint query, key and value: facet key cannot be taken, facet token can.",
        ),
        ({"model": TINY, "block": 12}, f"networks.mine.block is 12, but {TINY} has"),
        ({"model": TINY, "input_size": 120}, "networks.mine.input_size is 120, no multiple of the patch size 16: set"),
        ({"kind": CNN, "model": "resnet10t", "strides": [64]}, "has no level of that stride; the strides of its"),
        ({"kind": CNN, "model": "vit_tiny_patch16_224", "strides": [16]}, "has several levels of that stride;"),
        ({"kind": CNN, "model": "mixer_s32_224"}, "networks.mine.strides holds 16, but mixer_s32_224 has no level"),
        ({"kind": CNN, "model": "resnet10t", "input_size": 100}, "100, no multiple of the stride 32: set it to 128."),
        ({"kind": CNN, "model": "coat_tiny"}, "timm gives no square feature levels of them"),
        ({"kind": CNN, "model": "gcvit_xxtiny"}, "some networks take the size of their training alone"),
    ],
)  # fmt: skip
def test_a_network_that_is_none_is_refused_before_weights_are_looked_for(entry: dict[str, Any], said: str) -> None:
    entry = {"kind": VIT, **entry}
    assert said in sentence(**entry)
    if "multiple of the patch size" not in said:  # and it has no plan either
        with pytest.raises(UserError, match=re.escape(said)):
            raw_channels("mine", project_of(**entry).settings.network("mine"))


def test_weights_must_have_the_checksum_of_the_settings(tmp_path: Path) -> None:
    file = save(random_state(TINY), tmp_path / "model.safetensors")
    right = sha256_of(file)
    teacher = make_teacher(project_of(kind=VIT, model=TINY, weights=str(file), sha256=right), "mine", "plane")
    assert teacher.recipe["weights"] == right
    said = sentence(kind=VIT, model=TINY, weights=str(file), sha256="0" * 64)
    assert said == (
        f"the weights {file} (networks.mine.weights) have sha256 {right}, not that of networks.mine.sha256: bring the "
        "right file back, or set networks.mine.sha256 to null if you trust this one."
    )


def test_missing_weights_come_from_where_timm_says_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    said = sentence(MissingWeightsError, kind=VIT, model="vit_base_patch32_clip_quickgelu_224.openai")
    assert "get them with `hf download timm/vit_base_patch32_clip_224.openai model.safetensors`" in said
    said = sentence(MissingWeightsError, kind=CNN, model="convnext_atto_rms")
    assert said == (
        "the weights of mine are not on this machine, and timm knows no place of convnext_atto_rms on the hub: set "
        "networks.mine.weights to a file of them."
    )


# --- files in installed packages


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a package called `some_weights`, which must not be imported."""
    folder = tmp_path / "some_weights"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise ImportError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    assert "some_weights" not in sys.modules


def test_a_file_in_a_package_is_found_without_importing_it(package: Path) -> None:
    (package / "models").mkdir()
    file = save(random_state(TINY), package / "models" / "a.safetensors")
    entry = {"kind": VIT, "model": TINY, "weights": "package:some_weights/models/a.safetensors"}
    teacher = make_teacher(project_of(**entry), "mine", "plane")
    assert teacher.recipe["weights"] == sha256_of(file)
    assert teacher.load(torch.device("cpu"))(torch.rand(1, 32, 32, 3), ["a/b/0"]).isfinite().all()


@pytest.mark.parametrize("inner", ["none.pth", "", "../outside.pth", "models/../../outside.pth", "{outside}"])
def test_what_is_no_file_of_the_package_is_refused(package: Path, inner: str) -> None:
    outside = package.parent / "outside.pth"
    outside.write_bytes(b"outside")
    inner = inner.format(outside=outside)
    said = sentence(MissingWeightsError, kind=VIT, model=TINY, weights=f"package:some_weights/{inner}")
    assert f"the package some_weights holds no file '{inner}' (networks.mine.weights)" in said


@pytest.mark.parametrize("name", ["no_such_weights", "no-such-weights", "", "__main__"])
def test_a_missing_package_is_named_with_the_command_that_gets_it(name: str) -> None:
    said = sentence(MissingWeightsError, kind=VIT, model=TINY, weights=f"package:{name}/a.pth")
    assert f"need the package {name}" in said
    assert "no_such" not in name or "run `pip install no-such-weights`" in said
