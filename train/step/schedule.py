"""The learning rate over a run."""

from __future__ import annotations

import math

from pipeline.config.settings import Train


def learning_rate(settings: Train, step: int) -> float:
    """Return Adam's learning rate in a step, counted from 0.

    It rises evenly over the first `warm_up_steps` steps. After them it is constant, or falls along half a cosine to
    `final_learning_rate` in the last step.
    """
    if step < settings.warm_up_steps:
        return settings.learning_rate * (step + 1) / settings.warm_up_steps
    if settings.learning_rate_schedule == "constant":
        return settings.learning_rate
    left = max(settings.steps - 1 - settings.warm_up_steps, 1)
    share = min((step - settings.warm_up_steps) / left, 1)
    fall = settings.learning_rate - settings.final_learning_rate
    return settings.final_learning_rate + fall * 0.5 * (1 + math.cos(math.pi * share))
