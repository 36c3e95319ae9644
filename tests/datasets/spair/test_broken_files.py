"""Files of SPair-71k that are damaged at random: read, or refused with a sentence, and nothing else."""

from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.spair.spair_folder import SpairFolder
from pipeline.errors import UserError
from tests.datasets.spair.made_up_spair import made_up_photo, pair_of, write_spair
from tests.fuzz.format_mutations import damaged
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


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data", "ignore:Possibly corrupt EXIF data")
@pytest.mark.parametrize("what", FILES)
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, what: str) -> None:
    write_bait(tmp_path)
    photos = [made_up_photo(name) for name in "ab"]
    whole = SpairFolder(write_spair(tmp_path / "whole", "chair", photos, [pair_of(*photos, "chair")]))
    assert read_all(whole) == 1
    tried = refused = 0
    for root in damaged(whole.root, FILES[what], ROUNDS):
        tried += 1
        try:
            refused += read_all(SpairFolder(root)) == 0
        except UserError:
            refused += 1
    assert refused > tried / ROUNDS
