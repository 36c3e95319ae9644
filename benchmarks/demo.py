"""`python -m benchmarks.demo`: the demo from a fresh clone. Wall time of `dvc repro`, peak memory of all its processes,
time of each stage, and the start-up of `pipeline --help`."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.peak_memory import PeakMemory

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


def main() -> None:
    """Clone, run, print a table."""
    print(f"pipeline --help: {help_seconds():.2f} s (best of 5; the bar is 0.3 s)")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), folder], check=True)
        env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
        start = time.monotonic()
        process = subprocess.Popen(
            [str(BIN / "dvc"), "repro"],
            cwd=folder,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        peak = PeakMemory(process.pid)
        stages = stage_times(process)
        process.wait()
        seconds = time.monotonic() - start
        peak.stop()
    if process.returncode:
        sys.exit(f"dvc repro failed with {process.returncode}")
    for name, taken in stages:
        print(f"  {name:32} {taken:6.1f} s")
    print(f"dvc repro: {seconds:.0f} s (the bar is 480 s), {os.cpu_count()} cores")
    print(f"peak memory of all processes: {peak.bytes / 2**30:.2f} GiB (the bar is 4 GiB)")


def help_seconds() -> float:
    """Time the quickest of five starts."""
    times = []
    for _ in range(5):
        start = time.monotonic()
        subprocess.run([str(BIN / "pipeline"), "--help"], check=True, capture_output=True)
        times.append(time.monotonic() - start)
    return min(times)


def stage_times(process: subprocess.Popen[str]) -> list[tuple[str, float]]:
    """Time each stage from its start to the next one's start, DVC's own work included."""
    marks: list[tuple[str, float]] = []
    assert process.stdout is not None
    for line in process.stdout:
        print("    " + line, end="")
        if match := re.search(r"Running stage '([^']+)'", line):
            marks.append((match[1], time.monotonic()))
    ends = [moment for _, moment in marks[1:]] + [time.monotonic()]
    return [(name, end - start) for (name, start), end in zip(marks, ends, strict=True)]


if __name__ == "__main__":
    main()
