"""The table of `pipeline compare`: what it shows, and that it fits."""

import pytest

from pipeline.errors import UserError
from pipeline.upkeep.compare.run_state import RunState, parsed_states
from pipeline.upkeep.compare.run_table import WIDTH, run_table

RESULTS = "results/chair-lite0-whole/metrics.json"


def answer(rev: str, name: str | None, pck: float, steps: int) -> dict[str, object]:
    """What `dvc exp show --json` says of a commit."""
    metrics = {RESULTS: {"data": {"2d-view": {"internal": {"pck10px": pck}}, "synthesis": {"psnr": 20.5}}}}
    return {
        "rev": rev,
        "name": name,
        "data": {"metrics": metrics, "params": {"settings.yaml": {"data": {"train": {"steps": steps, "width": 64}}}}},
    }


def test_commits_and_experiments_stand_beside_each_other() -> None:
    head = answer("0123456789abcdef", None, 0.25, 100)
    head["experiments"] = [{"revs": [answer("fedc", "narrow", 0.123456, 50)]}, {"revs": None}]
    states = list(parsed_states([answer("workspace", None, 0.25, 100), head]))
    assert run_table(states).splitlines() == [
        "                            workspace    0123456     narrow",
        "settings that differ",
        "train.steps                       100        100         50",
        "chair-lite0-whole",
        "  2d-view.internal.pck10px       0.25       0.25     0.1235",
        "  synthesis.psnr                 20.5       20.5       20.5",
    ]


def many(count: int) -> list[RunState]:
    names = [f"2d-instance.descriptor{number}.pck10px" for number in range(40)]
    key = "networks.a_teacher_with_a_long_name.some_setting_of_it"
    return [
        RunState(f"experiment-{number}", {key: [number] * 20}, {"chair": dict.fromkeys(names, number / 7)})
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [1, 3, 30])
def test_a_line_fits_and_what_does_not_is_counted(count: int) -> None:
    table = run_table(many(count))
    lines = table.splitlines()
    assert max(map(len, lines)) <= WIDTH
    shown = sum(f"experiment-{number} " in lines[0] + " " for number in range(count))
    assert shown == min(count, 5)  # 44 characters of names, and 20 of each run
    assert ("25 older runs left out" in table) == (count == 30)
    assert len(lines) == 42 + 2 * (count > 1) + (count == 30)  # without settings that differ, no heading of them


def test_a_metric_that_a_run_lacks_is_a_dash() -> None:
    runs = [RunState("a", {}, {"chair": {"psnr": 1.0}}), RunState("b", {}, {"chair": {"ssim": 2.0}})]
    rows = {cells[0]: cells[1:] for cells in (line.split() for line in run_table(runs).splitlines()[2:])}
    assert rows == {"psnr": ["1", "-"], "ssim": ["-", "2"]}


def test_runs_without_metrics_are_left_out() -> None:
    failed = {"rev": "0123456789abcdef", "name": None, "error": {"msg": "no dvc.lock"}, "experiments": None}
    unread = {"rev": "workspace", "name": None, "data": {"metrics": {RESULTS: {"error": {"type": "x"}}}, "params": {}}}
    with pytest.raises(UserError, match="no run has metrics yet: `dvc repro` makes them"):
        run_table(list(parsed_states([unread, failed])))
