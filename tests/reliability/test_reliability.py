"""The campaigns of `python -m tests.reliability` in a small form."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.reliability.__main__ import row
from tests.reliability.faults import Fault, can_mount, flipped_bits, full_disks, killed_stages, two_at_once
from tests.reliability.walked_project import Walked, walk, walk_given_views


@pytest.fixture(scope="module")
def walked_through(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    return walk(tmp_path_factory.mktemp("reliability") / "walked")


def given_views(walked: Walked, folder: Path) -> Iterator[Fault]:
    return killed_stages(walk_given_views(walked, folder.with_name("given")), folder, 2, ("render",))


def disks_of_two_workers(walked: Walked, folder: Path) -> Iterator[Fault]:
    return full_disks(replace(walked, words=("--set", "machine.workers=2")), folder, 2, ("render",))


CAMPAIGNS: dict[str, Callable[[Walked, Path], Iterator[Fault]]] = {
    "flips": partial(flipped_bits, each=1),
    "kills": partial(killed_stages, kills=1, stages=("render", "evaluate", "report")),
    "kills of given views": given_views,
    "disks": partial(full_disks, times=1, stages=("train", "evaluate")),
    "disks of two workers": disks_of_two_workers,
    "pairs": partial(two_at_once, times=1, pairs=(("train", "train --set train.steps=10"), ("evaluate", "evaluate"))),
}


@pytest.mark.long
@pytest.mark.timeout(900)  # the first one also walks through the project; minutes on two busy cores
@pytest.mark.parametrize("name", CAMPAIGNS)
def test_everything_survives(walked_through: Walked, tmp_path: Path, name: str) -> None:
    disks = name.startswith("disks")
    if disks and not can_mount(tmp_path / "mount"):
        pytest.skip("a tmpfs cannot be mounted here (unshare --mount)")
    faults = list(CAMPAIGNS[name](walked_through, tmp_path / "copy"))
    line, bad = row(name, faults)
    assert bad == []
    assert not disks or {fault.verdict for fault in faults} == {"refused, then the same bytes"}, "a disk had room"
    assert "| 0 | 0 |" not in line


def test_a_row_counts_what_did_not_survive() -> None:
    assert row("a fault", [Fault("a fault", "one", "noticed"), Fault("a fault", "two", "accepted")]) == (
        "| a fault | 2 | 1 | accepted: 1; noticed: 1 |",
        ["two: accepted"],
    )
