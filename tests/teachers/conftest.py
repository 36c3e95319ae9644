"""A diffusion model that every file of tests may read, and networks of timm without values made at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from timm.layers import weight_init

from tests.teachers.tiny_diffusion import write_tiny_diffusion


@pytest.fixture(scope="session", autouse=True)
def nothing_is_drawn_for_the_meta_device() -> Iterator[None]:
    """On the meta device timm draws numbers that nothing holds, which took most of a network's making."""
    draw = weight_init._trunc_normal_
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            weight_init, "_trunc_normal_", lambda tensor, *of: tensor if tensor.is_meta else draw(tensor, *of)
        )
        yield


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny diffusion model; a test that spoils it takes a copy."""
    folder = tmp_path_factory.mktemp("tiny") / "model"
    write_tiny_diffusion(folder)
    return folder
