"""Profile of a few steps, for chrome://tracing or https://ui.perfetto.dev."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile, schedule

WAIT, WARM_UP, TRACED = 8, 2, 5  # steps: compilation and recording are over by then
STEPS = WAIT + WARM_UP + TRACED


class StepProfile:
    """A profiler that traces steps 11 to 15 and writes the trace."""

    def __init__(self, path: Path) -> None:
        """Start profiling; `path` ends in .json or .json.gz."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # torch would write through a link
        activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if torch.cuda.is_available() else [])
        self._profile = profile(
            activities=activities,
            schedule=schedule(wait=WAIT, warmup=WARM_UP, active=TRACED, repeat=1),
            on_trace_ready=lambda traced: traced.export_chrome_trace(str(path)),
        )
        self._left = STEPS
        self._profile.start()

    def step(self) -> None:
        """Note that a step is over."""
        if self._left:
            self._profile.step()
            self._left -= 1

    def close(self) -> None:
        """End the profile. Too few steps leave no trace."""
        self._profile.stop()
