"""Freed arrays go back to the system, also between small things that stay."""

import os
import platform
import subprocess
import sys

import pytest

WORK = """
import sys
from pathlib import Path
import numpy as np
from pipeline.executors.heap import trim_heap

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

np.ones(4 * 2**20)  # 32 MiB: from now on glibc would keep smaller arrays on its heap
before, kept = resident(), []
for turn in range(3):
    arrays = []
    for number in range(100):
        arrays.append(np.ones(2**17))  # 1 MiB
        kept.append(bytes(5000))
    del arrays
    if sys.argv[1] == "given back":
        trim_heap()
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
@pytest.mark.parametrize(("how", "least", "most"), [("given back", -40, 20), ("left", 60, 400)])
def test_arrays_go_back(how: str, least: float, most: float) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run([sys.executable, "-c", WORK, how], env=plain, capture_output=True, text=True, check=True)
    assert least < float(done.stdout) < most, "MiB"
