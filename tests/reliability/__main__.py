"""`python -m tests.reliability --kills 4 --flips 10 --disks 3 --pairs 2 --weights 4500`: print the table of faults.

It is the one of docs/reliability.md, in Markdown. Exit code 1: something did not survive, and it is listed.
"""

import argparse
import resource
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.reliability.faults import SURVIVED, Fault, can_mount, flipped_bits, full_disks, killed_stages, two_at_once
from tests.reliability.walked_project import walk, walk_given_views
from tests.weights.campaign import campaign

NUMBERS = {  # by default, and of what
    "kills": (4, "of each stage"),
    "flips": (10, "of one bit, in each kind of file"),
    "disks": (3, "that fill, for each stage"),
    "pairs": (2, "tries of each pair of commands"),
    "weights": (4500, "mutated files of weights"),
}
VERDICTS = {"accepted": "accepted, it still fits", "refused": "noticed"}  # of a file of weights
MEMORY = 12 * 2**30  # bytes of address space


def main() -> None:
    """Print a row for each kind of fault as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, (count, what) in NUMBERS.items():
        parser.add_argument(f"--{name}", type=int, default=count, help=what)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    bad: list[str] = []
    sys.stdout.write("| fault | injected | survived | how |\n| --- | --- | --- | --- |\n")
    with tempfile.TemporaryDirectory() as name:
        for kind, found in groupby(faults(arguments, Path(name).resolve()), key=lambda fault: fault.kind):
            line, lost = row(kind, list(found))
            bad += lost
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    sys.stdout.write("".join(f"\n- {line}" for line in bad) + "\n" * bool(bad))
    sys.exit(bool(bad))


def row(kind: str, found: list[Fault]) -> tuple[str, list[str]]:
    """A row of the table, and what did not survive."""
    counts = Counter(fault.verdict for fault in found)
    outcomes = "; ".join(f"{verdict}: {count}" for verdict, count in sorted(counts.items()))
    bad = [f"{fault.what}: {fault.verdict}" for fault in found if fault.verdict not in SURVIVED]
    return f"| {kind} | {len(found)} | {len(found) - len(bad)} | {outcomes} |", bad


def faults(arguments: argparse.Namespace, folder: Path) -> Iterator[Fault]:
    """Inject every kind, where its number is not 0."""
    copy, seed = folder / "copy", arguments.seed
    if arguments.flips or arguments.kills or arguments.disks or arguments.pairs:
        walked = walk(folder / "walked")
        if arguments.flips:
            yield from flipped_bits(walked, copy, arguments.flips, seed)
        if arguments.kills:
            yield from killed_stages(walked, copy, arguments.kills, seed=seed)
            given = walk_given_views(walked, folder / "given")
            yield from killed_stages(given, copy, arguments.kills, ("render",), " of views made elsewhere", seed)
        if arguments.disks and can_mount(folder / "mount"):
            yield from full_disks(walked, folder / "disks", arguments.disks, seed=seed)
        yield from two_at_once(walked, copy, arguments.pairs)
    if arguments.weights:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # beyond it is a defect
        for broken in campaign(arguments.weights, seed):
            yield Fault("a mutated file of weights", str(broken), VERDICTS.get(broken.verdict, broken.verdict))


if __name__ == "__main__":
    main()
