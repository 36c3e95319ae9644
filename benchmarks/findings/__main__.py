"""`python -m benchmarks.findings FOLDER [--configuration FILE]`: what the paper finds, and what a run here shows of it.

Trains the fields of a configuration on made-up objects, measures them and their teachers' maps on the same pairs, and
prints Markdown tables: values, paired differences with 95% intervals, and a summary of claims. `findings.yaml` is for
two cores, `findings_published.yaml` and `findings_six.yaml` for a GPU.

The work has parts: stores and maps of each category, and fields. Run the same command several times to share them:
each process takes the next part that no other does, and makes the stores that it needs. What is measured lies in
FOLDER/pairs, a few MB: a killed benchmark loses the part that it was at, and `--tables` needs nothing else. After a
change of code, remove a part's files.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.findings.cameras import write_figure
from benchmarks.findings.configuration import read_configuration
from benchmarks.findings.parts import parts_of, work
from benchmarks.findings.tables import print_tables
from benchmarks.findings.variations import print_variations
from pipeline.errors import UserError

CONFIGURATION = Path(__file__).parents[1] / "findings.yaml"


def main() -> None:
    """List, work, or print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.findings",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--configuration", type=Path, default=CONFIGURATION)
    parser.add_argument("--category", help="the parts of this one alone, without tables")
    parser.add_argument("--only", choices=("stores", "maps", "fields"), help="parts of this kind alone, without tables")
    parser.add_argument("--workers", type=int, default=2, help="processes that fill the stores")
    parser.add_argument("--list", action="store_true", help="print which parts are done")
    parser.add_argument("--tables", action="store_true", help="print tables of what is done, and draw two figures")
    given = parser.parse_args()
    try:
        _do(given)
    except UserError as error:
        sys.exit(f"error: {error}")


def _do(given: argparse.Namespace) -> None:
    configuration = read_configuration(given.configuration, given.workers)
    given.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(given.folder)
    parts = [
        part
        for part in parts_of(configuration)
        if given.category in (None, part.category) and given.only in (None, part.kind)
    ]
    if given.list:
        for part in parts:
            print(f"{'done' if part.is_done() else 'missing':8}{part.name}")
        return
    failed = [] if given.tables else work(parts)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
    if given.tables or (given.category is None and given.only is None):
        print_tables(configuration)
        write_figure(configuration, Path("angles.svg"))
        print_variations(configuration, Path("variations.svg"))


if __name__ == "__main__":
    main()
