"""One step of training: the losses of a batch, their gradients, and Adam's update, compiled and recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.config.settings import Camera, Train
from train.map_tensors import map_tensors
from train.network.model import FeatureField
from train.objects.batches import RayBatch, StepInput
from train.rendering.volume import SampleDraws
from train.step.batch_losses import batch_losses
from train.step.processes import Processes
from train.step.schedule import learning_rate

# A recording needs chosen kernels and allocated memory: the first steps run without one.
STEPS_BEFORE_RECORDING = 3


@dataclass(frozen=True)
class Acceleration:
    """Options that make a step on a GPU faster: torch.compile and a CUDA graph.

    They change its result by rounding only; a CPU uses neither.
    """

    compiled: bool
    recorded: bool


class TrainingStep:
    """The steps of one run, on one model and its optimiser.

    A step whose loss or gradients are not finite changes no weights, and neither does any later step. So the weights
    before it are still there when its losses are read, a few steps later.
    """

    def __init__(
        self, model: FeatureField, settings: Train, camera: Camera, processes: Processes, acceleration: Acceleration
    ) -> None:
        """The model lies on the processes' device."""
        self._settings, self._processes = settings, processes
        self._model = model
        rate = torch.tensor(settings.learning_rate, device=processes.device)
        self._halted = torch.zeros((), device=processes.device)
        on_gpu = processes.device.type == "cuda"
        self.optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True, capturable=on_gpu)
        # Adam's fused kernel leaves weights and moments alone where this is 1.
        self.optimizer.found_inf = self._halted  # type: ignore[attr-defined]

        def losses(batch: RayBatch, samples: SampleDraws) -> Tensor:
            return torch.stack(list(batch_losses(model, batch, settings, camera, samples).values()))

        self._losses: Callable[[RayBatch, SampleDraws], Tensor] = losses
        if acceleration.compiled and on_gpu:
            self._losses = torch.compile(losses, dynamic=False)
        self._records = acceleration.recorded and on_gpu
        # By the number of source views, which a step may draw: each has its own shapes.
        self._taken: Counter[int] = Counter()
        self._recordings: dict[int, _Recording] = {}

    def take(self, given: StepInput) -> Tensor:
        """Take one step: update the weights, and return the loss terms in the order of `loss_names`.

        The terms lie on the device, which may still be computing them. `total` is NaN in a step that changed nothing.
        """
        self._model.train()
        self.optimizer.param_groups[0]["lr"].fill_(learning_rate(self._settings, given.step))
        if not self._records:
            return self._step(given)
        views = given.batch.source_poses.shape[1]
        if views not in self._recordings:
            if self._taken[views] < STEPS_BEFORE_RECORDING:
                self._taken[views] += 1
                return _beside_the_default_stream(lambda: self._step(given))
            self._recordings[views] = _Recording(self._step, given, next(iter(self._recordings.values()), None))
        return self._recordings[views].replay(given)

    def _step(self, given: StepInput) -> Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        terms = self._losses(given.batch, given.samples)
        terms[-1].backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad for p in self._model.parameters() if p.grad is not None]
        means = terms.detach().clone()
        self._processes.average([*gradients, means])
        norm = torch.nn.utils.get_total_norm(gradients)
        finite = torch.isfinite(means[-1]) & torch.isfinite(norm)
        self._halted.copy_(torch.maximum(self._halted, 1 - finite.to(self._halted.dtype)))
        self.optimizer.step()
        return torch.cat([means[:-1], torch.where(finite, means[-1:], torch.nan)])


class _Recording:
    """A step as one CUDA graph that reads its input from fixed buffers.

    It shares the memory of another recording. One is replayed at a time, and leaves nothing there but its terms, which
    are kept.
    """

    def __init__(self, step: Callable[[StepInput], Tensor], given: StepInput, other: _Recording | None) -> None:
        self._buffers = map_tensors(given, Tensor.clone)
        self._graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize()
        pool = None if other is None else other._graph.pool()
        # Only this thread is recorded: the threads that prepare the next steps allocate pinned memory meanwhile.
        with torch.cuda.graph(self._graph, pool=pool, capture_error_mode="thread_local"):
            self._terms = step(self._buffers)

    def replay(self, given: StepInput) -> Tensor:
        for buffers, tensors in ((self._buffers.batch, given.batch), (self._buffers.samples, given.samples)):
            for name, buffer in vars(buffers).items():
                buffer.copy_(getattr(tensors, name), non_blocking=True)
        self._graph.replay()
        return self._terms.clone()


def _beside_the_default_stream(step: Callable[[], Tensor]) -> Tensor:
    """Run a step on a stream of its own: a CUDA graph cannot be recorded after work on the default stream."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        terms = step()
    torch.cuda.current_stream().wait_stream(stream)
    return terms
