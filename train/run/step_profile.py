"""A trace of a few steps, for chrome://tracing or https://ui.perfetto.dev."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile, schedule

WAIT, WARM_UP, TRACED = 8, 2, 5  # steps: compilation and recording are over by then
STEPS = WAIT + WARM_UP + TRACED


class StepProfile:
    """Traces steps 11 to 15 that it is told of and writes the trace."""

    def __init__(self, path: Path) -> None:
        """`path` ends in .json or .json.gz."""
        path.parent.mkdir(parents=True, exist_ok=True)
        activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if torch.cuda.is_available() else [])
        self._profile = profile(
            activities=activities,
            schedule=schedule(wait=WAIT, warmup=WARM_UP, active=TRACED, repeat=1),
            on_trace_ready=lambda traced: traced.export_chrome_trace(str(path)),
        )
        self._left = STEPS
        self._profile.start()

    def step(self) -> None:
        """One step is over."""
        if self._left:
            self._profile.step()
            self._left -= 1

    def close(self) -> None:
        """Ends a profile, also one that saw too few steps, of which no trace is written."""
        self._profile.stop()
