"""Does the evaluate stage's memory grow with the number of pairs? `python -m benchmarks.evaluation_memory`.

A small field on made-up planes: the smoke profile with 24 objects and 12 views of 64 pixels. Prints the memory of the
process at each line of progress, by the number of pairs that are done, because the first pairs take most of the time.
It grows while the caches of 64 images fill, and must be level after that.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks.memory import command
from pipeline.config.profiles import profile_text

STAGES = ("synthesize", "survey", "manifest", "render", "label", "fit-projection", "cache-teachers", "train")


def main() -> None:
    """Print a line for each number of pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", default="1000", help="numbers of pairs of each kind")
    arguments = parser.parse_args()
    counts = [int(count) for count in arguments.pairs.split(",")]
    tree = yaml.safe_load(profile_text("smoke"))
    tree["synthesize"]["objects"] = 24
    tree["camera"] = {"views": 12, "size": 64}
    tree["manifest"] |= {"pairs": max(counts)}
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("params.yaml").write_text(yaml.safe_dump(tree))
        for stage in STAGES:
            subprocess.run(command(stage), check=True, capture_output=True)
        print(f"{os.cpu_count()} cores; MiB")
        for count in counts:
            words = [*command("evaluate"), "--set", f"evaluate.pairs={count}"]
            print(f"{count} pairs of each kind")
            measure(words)


def measure(words: Sequence[str]) -> None:
    """Run a command, and print its resident memory at each line of progress in pairs."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if " pairs " in line:
            pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
            print(f"{pages * os.sysconf('SC_PAGE_SIZE') >> 20:6} MiB  {line.rstrip()}", flush=True)
    if process.wait():
        sys.exit("".join(said))


if __name__ == "__main__":
    main()
