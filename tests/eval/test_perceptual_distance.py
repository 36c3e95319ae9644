"""LPIPS against the formula of the paper (Zhang et al. 2018, equation 1), and what is said where it cannot be had."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torchmetrics
import torchvision

from eval.synthesis.image_metrics import image_metrics
from eval.synthesis.perceptual_distance import open_lpips
from pipeline.errors import UserError
from tests.eval.lpips_weights import write_alexnet

CPU = torch.device("cpu")
DRAW = np.random.default_rng(0)
IMAGE, TRUTH = (DRAW.uniform(size=(48, 48, 3)).astype(np.float32) for _ in range(2))
RELUS = (1, 4, 7, 9, 11)


@pytest.fixture(scope="module")
def alexnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_alexnet(tmp_path_factory.mktemp("torch"))


@pytest.fixture
def cached(alexnet: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(alexnet.parents[2]))
    return alexnet


@torch.no_grad()
def slow_lpips(weights: Path, image: np.ndarray, truth: np.ndarray) -> float:
    """The squared difference of unit-length features, weighted by channel, averaged over places, summed over layers."""
    network = torchvision.models.alexnet(weights=None)
    network.load_state_dict(torch.load(weights))
    folder = Path(torchmetrics.__file__).parent / "functional" / "image" / "lpips_models"
    linear = torch.load(folder / "alex.pth", map_location="cpu")
    features = []
    for one in (image, truth):
        scaled = (2 * torch.from_numpy(one).double() - 1 - torch.tensor([-0.030, -0.088, -0.188])) / torch.tensor(
            [0.458, 0.448, 0.450]
        )
        layer, held = scaled.permute(2, 0, 1)[None], []
        for index, module in enumerate(network.features.double()[: RELUS[-1] + 1]):
            layer = module(layer)
            if index in RELUS:
                held.append(layer[0] / layer[0].square().sum(dim=0).sqrt())
        features.append(held)
    return sum(
        float((linear[f"lin{number}.model.1.weight"].double()[0] * (a - b) ** 2).sum(dim=0).mean())
        for number, (a, b) in enumerate(zip(*features, strict=True))
    )


def test_it_is_the_formula(cached: Path) -> None:
    lpips = open_lpips("alex", CPU)
    expected = slow_lpips(cached, IMAGE, TRUTH)
    assert expected > 0.01
    assert lpips(IMAGE, TRUTH) == pytest.approx(expected, rel=1e-4)
    assert image_metrics(IMAGE, TRUTH, lpips).lpips == lpips(IMAGE, TRUTH)  # nothing is left of the call before


def test_missing_weights_are_said_with_the_command_that_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"vgg16-397923af.pth \(evaluate.lpips\) are missing.*models.vgg16\("):
        open_lpips("vgg", CPU)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no weights", None])
def test_damaged_weights_are_said(alexnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content) -> None:
    file = tmp_path / "hub" / "checkpoints" / alexnet.name
    file.parent.mkdir(parents=True)
    file.write_bytes(alexnet.read_bytes()[:100_000] if content is None else content)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"alexnet-owt-7be5be79.pth \(evaluate.lpips\) cannot be read"):
        open_lpips("alex", CPU)


def test_without_torchmetrics_the_extra_is_named(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics.image.lpip", None)
    with pytest.raises(UserError, match=r"pip install -e \"\.\[lpips\]\""):
        open_lpips("alex", CPU)
