"""`python -m tests.fuzz --inputs 5000 --seed 0`: the long form, within a limit of memory. Exit code 1: a defect."""

import argparse
import faulthandler
import resource
import sys
import warnings

from tests.fuzz.campaign import campaign, table, whole_layouts


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--inputs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20, help="that one object may take")
    parser.add_argument("--memory", type=float, default=6, help="GiB of address space; beyond it is a defect")
    parser.add_argument("--characters", type=int, default=50_000_000, help="of long lines")
    arguments = parser.parse_args()
    warnings.simplefilter("error")
    limit = int(arguments.memory * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for layout, verdict in whole_layouts(arguments.seconds):
        assert verdict.kind == "accepted", f"{layout} without a mutation: {verdict}"
    found = []
    for broken in campaign(arguments.inputs, arguments.seed, arguments.seconds, arguments.characters):
        found.append(broken)
        # What hangs in C, where no signal handler runs, ends the process and shows where.
        faulthandler.dump_traceback_later(4 * arguments.seconds, exit=True)
    faulthandler.cancel_dump_traceback_later()
    sys.stdout.write(table(found) + "\n")
    sys.exit(any(broken.verdict.kind == "DEFECT" for broken in found))


if __name__ == "__main__":
    main()
