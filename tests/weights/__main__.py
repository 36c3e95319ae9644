"""`python -m tests.weights --inputs 4500 --seed 0`: the long form, within a limit of memory. Exit code 1: a defect."""

import argparse
import resource
import sys
import time
import warnings

from tests.weights.campaign import campaign, table
from tests.weights.readers import READERS


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.weights")
    parser.add_argument("--inputs", type=int, default=4500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--readers", nargs="*", default=list(READERS), choices=list(READERS))
    parser.add_argument("--seconds", type=float, default=86400, help="no more files after so many")
    parser.add_argument("--memory", type=float, default=12, help="GiB of address space; beyond it is a defect")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    limit = int(arguments.memory * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    found, start = [], time.monotonic()
    for broken in campaign(arguments.inputs, arguments.seed, arguments.readers):
        found.append(broken)
        if time.monotonic() - start > arguments.seconds:
            break
    sys.stdout.write(table(found) + "\n")
    sys.exit(any(broken.verdict == "DEFECT" for broken in found))


if __name__ == "__main__":
    main()
