"""`python -m tests.reliability --kills 4 --flips 10 --disks 3 --pairs 2 --weights 4500`: print the table of faults.

It is the one of docs/reliability.md, in Markdown. Exit code 1: something did not survive, and it is listed.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.reliability.flipped_bits import flipped_bits
from tests.reliability.full_disks import can_mount, full_disks
from tests.reliability.killed_stages import killed_stages
from tests.reliability.tally import Tally
from tests.reliability.two_at_once import two_at_once
from tests.reliability.walked_project import walk, walk_given_views
from tests.weights.campaign import campaign

HEAD = "| fault | injected | survived | how |\n| --- | --- | --- | --- |"


def main() -> None:
    """Print a row for each kind of fault as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, count, what in (
        ("kills", 4, "of each stage"),
        ("flips", 10, "of one bit, in each kind of file"),
        ("disks", 3, "that fill, for each stage"),
        ("pairs", 2, "tries of each pair of commands"),
        ("weights", 4500, "mutated files of weights"),
    ):
        parser.add_argument(f"--{name}", type=int, default=count, help=what)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        tallies = []
        sys.stdout.write(HEAD + "\n")
        for tally in faults(arguments, Path(name).resolve()):
            tallies.append(tally)
            sys.stdout.write(f"{tally}\n")
            sys.stdout.flush()
    bad = [line for tally in tallies for line in tally.bad]
    sys.stdout.write("".join(f"\n- {line}" for line in bad) + "\n" * bool(bad))
    sys.exit(bool(bad))


def faults(arguments: argparse.Namespace, folder: Path) -> Iterator[Tally]:
    """Inject every kind, where its number is not 0."""
    walked, copy = walk(folder / "walked"), folder / "copy"
    if arguments.flips:
        yield from flipped_bits(walked, copy, arguments.flips, arguments.seed)
    if arguments.kills:
        yield from killed_stages(walked, copy, arguments.kills, seed=arguments.seed)
        given = walk_given_views(walked, folder / "given")
        note = " of views made elsewhere"
        yield from killed_stages(given, copy, arguments.kills, ("render",), note, arguments.seed)
    if arguments.disks and can_mount(folder / "mount"):
        yield from full_disks(walked, folder / "disks", arguments.disks, seed=arguments.seed)
    if arguments.pairs:
        yield from two_at_once(walked, copy, arguments.pairs)
    if arguments.weights:
        tally = Tally("a mutated file of weights")
        for broken in campaign(arguments.weights, arguments.seed):
            verdict = "accepted, it still fits" if broken.verdict == "accepted" else broken.verdict
            tally.add("noticed" if broken.verdict == "refused" else verdict, str(broken))
        yield tally


if __name__ == "__main__":
    main()
