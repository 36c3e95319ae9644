"""Two ways to take a step, each time from the same weights: the rounding of one step does not grow in the next."""

from collections.abc import Sequence

import torch

from train.network.model import FeatureField
from train.objects.batches import StepInput
from train.step.training_step import STEPS_BEFORE_RECORDING, TrainingStep

Way = tuple[FeatureField, TrainingStep]


def apart(plain: Way, other: Way, given: Sequence[StepInput]) -> tuple[float, float]:
    """Return the largest relative difference of a loss term, and that of a weight's gradient in its best step.

    Rounding is small against a weight's gradient in one of several steps at least; a wrong gradient is wrong in each.
    Steps before the recording do not count there. They would hide a recording that is wrong, and a block's second
    layer starts at 0, and passes no gradient in the first step.
    """
    of_losses, of_gradients = [], []
    for item in given:
        with torch.no_grad():
            for mine, theirs in zip(_state(plain), _state(other), strict=True):
                theirs.copy_(mine)
        true, found = (step.take(item).detach() for _, step in (plain, other))
        of_losses.append((found - true).abs() / true.abs())
        weights = [dict(model.named_parameters()) for model, _ in (plain, other)]
        of_gradients.append(torch.stack([_apart(weights[0][name], weights[1][name]) for name in weights[0]]))
    return float(torch.stack(of_losses).max()), float(
        torch.stack(of_gradients[STEPS_BEFORE_RECORDING:]).amin(dim=0).max()
    )


def _state(way: Way) -> list[torch.Tensor]:
    return [*way[0].parameters(), *way[0].buffers()]


def _apart(true: torch.Tensor, found: torch.Tensor) -> torch.Tensor:
    assert (true.grad is None) is (found.grad is None)
    if true.grad is None or found.grad is None:
        return torch.zeros((), device=true.device)
    return torch.linalg.vector_norm(found.grad - true.grad) / torch.linalg.vector_norm(true.grad)
