"""Files of SPair-71k that are damaged at random: read, or refused with a sentence, and nothing else."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.spair.spair_folder import SpairFolder
from pipeline.errors import UserError
from tests.datasets.spair.made_up_spair import MadePhoto, pair_of, write_spair
from tests.fuzz.byte_mutations import BYTE_MUTATIONS, Mutate
from tests.fuzz.format_mutations import FORMAT_MUTATIONS
from tests.fuzz.outside import write_bait

FILES = {
    "pair": "PairAnnotation/test/000001-a-b:chair.json",
    "photo": "JPEGImages/chair/a.jpg",
    "segmentation": "Segmentation/chair/a.png",
    "list": "Layout/large/test.txt",
}
ROUNDS = 3


def read_all(folder: SpairFolder) -> int:
    """Read everything that is listed. Returns how many pairs were read whole."""
    whole = 0
    for stem in folder.stems("chair", "test"):
        with suppress(DatasetError):
            pair = folder.read_pair("chair", "test", stem)
            for photo in (pair.source, pair.target):
                width, height = photo.size
                assert folder.read_photo("chair", photo).shape == (height, width, 3)
                mask = folder.read_mask("chair", photo)
                assert mask is None or mask.shape == (height, width)
            whole += 1
    return whole


def made_up(root: Path) -> SpairFolder:
    objects = np.zeros((12, 20), dtype=np.uint8)
    objects[2:8, 6:15] = 3
    rgb = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
    photos = [MadePhoto(name, rgb, objects, (7, 3, 15, 8), {0: (6, 3), 11: (12, 7)}) for name in "ab"]
    return SpairFolder(write_spair(root, "chair", photos, [pair_of(*photos, "chair")]))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data", "ignore:Possibly corrupt EXIF data")
@pytest.mark.parametrize("what", FILES)
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, what: str) -> None:
    mutations: dict[str, Mutate] = {**BYTE_MUTATIONS, **FORMAT_MUTATIONS.get(Path(FILES[what]).suffix, {})}
    write_bait(tmp_path)
    assert read_all(made_up(tmp_path / "whole")) == 1
    refused = 0
    for number, mutate in enumerate(mutations.values()):
        for again in range(ROUNDS):
            folder = made_up(tmp_path / f"{number}-{again}")
            mutate(folder.root / FILES[what], np.random.default_rng([number, again]))
            try:
                refused += read_all(folder) == 0
            except UserError:
                refused += 1
    assert refused > len(mutations)
