import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision
from torch.nn import functional as F

from pipeline.errors import UserError
from train.network.encoder import Encoder, ResNet34Encoder, SmallEncoder
from train.network.encoder_file import IMAGENET_FILE
from train.network.encoder_weights import build_encoder

# conv1 and bn1; layer1: 3 blocks; layer2 and layer3: a first block with a 1x1 shortcut, then 3 and 5 more.
STEM = 3 * 64 * 49 + 2 * 64
LAYER1 = 3 * (2 * 64 * 64 * 9 + 4 * 64)
LAYER2 = (64 + 128) * 128 * 9 + 64 * 128 + 6 * 128 + 3 * (2 * 128 * 128 * 9 + 4 * 128)
LAYER3 = (128 + 256) * 256 * 9 + 128 * 256 + 6 * 256 + 5 * (2 * 256 * 256 * 9 + 4 * 256)


@pytest.fixture(params=[ResNet34Encoder, SmallEncoder])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    torch.manual_seed(0)
    made = request.param()
    assert isinstance(made, Encoder)
    return made


def test_maps_have_the_channels_that_are_said_at_half_resolution(encoder: Encoder) -> None:
    assert encoder(torch.rand(2, 3, 64, 64)).shape == (2, encoder.channels, 32, 32)


def test_batch_norm_learns_in_train_mode_only(encoder: Encoder) -> None:
    images = torch.rand(2, 3, 64, 64)
    before = {name: buffer.clone() for name, buffer in encoder.named_buffers()}
    encoder.eval()
    alone, together = encoder(images[:1]), encoder(images)[:1]
    torch.testing.assert_close(alone, together, rtol=1e-3, atol=1e-3)
    assert all(torch.equal(buffer, before[name]) for name, buffer in encoder.named_buffers())
    encoder.train()
    assert not torch.allclose(encoder(images[:1]), encoder(images)[:1])
    assert not any(torch.equal(buffer, before[name]) for name, buffer in encoder.named_buffers())


def test_every_pixel_of_the_image_reaches_the_maps_corner() -> None:
    torch.manual_seed(0)
    encoder = SmallEncoder().eval()
    image = torch.rand(1, 3, 128, 128, requires_grad=True)
    encoder(image)[0, :, 32, 32].square().sum().backward()
    assert image.grad is not None
    assert (image.grad[0].abs().sum(0) > 0).float().mean() > 0.7


def test_the_published_encoder_has_its_parameters() -> None:
    assert (STEM, LAYER1, LAYER2, LAYER3) == (9_536, 221_952, 1_116_416, 6_822_400)
    assert sum(p.numel() for p in ResNet34Encoder().parameters()) == STEM + LAYER1 + LAYER2 + LAYER3


def test_the_published_encoder_is_torchvisions_to_layer3(tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole = torchvision.models.resnet34(weights=None).eval()
    torch.save(whole.state_dict(), tmp_path / "whole.pth")
    encoder = build_encoder("resnet34", str(tmp_path / "whole.pth")).eval()
    images = torch.rand(1, 3, 128, 128)
    maps = encoder(images)
    stem = whole.relu(whole.bn1(whole.conv1(images)))
    torch.testing.assert_close(maps[:, :64], stem)
    deepest = whole.layer3(whole.layer2(whole.layer1(whole.maxpool(stem))))
    assert deepest.shape == (1, 256, 8, 8)
    torch.testing.assert_close(
        maps[:, 256:], F.interpolate(deepest, size=(64, 64), mode="bilinear", align_corners=True)
    )


def test_weights_come_back_from_safetensors(tmp_path: Path) -> None:
    torch.manual_seed(0)
    state = SmallEncoder().state_dict()
    safetensors.torch.save_file(state, tmp_path / "small.safetensors")
    loaded = build_encoder("small", str(tmp_path / "small.safetensors")).state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state.items())


def test_imagenet_weights_are_taken_from_the_hubs_cache_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(
        UserError, match=rf"{IMAGENET_FILE}.* missing; .*python -c .*resnet34\(weights='IMAGENET1K_V1'\)"
    ):
        build_encoder("resnet34", "imagenet")
    cached = tmp_path / "hub" / "checkpoints" / IMAGENET_FILE
    cached.parent.mkdir(parents=True)
    state = torchvision.models.resnet34(weights=None).state_dict()
    torch.save(state, cached)
    assert torch.equal(build_encoder("resnet34", "imagenet").state_dict()["conv1.weight"], state["conv1.weight"])


def test_wrong_weights_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="encoder is small: set the encoder to resnet34"):
        build_encoder("small", "imagenet")
    with pytest.raises(UserError, match=r"absent\.pth .* are missing"):
        build_encoder("small", str(tmp_path / "absent.pth"))
    for name in ("damaged.pth", "damaged.safetensors"):
        (tmp_path / name).write_bytes(b"no weights")
        with pytest.raises(UserError, match=f"{name} .* cannot be read"):
            build_encoder("small", str(tmp_path / name))
    state = SmallEncoder().state_dict()
    for change, message in (
        ({"levels.0.0.weight": None}, r"lack 'levels\.0\.0\.weight'"),
        ({"extra": torch.zeros(1)}, "hold 'extra'"),
        ({"outputs.0.bias": torch.zeros(3)}, r"have \(3,\) for 'outputs\.0\.bias', not \(8,\)"),
    ):
        changed = {name: tensor for name, tensor in (state | change).items() if tensor is not None}
        torch.save(changed, tmp_path / "changed.pth")
        with pytest.raises(UserError, match=message):
            build_encoder("small", str(tmp_path / "changed.pth"))
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(UserError, match="no state dict"):
        build_encoder("small", str(tmp_path / "list.pth"))


def test_a_torchvision_that_does_not_fit_is_not_taken_for_a_damaged_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = tmp_path / "torchvision"
    stub.mkdir()
    (stub / "__init__.py").write_text('raise RuntimeError("operator torchvision::nms does not exist")\n')
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="torchvision cannot be imported: operator torchvision::nms does not exist"):
        ResNet34Encoder()
