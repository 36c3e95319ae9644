import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.transfer.pair_table import SCHEMA, read_pair_table, write_pair_table
from eval.transfer.pairs import Pair
from eval.transfer.pck import pck
from eval.transfer.transfer_result import TASKS, TransferResult
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError

THRESHOLDS = {
    "2d-cross-instance": (2.5, 5.0),
    "2d-other-camera": (5.0, 7.5),
    "2d-novel-view": (2.5,),
    "3d-cross-instance": (0.025, 0.1),
}


NAMES = st.text(max_size=8)
VIEWS = st.integers(0, 49)
DRAWN = st.tuples(
    st.sampled_from(TASKS),
    st.tuples(NAMES, NAMES, NAMES, VIEWS, NAMES, NAMES, VIEWS),
    st.lists(st.floats(0, 200), max_size=5),
    st.dictionaries(st.integers(1, 255), st.floats(0, 1), max_size=4),
)


def result_of(task, names, distances, ious):
    descriptor, *source, source_view, synset, identity, target_view = names
    parts = tuple(sorted(ious.items()))
    return TransferResult(
        task,
        descriptor,
        Pair(ObjectKey(*source), source_view, ObjectKey(synset, identity), target_view),
        tuple(distances),
        tuple(range(len(distances))),
        pck(np.array(distances), THRESHOLDS[task]) if distances else None,
        parts,
        float(np.mean([iou for _, iou in parts])) if parts else None,
    )


@settings(max_examples=20)
@given(drawn=st.lists(DRAWN, max_size=6))
def test_what_is_written_is_read_back_and_equal_results_are_equal_bytes(tmp_path_factory, drawn):
    results = [result_of(*one) for one in drawn]
    folder = tmp_path_factory.mktemp("table")
    write_pair_table(folder / "pairs.parquet", results)
    assert read_pair_table(folder / "pairs.parquet", THRESHOLDS) == tuple(results)
    write_pair_table(folder / "again.parquet", iter(results))
    assert (folder / "again.parquet").read_bytes() == (folder / "pairs.parquet").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["again.parquet", "pairs.parquet"]


@pytest.fixture
def table(tmp_path):
    pair = Pair.cross_instance(ObjectKey("s", "a"), ObjectKey("s", "b"), 3)
    result = TransferResult("2d-cross-instance", "internal", pair, (1.0,), (4,), (1.0, 1.0), ((1, 0.5),), 0.5)
    write_pair_table(tmp_path / "pairs.parquet", [result])
    return tmp_path / "pairs.parquet"


def test_the_columns_of_the_contract(table):
    assert pq.read_table(table).to_pylist() == [
        {
            "task": "2d-cross-instance",
            "descriptor": "internal",
            "source_synset": "s",
            "source_id": "a",
            "source_view": 3,
            "target_synset": "s",
            "target_id": "b",
            "target_view": 3,
            "keypoint_ids": [4],
            "distances": [1.0],
            "part_labels": [1],
            "part_ious": [0.5],
            "iou": 0.5,
        }
    ]


def changed(table, column, values, kind=None):
    held = pq.read_table(table)
    index = held.column_names.index(column)
    made = pa.array(values, kind or SCHEMA.field(column).type)
    pq.write_table(held.set_column(index, pa.field(column, made.type), made), table)


@pytest.mark.parametrize(
    ("column", "values", "kind", "what"),
    [
        ("source_view", ["3"], pa.string(), "is string, not int64"),
        ("target_id", [None], None, "empty cells"),
        ("distances", [None], pa.list_(pa.float64()), "empty cells|is list"),
        ("task", ["4d"], None, "no task"),
        ("distances", [[1.0, 2.0]], None, "as many values as 'keypoint_ids'"),
        ("part_ious", [[]], None, "as many values as 'part_labels'"),
        ("distances", [[float("nan")]], None, "no number"),
        ("iou", [None], None, "does not go with"),
    ],
)
def test_an_unsound_column_is_named(table, column, values, kind, what):
    changed(table, column, values, kind)
    with pytest.raises(UserError, match=rf"pairs\.parquet: column '{column}' .*({what})"):
        read_pair_table(table, THRESHOLDS)


def test_a_missing_column_or_file_and_another_kind_of_file_are_named(table):
    pq.write_table(pq.read_table(table).drop_columns(["part_ious"]), table)
    with pytest.raises(UserError, match=r"pairs\.parquet: column 'part_ious' is missing"):
        read_pair_table(table, THRESHOLDS)
    table.write_bytes(b"no table")
    with pytest.raises(UserError, match=r"pairs\.parquet: cannot be read"):
        read_pair_table(table, THRESHOLDS)
    table.unlink()
    with pytest.raises(UserError, match=r"pairs\.parquet: cannot be read"):
        read_pair_table(table, THRESHOLDS)
