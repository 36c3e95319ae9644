"""DINOv2 and DINOv3 on a CUDA device; test_teachers_on_cuda.py has DINO. Guarded on a CPU by test_vit.py."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.teachers.test_vit import images_of, largest_difference, lowest_cosine, teacher_of
from tests.teachers.timm_weights import model_of, random_state, save

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
    # inductor's advice, fp32 means fp32 here; and what torch deprecates of itself
    pytest.mark.filterwarnings("ignore:TensorFloat32", "ignore::DeprecationWarning"),
]
CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize("name", ["dinov2", "dinov3"])
def test_maps_on_cuda_are_those_of_the_cpu(name: str, tmp_path: Path) -> None:
    exact = teacher_of(name, save(random_state(model_of(name)), tmp_path / "model.safetensors"))
    rough = replace(exact, precision="bf16")
    images = images_of(32)
    names = ["a/b/0", "a/b/1"]
    with torch.inference_mode():
        expected = exact.load(CPU)(images, names)
        assert largest_difference(exact.load(CUDA)(images.to(CUDA), names).cpu(), expected) <= 1e-4
        for compiled in (False, True):
            maps = rough.load(CUDA, compiled)(images.to(CUDA), names)
            assert maps.dtype == torch.bfloat16
            assert lowest_cosine(maps.cpu(), expected) >= 0.999
