"""Does the render stage's memory grow with the number of objects? `python -m benchmarks.memory`.

`pipeline render --category plane` on made-up objects, at the published camera and with the paper profile's machine
settings but for the workers: first on few objects, then on many. Sampled every 0.1 s, proportional set sizes, so that
pages which processes share count once. A growing process shows in the second half of the longer run.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.peak_memory import MemorySample, PeakMemory
from pipeline.config.profiles import profile_text

CATEGORY = "plane"
EVERY = 0.1  # seconds


def main() -> None:
    """Print a line for each number of objects."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", default="25,100", help="numbers of objects")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--views", type=int, default=50)
    parser.add_argument("--backend", default="raycast")
    arguments = parser.parse_args()
    counts = [int(count) for count in arguments.objects.split(",")]
    print(f"{arguments.workers} workers, {os.cpu_count()} cores, {arguments.backend}, {arguments.views} views; MiB")
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        for count in counts:
            write_params(max(counts), count, arguments)
            for stage in ("synthesize", "manifest"):
                subprocess.run(command(stage), check=True, capture_output=True)
            report(f"{count:4} objects", *watched([*command("render"), "--overwrite"]))  # everything again, meshes too


def write_params(made: int, used: int, arguments: argparse.Namespace) -> None:
    """Write the paper profile's params.yaml, for the first `used` of `made` made-up objects."""
    tree: dict[str, Any] = yaml.safe_load(profile_text("paper"))
    demo: dict[str, Any] = yaml.safe_load(profile_text("defaults"))
    tree |= {"categories": [CATEGORY], "source": demo["source"], "synthesize": {"objects": made, "seed": 0}}
    tree["manifest"] = {**demo["manifest"], "objects": used}
    tree["machine"]["workers"] = arguments.workers
    tree["camera"]["views"] = arguments.views
    tree["render"]["backend"] = arguments.backend
    Path("params.yaml").write_text(yaml.safe_dump(tree))


def command(stage: str) -> list[str]:
    """Return the command of a stage."""
    return [sys.executable, "-m", "pipeline.cli", stage, "--category", CATEGORY]


def watched(words: Sequence[str]) -> tuple[PeakMemory, float]:
    """Run a command. Returns the memory of its processes, and its seconds."""
    start = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    watch = PeakMemory(process.pid, EVERY)
    errors = process.communicate()[1]
    watch.stop()
    if process.returncode:
        sys.exit(errors)
    return watch, time.monotonic() - start


def report(what: str, watch: PeakMemory, seconds: float) -> None:
    """Print the peaks, and the medians of the second and of the last quarter."""
    samples = watch.samples
    quarter = len(samples) // 4

    def both(part: Callable[[MemorySample], int]) -> str:
        peak, early, late = (
            max(map(part, samples)),
            middle(samples[quarter : 2 * quarter]),
            middle(samples[3 * quarter :]),
        )
        return f"peak {peak / 2**20:4.0f}, second quarter {early(part):4.0f}, last quarter {late(part):4.0f}"

    print(
        f"  {what} in {seconds:4.0f} s: all at most {watch.bytes / 2**20:.0f}; parent: "
        f"{both(lambda sample: sample.process)}; workers together: {both(lambda sample: sample.descendants)}",
        flush=True,
    )


def middle(samples: Sequence[MemorySample]) -> Callable[[Callable[[MemorySample], int]], float]:
    """Return a function that gives the median, in MiB, of a part of each sample."""
    return lambda part: statistics.median(part(sample) for sample in samples) / 2**20


if __name__ == "__main__":
    main()
