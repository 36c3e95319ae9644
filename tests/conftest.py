"""What every test may ask for."""

import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path

# Before torch is imported, and for the processes that tests start: sizes this small gain nothing from a second thread
# and lose much where the machine is busy, because threads wait for each other by spinning.
os.environ["OMP_NUM_THREADS"] = "1"

import pytest
from hypothesis import HealthCheck, settings

# Compiled modules are kept in `__pycache__`, whatever the machine's habit. Without them each of the hundred processes
# that a run starts compiles this project anew, and each worker also what pytest and jaxtyping change in it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The same examples in every run, and no limits of time: a change is judged by its tests, not by luck or by a busy
# machine. `--hypothesis-seed=N` draws other examples.
settings.register_profile(
    "repeatable", max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collection makes a million objects that stay: looking for garbage among them takes seconds and finds none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real sample files: FEATURENERF_SAMPLES, or `shared/samples` beside the checkout."""
    named = os.environ.get("FEATURENERF_SAMPLES")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("real sample files are absent: set FEATURENERF_SAMPLES to their folder")
    return folder


@pytest.fixture(scope="session")
def released(samples: Path) -> Path:
    """The folder of the released split files, `splits` beside the sample files."""
    folder = samples.parent / "splits"
    if not folder.is_dir():
        pytest.skip("the released split files are absent: put them into `splits` beside the sample files")
    return folder
