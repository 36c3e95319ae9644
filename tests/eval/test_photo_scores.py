"""Units and thresholds of PCK between photos, its control, its tables, and published rows."""

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from eval.photos.other_methods import COLUMNS, OtherMethod, read_other_methods
from eval.photos.photo_score import PhotoResult, photo_units
from eval.photos.photo_statistics import PhotoStatistics, read_photo_statistics, write_photo_statistics
from eval.photos.photo_transfer import summarise_photos
from eval.photos.seen_photo import PhotoFrame, SeenPhoto
from eval.report.contents import Report
from eval.report.photos import photo_table, photo_view
from eval.report.report import report_html
from eval.table_text import table_text
from eval.transfer.chance import Chance
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import TransferResult
from featurenerf.measured.box_position import box_position_map
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.spair.photo_pair import AnnotatedPhoto
from pipeline.errors import UserError
from tests.eval.small_report import section_of

UNITS = {"pixels": 0.5, "box": 40.0, "image": 100.0}


def result(distances: tuple[float, ...], name: str, viewpoint: int = 0, number: int = 0) -> PhotoResult:
    """A pair whose framed image has 64 pixels: half a pixel for one of 128. Its box is 40, its photo 100 wide there."""
    pair = Pair(ObjectKey("chair", f"a{number}"), 0, ObjectKey("chair", f"b{number}"), 0)
    ids = tuple(range(len(distances)))
    results = tuple(
        TransferResult("2d-cross-instance", each, pair, of_each, ids, None, (), None)
        for each, of_each in ((name, distances), ("position", tuple(2 * d for d in distances)))
    )
    chance = Chance((0.1, 0.2, 0.3), None)
    return PhotoResult(viewpoint, UNITS, results, {"pixels": Chance((0.1,) * 4, None), "box": chance, "image": chance})


def test_thresholds_count_in_their_units() -> None:
    # 1, 3 and 5 framed pixels of 64 are 2, 6 and 10 pixels of 128, 0.025, 0.075 and 0.125 boxes, 0.01 to 0.05 images.
    one = result((1.0, 3.0, 5.0), "internal")
    internal = {metric: one.measured(metric)[0].pck for metric in UNITS}
    assert internal["pixels"] == (1 / 3, 1 / 3, 2 / 3, 2 / 3)  # below 2.5, 5, 7.5, 10: a distance of 10 is not below
    assert internal["box"] == (1 / 3, 2 / 3, 1.0)
    assert internal["image"] == (2 / 3, 1.0, 1.0)  # 0.05 is not below 0.05
    assert one.measured("box")[1].pck == (0.0, 1 / 3, 1 / 3)  # 0.05, 0.15, 0.25


def test_units_are_those_of_the_framed_image() -> None:
    seen = SeenPhoto(
        np.zeros((64, 64, 4), np.uint8),
        np.eye(4, dtype=np.float32),
        np.ones(4, np.float32),
        PhotoFrame(0.25, (3, 4)),
        False,
    )
    photo = AnnotatedPhoto("a", (500, 375), (101, 50, 421, 250), np.zeros((1, 2)))
    assert photo_units(seen, photo) == {"pixels": 0.5, "box": 80.0, "image": 125.0}  # 0.25 times 320 and 500


def test_the_control_knows_the_place_in_the_box() -> None:
    # A box from row 4 to 12 and column 0 to 16 of 16 pixels, cells of 4: centres 2, 6, 10, 14.
    places = box_position_map((4, 0, 12, 16), 16, 4)
    np.testing.assert_allclose(places[0, :, 0], [-0.375, -0.125, 0.125, 0.375])
    np.testing.assert_allclose(places[:, 0, 1], [-0.75, -0.25, 0.25, 0.75])


@cache
def statistics(others: tuple[OtherMethod, ...] = ()) -> PhotoStatistics:
    results = [result((1.0, 3.0, 5.0), "internal", viewpoint=v, number=n) for n, v in enumerate((0, 0, 2, 2))]
    tables = summarise_photos(results, ["internal", "position"])
    return PhotoStatistics(
        "digest", "chair", "test", "large", 64, 0.6, "estimated for each photo", "segmentation", 8, 4, ("a1",),
        {"000001-x-y:chair": "x.json: kps_ids: is empty"}, tables, others,
    )  # fmt: skip


PUBLISHED = OtherMethod("Some Method", "chair", "box", 0.1, 0.305, "A. Author, A Paper, table 2")


def test_groups_are_all_pairs_and_the_viewpoints_that_occur() -> None:
    of_box = [table for table in statistics().tables if table.metric == "box"]
    assert [table.group for table in of_box] == ["all pairs", "small viewpoint change", "large viewpoint change"]
    assert [row.keypoint_pairs for row in of_box[1].rows] == [2, 2, 2]
    assert [row.descriptor for row in of_box[0].rows] == ["internal", "position", "chance"]
    pck = of_box[0].rows[0].pck
    assert pck is not None
    assert [round(value.mean, 3) for value in pck] == [0.333, 0.667, 1.0]
    differences = of_box[0].differences[0].pck
    assert differences is not None
    assert [round(value.mean, 3) for value in differences] == [0.333, 0.333, 0.667]


def test_published_rows_stand_beside_ours_over_all_pairs_only() -> None:
    found = statistics((PUBLISHED,))
    table = photo_table(found, "all pairs")
    cells = {row.name: [cell.text for cell in row.cells] for row in table.rows}
    assert cells["Some Method"] == ["–"] * 5 + ["30.5"] + ["–"] * 5
    assert cells["internal"] == ["33.3", "33.3", "66.7", "66.7", "33.3", "66.7", "100.0", "66.7", "100.0", "100.0", "4"]
    assert [row.name for row in photo_table(found, "small viewpoint change").rows] == ["internal", "position", "chance"]
    lines = table_text(table).splitlines()
    assert lines[0].split()[:3] == ["px", "of", "128"]
    assert lines[2].split()[:2] == ["internal", "33.3*"]
    assert len({len(line) for line in lines[2:]}) <= 2  # aligned, but for blanks at the end


def test_the_report_shows_photos_where_there_are_any() -> None:
    section = dataclasses.replace(section_of(), photos=(("whole field", statistics((PUBLISHED,))),))
    shown = report_html(Report("t", False, (), (section,), "settings"))
    assert "Real photographs" in shown
    assert "Some Method: A. Author, A Paper, table 2" in shown
    assert "1 of them by the box alone" in shown
    assert "000001-x-y:chair" in shown
    assert "Real photographs" not in report_html(Report("t", False, (), (section_of(),), "settings"))
    assert photo_view(statistics()).differences is not None


def test_results_are_read_back_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = statistics((PUBLISHED,))
    write_photo_statistics(Path("results/photos/chair-dino-whole.chair-test.json"), found)
    write_photo_statistics(Path("results/photos/chair-dino-whole-2.chair-test.json"), found)
    ((path, again),) = read_photo_statistics("chair-dino-whole")
    assert again == found
    assert path.name == "chair-dino-whole.chair-test.json"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="is damaged"):
        read_photo_statistics("chair-dino-whole")


def csv_of(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "others.csv"
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    return path


def test_published_rows_are_read(tmp_path: Path) -> None:
    path = csv_of(tmp_path, 'Some Method,chair,box,0.1,30.5,"A. Author, A Paper, table 2"', "B,plane,pixels,5,7,s")
    first, second = read_other_methods(path)
    assert first == PUBLISHED
    assert second == OtherMethod("B", "aeroplane", "pixels", 5.0, 0.07, "s")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("m,chair,box,0.1,30.5,", "source is ''"),
        ("m,table,box,0.1,30.5,s", "category is 'table'"),
        ("m,chair,boxes,0.1,30.5,s", "metric is 'boxes'"),
        ("m,chair,box,0.2,30.5,s", "threshold is '0.2': give one of 0.05, 0.1, 0.15"),
        ("m,chair,box,x,30.5,s", "threshold is 'x'"),
        ("m,chair,box,0.1,nan,s", "value is 'nan': give a percentage from 0 to 100"),
        ("m,chair,box,0.1,130,s", "value is '130'"),
        ("m,chair,box,0.1,30.5", "line 2 has not 6 cells"),
        ("m,chair,box,0.1,30.5,a,b", "line 2 has not 6 cells"),
        ('m,chair,box,0.1,30.5,"s', "is no csv"),
        ('"m\nn",chair,box,0.1,30.5,s', "line 3: method is 'm\\nn': give a line of at most 300 characters"),
        ("m,chair,box,0.1,30.5,s\nm,chair,box,0.1,31,t", "line 3 gives a number of m again: keep one"),
    ],
)
def test_a_wrong_row_is_a_sentence_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        read_other_methods(csv_of(tmp_path, row))
    assert message in str(refused.value)


def test_a_file_that_is_no_table_is_a_sentence(tmp_path: Path) -> None:
    for content, message in ((b"a,b\n", "the first line must be"), (b"\xff\xfe\x00", "no csv in UTF-8")):
        (tmp_path / "x.csv").write_bytes(content)
        with pytest.raises(UserError, match=message):
            read_other_methods(tmp_path / "x.csv")
    with pytest.raises(UserError, match="is missing"):
        read_other_methods(tmp_path / "gone.csv")
