"""The log of a run: values go to the curves, and the latest ones to the line of progress."""

from __future__ import annotations

from pipeline.progress import Progress
from train.run.curves import Curves

# On the line of progress, the first one that a validation measures.
SHOWN_R2 = {"validation_feature_r2": "unseen objects", "heldout_feature_r2": "held-out views"}


class RunLog:
    """Writes values to the curves and to the line of progress. Without them, in a second process, it does nothing."""

    def __init__(self, progress: Progress | None, curves: Curves | None, log_every: int) -> None:
        """Start before the first step. A continued run is recognised by its first values."""
        self._progress, self._curves, self._log_every = progress, curves, log_every
        self._validated = ""
        self.reached = 0

    def __call__(self, step: int, values: dict[str, float]) -> None:
        """Log the values of `step` finished steps."""
        if self._curves is None or self._progress is None:
            return
        self._curves.write(step, values)
        shown = [f", R^2 {values[name]:.2f} on {where}" for name, where in SHOWN_R2.items() if name in values]
        self._validated = shown[0] if shown else self._validated
        if step <= self.reached:
            return
        if self.reached == 0 and step > self._log_every:
            self.reached = step - self._log_every
            self._progress.start_at(self.reached)
        note = f"loss {values['total']:.4f}{self._validated}" if "total" in values else ""
        self._progress.step(note, count=step - self.reached)
        self.reached = step

    def close(self, loss: float) -> None:
        """Print the last line of progress, with the last step's loss."""
        if self._progress is not None:
            self._progress.close(f"loss {loss:.4f}{self._validated}")
