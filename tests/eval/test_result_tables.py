"""Tables of pairs and of rendered views: what is written is read back."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.result_tables import read_pair_table, read_view_table, write_pair_table, write_view_table
from eval.synthesis.image_metrics import ImageMetrics
from eval.synthesis.view_synthesis import SynthesisResult
from eval.transfer.evaluate import pck
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import TASKS, TransferResult
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError

THRESHOLDS = {task: (2.5, 5.0 + number) for number, task in enumerate(TASKS)}
KEYS, VIEWS = st.builds(ObjectKey, st.text(max_size=8), st.text(max_size=8)), st.integers(0, 49)


def transferred(task, descriptor, pair, distances, ious):
    parts = tuple(sorted(ious.items()))
    iou = float(np.mean([iou for _, iou in parts])) if parts else None
    shares = pck(np.array(distances), THRESHOLDS[task])
    return TransferResult(task, descriptor, pair, tuple(distances), tuple(range(len(distances))), shares, parts, iou)


TRANSFERRED = st.tuples(
    st.sampled_from(TASKS),
    st.text(max_size=8),
    st.builds(Pair, KEYS, VIEWS, KEYS, VIEWS),
    st.lists(st.floats(0, 200), max_size=5),
    st.dictionaries(st.integers(1, 255), st.floats(0, 1), max_size=4),
)
METRICS = st.builds(ImageMetrics, st.floats(0, 100), st.floats(-1, 1), st.none() | st.floats(0, 10))
RENDERED = st.builds(SynthesisResult, KEYS, VIEWS, VIEWS, METRICS, METRICS)


@settings(max_examples=20)
@given(pairs=st.lists(TRANSFERRED, max_size=6), views=st.lists(RENDERED, max_size=4))
def test_what_is_written_is_read_back_and_equal_results_are_equal_bytes(tmp_path_factory, pairs, views):
    pairs = [transferred(*drawn) for drawn in pairs]
    folder = tmp_path_factory.mktemp("table")
    for name in ("one", "two"):
        write_pair_table(folder / f"{name}.pairs", iter(pairs))
        write_view_table(folder / f"{name}.views", iter(views))
    assert read_pair_table(folder / "one.pairs", THRESHOLDS) == tuple(pairs)
    assert read_view_table(folder / "one.views") == tuple(views)
    for kind in ("pairs", "views"):
        assert (folder / f"one.{kind}").read_bytes() == (folder / f"two.{kind}").read_bytes()


def test_the_columns_of_the_contract_and_no_others(tmp_path):
    pair = Pair.cross_instance(ObjectKey("s", "a"), ObjectKey("s", "b"), 3)
    result = TransferResult("2d-cross-instance", "internal", pair, (1.0,), (4,), (1.0, 1.0), ((1, 0.5),), 0.5)
    path = tmp_path / "pairs.parquet"
    write_pair_table(path, [result])
    assert pq.read_table(path).to_pylist() == [
        {
            "task": "2d-cross-instance", "descriptor": "internal",
            "source_synset": "s", "source_id": "a", "source_view": 3,
            "target_synset": "s", "target_id": "b", "target_view": 3,
            "keypoint_ids": [4], "distances": [1.0], "part_labels": [1], "part_ious": [0.5], "iou": 0.5,
        }
    ]  # fmt: skip
    pq.write_table(pa.table({"task": ["2d-cross-instance"]}), path)
    with pytest.raises(UserError, match=r"pairs\.parquet has other columns .* run `pipeline evaluate` again"):
        read_pair_table(path, THRESHOLDS)
