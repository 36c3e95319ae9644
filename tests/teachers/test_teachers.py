"""One conformance suite for every teacher; the next one is a line in teacher_cases.py. And facts of the stand-in."""

import json
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.modules.module import register_module_forward_pre_hook

from pipeline.config.networks import BUILT_IN
from pipeline.config.settings import load_settings
from pipeline.teachers.daisy import DaisyTeacher
from pipeline.teachers.teacher import Network, Teacher
from tests.teachers.teacher_cases import BF16, CASES, CELLS, NO_CONTENT, SIZE, SMOKE, make_case

CPU = torch.device("cpu")
NAMES = ["02691156/a/0", "02691156/a/1", "02691156/b/0"]


@pytest.fixture(scope="module", params=CASES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp(name)
    yield made
    shutil.rmtree(made)  # weights are large, and pytest would keep three of them


@pytest.fixture(scope="module")
def teacher(name: str, folder: Path) -> Teacher:
    return make_case(name, folder)


@pytest.fixture(scope="module")
def network(teacher: Teacher) -> Network:
    return teacher.load(CPU)


@pytest.fixture(scope="module")
def images() -> Tensor:
    """Three things in the middle of black images."""
    images = torch.zeros(3, SIZE, SIZE, 3)
    images[:, 8:24, 10:26] = torch.rand(3, 16, 16, 3, generator=torch.Generator().manual_seed(0))
    return images


@pytest.fixture(scope="module")
def maps(network: Network, images: Tensor) -> Tensor:
    return network(images, NAMES)


def test_it_is_a_teacher_with_a_network_and_a_recipe_in_json(name: str, teacher: Teacher, network: Network) -> None:
    assert isinstance(teacher, Teacher)
    assert isinstance(network, Network)
    assert json.loads(json.dumps(teacher.recipe)) == teacher.recipe
    assert teacher.recipe["kind"] == CASES[name].kind


def test_maps_have_one_vector_a_cell(teacher: Teacher, maps: Tensor) -> None:
    assert maps.shape == (3, CELLS, CELLS, teacher.channels)
    assert maps.dtype == torch.float32
    assert maps.isfinite().all()
    assert maps.std() > 0


def test_maps_depend_on_neither_batch_nor_order(network: Network, images: Tensor, maps: Tensor) -> None:
    tolerance = 1e-5 * float(maps.abs().max())
    backwards = network(images.flip(0), NAMES[::-1]).flip(0)
    alone = torch.cat([network(images[i : i + 1], NAMES[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(backwards, maps, rtol=0, atol=tolerance)
    torch.testing.assert_close(alone, maps, rtol=0, atol=tolerance)
    assert (maps[0] - maps[1]).abs().max() > 100 * tolerance


def test_sent_elsewhere_it_is_the_same_teacher(teacher: Teacher, images: Tensor, maps: Tensor) -> None:
    arrived = pickle.loads(pickle.dumps(teacher))  # noqa: S301
    assert arrived == teacher
    assert torch.equal(arrived.load(CPU)(images, NAMES), maps)


def test_its_recipe_changes_with_every_setting(name: str, teacher: Teacher, folder: Path) -> None:
    recipes = [teacher.recipe, *(make_case(name, folder, changes).recipe for changes in CASES[name].changes)]
    assert len({json.dumps(recipe, sort_keys=True) for recipe in recipes}) == len(recipes)
    changed = {change.partition("=")[0] for changes in CASES[name].changes for change in changes}
    section = load_settings(SMOKE, CASES[name].given).network(name)
    assert {f"networks.{name}.{key}" for key in type(section).model_fields if key not in NO_CONTENT} <= changed


def test_fp32_has_all_its_digits_whatever_torch_may_use(
    teacher: Teacher, network: Network, images: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not teacher.on_gpu:
        pytest.skip("no network")
    seen = set[tuple[str, bool]]()

    def note(*_: object) -> None:
        seen.add((torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32))

    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    torch.set_float32_matmul_precision("high")
    handle = register_module_forward_pre_hook(note)
    try:
        network(images, NAMES)
        note()
    finally:
        handle.remove()
        torch.set_float32_matmul_precision("highest")
    assert seen == {("highest", False), ("high", True)}  # while it calculates, and after


def test_bf16_keeps_the_direction_of_every_cell(name: str, folder: Path, images: Tensor, maps: Tensor) -> None:
    half = make_case(name, folder, BF16).load(CPU)(images, NAMES)
    assert float(torch.cosine_similarity(half.double(), maps.double(), dim=-1).min()) >= 0.999


def test_shifting_the_image_by_four_pixels_shifts_daisys_map_by_one_cell() -> None:
    image = torch.zeros(128, 128, 3)
    image[44:84, 40:80] = torch.rand(40, 40, 3, generator=torch.Generator().manual_seed(0))
    shifted = image.roll((4, 8), dims=(0, 1))
    still, moved = DaisyTeacher().load(CPU)(torch.stack([image, shifted]), NAMES[:2])
    torch.testing.assert_close(moved[5:, 6:], still[4:-1, 4:-2], rtol=0, atol=1e-5 * float(still.abs().max()))


def test_a_spot_at_a_cells_centre_is_strongest_there_for_daisy() -> None:
    image = torch.zeros(1, 128, 128, 3)
    image[0, 41:43, 81:83] = 1  # centred at v = 42, u = 82: the centre of cell (10, 20)
    strength = DaisyTeacher().load(CPU)(image, NAMES[:1])[0].norm(dim=-1).numpy()
    assert np.unravel_index(strength.argmax(), strength.shape) == (10, 20)


def test_only_dino_keeps_the_scale_of_its_network() -> None:
    assert [name for name, network in BUILT_IN.items() if getattr(network, "own_scale", False)] == ["dino"]
