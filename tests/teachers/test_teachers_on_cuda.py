"""Networks on a GPU. Guarded on a CPU by test_timm_networks.py, test_latent_diffusion.py, test_feature_server.py."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from pipeline.artifacts.project import Project
from pipeline.config.profiles import profile_text
from pipeline.config.settings import parse_settings
from pipeline.teachers.feature_maker import DeviceFeatures
from pipeline.teachers.feature_server import FeatureServers
from pipeline.teachers.projection import ProjectionOnDevice
from pipeline.teachers.registry import make_teacher
from pipeline.teachers.teacher import Network
from tests.teachers.timm_weights import model_of, random_state, save
from tests.teachers.tiny_diffusion import write_tiny_diffusion

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
    # torch's own, while it compiles
    pytest.mark.filterwarnings("ignore:TensorFloat32", "ignore::DeprecationWarning"),
]
CUDA = torch.device("cuda")
SIZES = {"dino": 128, "dinov2": 32, "dinov3": 32, "lite0": 128, "ldm": 32}  # pixels a side of an image
NAMES = [f"02691156/p/{view}" for view in range(4)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of the large networks; `network` adds the diffusion model's, which need diffusers."""
    folder = tmp_path_factory.mktemp("weights")
    for name in ("dino", "dinov2", "dinov3"):
        save(random_state(model_of(name), growth=3.0), folder / f"{name}.safetensors")
    save(random_state(model_of("lite0")), folder / "lite0.safetensors")
    return folder


def network(folder: Path, teacher: str, precision: str, device: torch.device, compiled: bool = False) -> Network:
    if teacher == "ldm" and not (folder / "ldm").exists():
        write_tiny_diffusion(folder / "ldm")
    tree = yaml.safe_load(profile_text("smoke"))
    tree["camera"]["size"] = SIZES[teacher]
    weights = folder / ("ldm" if teacher == "ldm" else f"{teacher}.safetensors")
    tree["networks"].setdefault(teacher, {})["weights"] = str(weights)
    tree["networks"]["lite0"]["sha256"] = None
    tree["cache-teachers"]["precision"] = precision
    return make_teacher(Project(parse_settings(tree, "test")), teacher, "plane").load(device, compiled)


def images(teacher: str) -> torch.Tensor:
    size = SIZES[teacher]
    return torch.rand((4, size, size, 3), generator=torch.Generator().manual_seed(0))


def least_cosine(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.cosine_similarity(one.double().cpu(), other.double().cpu(), dim=-1).min())


@pytest.mark.parametrize("teacher", SIZES)
def test_single_precision_is_the_cpus(folder: Path, teacher: str) -> None:
    with torch.inference_mode():
        here = network(folder, teacher, "fp32", torch.device("cpu"))(images(teacher), NAMES)
        there = network(folder, teacher, "fp32", CUDA)(images(teacher).to(CUDA), NAMES)
    assert there.device.type == "cuda"
    assert least_cosine(here, there) > 0.99999


@pytest.mark.parametrize("teacher", SIZES)
def test_half_precision_keeps_the_direction_of_every_cell(folder: Path, teacher: str) -> None:
    with torch.inference_mode():
        exact = network(folder, teacher, "fp32", CUDA)(images(teacher).to(CUDA), NAMES)
        half = network(folder, teacher, "bf16", CUDA)(images(teacher).to(CUDA), NAMES)
    least = least_cosine(exact, half)
    print(f"{teacher}: least cosine of bf16 {least:.6f}")  # noqa: T201
    assert least >= 0.999


@pytest.mark.parametrize("teacher", SIZES)
def test_compiled_is_the_same(folder: Path, teacher: str) -> None:
    with torch.inference_mode():
        plain = network(folder, teacher, "bf16", CUDA)(images(teacher).to(CUDA), NAMES)
        compiled = network(folder, teacher, "bf16", CUDA, compiled=True)(images(teacher).to(CUDA), NAMES)
    assert least_cosine(plain, compiled) >= 0.999


class Load:
    """Makes the calculation in a server's process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, device: torch.device) -> DeviceFeatures:
        return DeviceFeatures(
            network(self.folder, "dino", "bf16", device), ProjectionOnDevice(None, None, 2.0), device, 4
        )


def test_a_server_gives_the_features_of_an_own_network(folder: Path) -> None:
    rng = np.random.default_rng(0)
    rgba = rng.integers(0, 256, (4, 128, 128, 4), dtype=np.uint8)
    cells = rng.random((4, 32, 32)) < 0.3
    own = Load(folder)(CUDA).wait_for(rgba, cells, NAMES)
    servers = FeatureServers.of(["cuda:0"], 4, 128, 32, 384)
    with servers.running(Load(folder)):
        first, second = servers(), servers()
        for maker in (first, second, first):
            np.testing.assert_array_equal(maker(rgba, cells, NAMES), own)
