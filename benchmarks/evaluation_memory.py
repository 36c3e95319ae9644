"""Does the evaluate stage's memory grow with the number of pairs? `python -m benchmarks.evaluation_memory`.

A small field on made-up planes: the smoke profile with 24 objects and 12 views of 64 pixels. First few pairs are
measured, then many. A growing process shows between the second and the last quarter of the longer run.
"""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

import yaml

from benchmarks.memory import command, report, watched
from pipeline.config.profiles import profile_text

STAGES = ("synthesize", "survey", "manifest", "render", "label", "fit-projection", "cache-teachers", "train")


def main() -> None:
    """Print a line for each number of pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", default="100,1600", help="numbers of pairs of each kind")
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
            report(f"{count:4} pairs of each kind", *watched(words))


if __name__ == "__main__":
    main()
