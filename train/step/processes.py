"""The processes of one run: one alone, or several by torchrun, each with its device and its share of a step."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from pipeline.errors import UserError
from train.network.model import FeatureField


@dataclass(frozen=True)
class Processes:
    """This process among `count`, all with the same weights. The first one logs and writes."""

    index: int
    count: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Tell whether this process logs and writes."""
        return self.index == 0

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by its mean over the processes."""
        if self.count == 1:
            return
        tensors = list(tensors)
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.count
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def any(self, flag: bool) -> bool:
        """Return whether the flag is set in any process. All of them must call this."""
        if self.count == 1:
            return flag
        votes = torch.tensor([float(flag)], device=self.device)
        dist.all_reduce(votes, op=dist.ReduceOp.MAX)
        return bool(votes.item())

    def wait(self) -> None:
        """Wait until all processes have come here."""
        if self.count > 1:
            dist.barrier()


def alone(device: torch.device) -> Processes:
    """Return a single process that does everything."""
    return Processes(0, 1, device)


def joined(device: torch.device) -> Processes:
    """Join the processes that torchrun started, by NCCL on GPUs, one each, else by gloo; without torchrun, stay alone.

    Raises UserError if there are more processes than GPUs.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return alone(device)
    local = int(os.environ["LOCAL_RANK"])
    if device.type == "cuda":
        if local >= torch.cuda.device_count():
            raise UserError(
                f"torchrun started more processes than there are GPUs ({torch.cuda.device_count()}): "
                f"give --nproc-per-node {torch.cuda.device_count()}."
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Processes(int(os.environ["RANK"]), count, device)


def with_common_statistics(model: FeatureField, processes: Processes) -> FeatureField:
    """Give the model BatchNorm layers that take their statistics over the source images of all processes.

    Raises UserError on CPUs, where torch has no such layer; frozen statistics need none.
    """
    if processes.count == 1 or model.frozen_statistics:
        return model
    if processes.device.type != "cuda":
        raise UserError(
            "several processes on CPUs cannot share BatchNorm statistics: set train.batch_statistics to frozen."
        )
    model.encoder = nn.SyncBatchNorm.convert_sync_batchnorm(model.encoder)  # type: ignore[no-untyped-call]
    return model
