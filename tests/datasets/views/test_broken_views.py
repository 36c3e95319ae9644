"""Collections of views whose files are damaged at random: read, or refused with a sentence, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.config.sections.views import Camera
from pipeline.datasets.errors import DatasetError
from pipeline.errors import UserError
from pipeline.manifests.describe import DescribeTask
from pipeline.manifests.describe_views import ViewDescriber
from render.given_views import GivenViews
from tests.datasets.views.test_view_sources import COUNT, FORMATS, KEY, SYNSET, Format
from tests.fuzz.format_mutations import damaged
from tests.fuzz.outside import write_bait


def read_all(form: Format, root: Path) -> None:
    """Do what the stages manifest and render do. Raises DatasetError or UserError."""
    source = form.open(root)
    source.listing(SYNSET)
    item = ViewDescriber(source, form.layout, COUNT)()(DescribeTask(KEY, "train"))
    arrays, _ = GivenViews(source, Camera(views=COUNT, size=16)).stored(KEY, item.matrix())
    assert all(np.isfinite(arrays[name]).all() for name in ("pose", "intrinsics"))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data", "ignore:Possibly corrupt EXIF data")
@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.long)])
@pytest.mark.parametrize("layout", FORMATS)
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, layout: str, rounds: int) -> None:
    form, tried, sentences = FORMATS[layout], 0, list[str]()
    write_bait(tmp_path)
    whole = tmp_path / "whole"
    form.write(whole / form.folder / KEY.id, form.views())
    read_all(form, whole)
    for file in (form.picture, form.camera):
        for root in damaged(whole, f"{form.folder}/{KEY.id}/{file}", rounds):
            tried += 1
            try:
                read_all(form, root)
            except (DatasetError, UserError) as error:
                sentences.append(str(error))
    assert len(sentences) > tried / 3
    assert all(len(sentence.splitlines()) == 1 for sentence in sentences)
