import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from eval.statistics.intervals import Interval
from eval.statistics.stored_statistics import FieldStatistics, headlines, read_statistics, write_statistics
from pipeline.errors import UserError
from pipeline.stores.atomic_files import sha256_of
from tests.eval.small_report import BAD, DAISY, INTERNAL, TASK, difference, row, summary_of, views

ONE_OBJECT = summary_of((0.3, -math.inf, 1.0), 0.0, (0.3, -math.inf, math.inf))


def statistics() -> FieldStatistics:
    return FieldStatistics(
        fingerprint="0c1d",
        model="a model's digest",
        transfer={TASK: {"internal": INTERNAL, "daisy map": DAISY, "empty": row("empty", None, None)}},
        differences={TASK: {"internal - daisy map": difference((0.03, 0.01, 0.05, 0.002))}},
        synthesis={"rendered": views("rendered", 21.5, 0.8), "source_image": views("source_image", 16.0, 0.7)},
        distillation={"unseen-objects": BAD, "held-out-views": ONE_OBJECT},
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_statistics(tmp_path, statistics())
    read = read_statistics(tmp_path, "chair-daisy-whole")
    assert replace(read, files={}) == statistics()
    assert read.files == {"metrics.json": sha256_of(tmp_path / "metrics.json")}


def test_a_number_that_is_not_finite_survives_as_json(tmp_path: Path) -> None:
    broken = {TASK: {"internal": replace(INTERNAL, iou=Interval(math.nan, -math.inf, math.inf))}}
    write_statistics(tmp_path, replace(statistics(), transfer=broken))
    iou = read_statistics(tmp_path, "chair-daisy-whole").transfer[TASK]["internal"].iou
    assert iou is not None and math.isnan(iou.mean)
    assert (iou.low, iou.high) == (-math.inf, math.inf)
    for path in tmp_path.iterdir():
        json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert json.loads((tmp_path / "metrics.json").read_text())["2d-instance"]["internal"]["iou"] is None


def test_headlines_are_the_means_that_were_measured() -> None:
    assert headlines(statistics()) == {
        "2d-instance": {
            "internal": {"pck10px": INTERNAL.pck[-1].mean, "iou": INTERNAL.iou.mean},
            "daisy-map": {"pck10px": DAISY.pck[-1].mean, "iou": DAISY.iou.mean},
        },
        "synthesis": {"psnr": 21.5, "ssim": 0.8},
        "distillation": {
            "unseen-objects": {"r2": -0.08, "cosine": 0.8},
            "held-out-views": {"r2": 0.3, "cosine": 0.8},
        },
    }


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text.replace('"mean"', '"average"')])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, damage) -> None:
    write_statistics(tmp_path, statistics())
    path = tmp_path / "statistics.json"
    path.write_text(damage(path.read_text()))
    with pytest.raises(UserError, match=r"statistics\.json is damaged: run `pipeline evaluate"):
        read_statistics(tmp_path, "chair-daisy-whole")
    path.unlink()
    with pytest.raises(UserError, match=r"statistics\.json is missing"):
        read_statistics(tmp_path, "chair-daisy-whole")
