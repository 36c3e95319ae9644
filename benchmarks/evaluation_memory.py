"""Does the evaluate stage's memory grow with the number of pairs? `python -m benchmarks.evaluation_memory`.

A small field on made-up planes: the smoke profile with 24 objects and 12 views of 64 pixels. Prints the median memory
of the process that evaluates in each tenth of the run. It grows while its caches of 64 images fill, and must be level
after that.
"""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import yaml

from benchmarks.memory import command, watched
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
            watch, seconds = watched(words)
            sizes = [sample.process / 2**20 for sample in watch.samples]
            tenths = [np.median(part) for part in np.array_split(sizes, 10)]
            medians = " ".join(f"{median:.0f}" for median in tenths)
            print(
                f"{count:4} pairs of each kind in {seconds:.0f} s: at most {max(sizes):.0f}; tenths: {medians}",
                flush=True,
            )


if __name__ == "__main__":
    main()
