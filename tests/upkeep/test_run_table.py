"""The table of `pipeline compare`: what it shows, and that it fits."""

import pytest

from pipeline.errors import UserError
from pipeline.upkeep.compare_runs import WIDTH, RunState, parsed_states, run_table

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
    other = answer("fedc", "narrow", 0.123456, 50)
    other["data"]["metrics"][RESULTS]["data"]["synthesis"] = {"ssim": 0.5}  # type: ignore[index]
    head["experiments"] = [{"revs": [other]}, {"revs": None}]
    states = list(parsed_states([answer("workspace", None, 0.25, 100), head]))
    assert run_table(states).splitlines() == [
        "                            workspace    0123456     narrow",
        "settings that differ",
        "train.steps                       100        100         50",
        "chair-lite0-whole",
        "  2d-view.internal.pck10px       0.25       0.25     0.1235",
        "  synthesis.psnr                 20.5       20.5          -",
        "  synthesis.ssim                    -          -        0.5",
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


def test_runs_without_metrics_are_left_out() -> None:
    failed = {"rev": "0123456789abcdef", "name": None, "error": {"msg": "no dvc.lock"}, "experiments": None}
    unread = {"rev": "workspace", "name": None, "data": {"metrics": {RESULTS: {"error": {"type": "x"}}}, "params": {}}}
    with pytest.raises(UserError, match="no run has metrics yet: `dvc repro` makes them"):
        run_table(list(parsed_states([unread, failed])))
