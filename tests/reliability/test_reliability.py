"""The campaigns of `python -m tests.reliability` in a small form."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.reliability.flipped_bits import flipped_bits
from tests.reliability.full_disks import can_mount, full_disks
from tests.reliability.killed_stages import killed_stages
from tests.reliability.tally import Tally
from tests.reliability.two_at_once import two_at_once
from tests.reliability.walked_project import Walked, walk, walk_given_views


@pytest.fixture(scope="module")
def walked_through(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    return walk(tmp_path_factory.mktemp("reliability") / "walked")


CAMPAIGNS: dict[str, Callable[[Walked, Path], Iterator[Tally]]] = {
    "flips": partial(flipped_bits, each=1),
    "kills": partial(killed_stages, kills=1, stages=("render", "evaluate", "report")),
    "pairs": partial(two_at_once, times=1, pairs=(("train", "train --set train.steps=10"), ("evaluate", "evaluate"))),
}


@pytest.mark.long
@pytest.mark.parametrize("name", CAMPAIGNS)
def test_everything_survives(walked_through: Walked, tmp_path: Path, name: str) -> None:
    tallies = list(CAMPAIGNS[name](walked_through, tmp_path / "copy"))
    assert [line for tally in tallies for line in tally.bad] == []
    assert all(tally.injected for tally in tallies)


@pytest.mark.long
def test_a_render_of_given_views_survives_kills(walked_through: Walked, tmp_path: Path) -> None:
    given = walk_given_views(walked_through, tmp_path / "given")
    (tally,) = killed_stages(given, tmp_path / "copy", 2, ("render",))
    assert tally.bad == []


@pytest.mark.long
def test_full_disks_are_survived(walked_through: Walked, tmp_path: Path) -> None:
    if not can_mount(tmp_path / "mount"):
        pytest.skip("a tmpfs cannot be mounted here (unshare --mount)")
    tallies = list(full_disks(walked_through, tmp_path / "disks", 1, ("train", "evaluate")))
    assert [line for tally in tallies for line in tally.bad] == []


def test_a_tally_counts_what_did_not_survive() -> None:
    tally = Tally("a fault")
    tally.add("noticed", "one")
    tally.add("accepted", "two")
    assert (tally.injected, tally.survived, tally.bad) == (2, 1, ["two: accepted"])
    assert str(tally) == "| a fault | 2 | 1 | accepted: 1; noticed: 1 |"
