"""Maps of the released data as a teacher: the file's numbers, resampled only where the grid differs."""

from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import torch

from pipeline.datasets.errors import DatasetError
from pipeline.errors import UserError
from pipeline.teachers.stored_maps import StoredMapsTeacher
from pipeline.teachers.teacher import Network
from pipeline.teachers.weights import MissingWeightsError
from tests.teachers.teacher_cases import CELLS, made

CPU, IMAGES = torch.device("cpu"), torch.zeros(1, 32, 32, 3)


def write(root: Path, feats: np.ndarray, name: str = "a") -> None:
    folder = root / "data" / "dino_feat_256" / "02691156"
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / f"{name}.npz", feats=feats)


def teacher(root: Path, *overrides: str, channels: int = 3) -> StoredMapsTeacher:
    kind = ("networks.stored.kind=stored-maps", f"networks.stored.root={root}", f"networks.stored.channels={channels}")
    described = made("stored", *kind, *overrides)
    assert isinstance(described, StoredMapsTeacher)
    return described


def network(root: Path, *overrides: str) -> Network:
    return teacher(root, *overrides).load(CPU)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_map_of_the_right_grid_is_the_files_numbers(tmp_path: Path, dtype: type) -> None:
    feats = np.random.default_rng(0).normal(size=(4, 3, CELLS, CELLS)).astype(dtype)
    write(tmp_path, feats)
    maps = network(tmp_path)(IMAGES.expand(2, -1, -1, -1), ["02691156/a/2", "02691156/a/0"]).numpy()
    np.testing.assert_array_equal(maps, feats[[2, 0]].transpose(0, 2, 3, 1).astype(np.float32))


def test_another_grid_is_resampled_bilinearly(tmp_path: Path) -> None:
    """Half as many cells: each is the mean of the four that it covers."""
    feats = np.random.default_rng(0).normal(size=(4, 3, 2 * CELLS, 2 * CELLS)).astype(np.float32)
    write(tmp_path, feats)
    means = feats.reshape(4, 3, CELLS, 2, CELLS, 2).mean(axis=(3, 5))
    maps = network(tmp_path)(IMAGES, ["02691156/a/1"])[0].numpy()
    np.testing.assert_allclose(maps, means[1].transpose(1, 2, 0), atol=1e-6)


def test_fewer_views_are_spread_over_those_of_the_file(tmp_path: Path) -> None:
    feats = np.arange(8, dtype=np.float32)[:, None, None, None] + np.zeros((8, 3, CELLS, CELLS), np.float32)
    write(tmp_path, feats)
    names = [f"02691156/a/{view}" for view in range(4)]
    maps = network(tmp_path)(IMAGES.expand(4, -1, -1, -1), names)
    assert maps[:, 0, 0, 0].tolist() == [0, 2, 4, 6]  # as the render stage chooses 4 of 8 views


@pytest.mark.parametrize(
    "shape", [(3, 3, CELLS, CELLS), (4, 2, CELLS, CELLS), (4, 3, CELLS, CELLS + 1), (4, CELLS, CELLS, 3), (4, 3, CELLS)]
)
def test_maps_of_another_shape_fail_their_object(tmp_path: Path, shape: tuple[int, ...]) -> None:
    write(tmp_path, np.zeros(shape, np.float32))
    with pytest.raises(DatasetError, match=r"dino_feat_256/02691156/a.npz: feats: (has shape|are)"):
        network(tmp_path)(IMAGES, ["02691156/a/0"])


def test_missing_damaged_and_changed_files_fail_their_object_alone(tmp_path: Path) -> None:
    for name in "abc":
        write(tmp_path, np.ones((4, 3, CELLS, CELLS), np.float32), name)
    damaged = tmp_path / "data" / PurePosixPath("dino_feat_256/02691156/c.npz")
    damaged.write_bytes(b"no zip")
    loaded = network(tmp_path)
    write(tmp_path, np.zeros((4, 3, CELLS, CELLS), np.float32), "b")
    for name, said in (("d", "is missing"), ("b", "is not what it was"), ("c", "is no usable npz file")):
        with pytest.raises(DatasetError, match=rf"{name}\.npz: (file|feats): {said}"):
            loaded(IMAGES, [f"02691156/{name}/0"])
    assert (loaded(IMAGES, ["02691156/a/0"]) == 1).all()


def test_the_recipe_follows_the_content_and_not_the_place(tmp_path: Path) -> None:
    write(tmp_path / "one", np.zeros((4, 3, 8, 8), np.float32))
    write(tmp_path / "other", np.zeros((4, 3, 8, 8), np.float32))
    assert teacher(tmp_path / "one").recipe == teacher(tmp_path / "other" / "data").recipe
    write(tmp_path / "other", np.zeros((4, 3, 8, 8), np.float32), "b")
    assert teacher(tmp_path / "one").recipe != teacher(tmp_path / "other").recipe


def test_a_folder_without_maps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match=r"networks\.stored: .* holds no npz files"):
        teacher(tmp_path)


@pytest.mark.parametrize("folder", ["../secret", "a/b", ".", ""])
def test_the_folder_is_one_name(tmp_path: Path, folder: str) -> None:
    with pytest.raises(UserError, match=r"networks\.stored\.folder"):
        teacher(tmp_path, f"networks.stored.folder='{folder}'")
