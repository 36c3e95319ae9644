"""The source's feature maps at the points that a ray passes."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from train.network.gathered_cells import gathered_cells
from train.network.source import Source
from train.rays import project

TAPS = 4  # cells around a point


def pixel_features(source: Source, in_camera: Float[Tensor, "o s p 3"]) -> Float[Tensor, "o s p c"]:
    """The feature maps where points in the source cameras' frames project to: bilinear, border padding.

    A map's first cell stands at the source's `first_centre`. Channels of one cell lie side by side in memory, so that a
    point reads four short runs and no more.
    """
    objects, views, channels, height, width = source.features.shape
    cells = source.features.movedim(2, -1).reshape(-1, channels)
    uv = project(in_camera, source.intrinsics[:, :, None]) / source.size
    x = (uv[..., 0] * width - source.first_centre).clamp(0, width - 1)
    y = (uv[..., 1] * height - source.first_centre).clamp(0, height - 1)
    left, top = x.detach().floor(), y.detach().floor()
    right_share, bottom_share = x - left, y - top
    first = torch.arange(objects * views, device=cells.device).view(objects, views, 1) * (height * width)
    # A point that is no number, after weights that overflow, has a cell too, and features that are no numbers.
    column, row = left.nan_to_num(0).long(), top.nan_to_num(0).long()
    next_column, next_row = (column + 1).clamp_max(width - 1), (row + 1).clamp_max(height - 1)
    taps = torch.stack(
        [first + r * width + c for r in (row, next_row) for c in (column, next_column)],
        dim=-1,
    )
    shares = torch.stack(
        [v * u for v in (1 - bottom_share, bottom_share) for u in (1 - right_share, right_share)], dim=-1
    )
    if cells.is_cuda and cells.dtype == torch.bfloat16:
        mixed = gathered_cells(cells, taps.view(-1, TAPS), shares.view(-1, TAPS))
        return mixed.view(objects, views, -1, channels)
    # In fp32 also where the maps are bf16: many rays add to the gradient of one cell.
    cells = cells.to(shares.dtype)
    if cells.is_cuda:
        return (cells[taps] * shares[..., None]).sum(dim=-2)  # one kernel, once torch.compile has seen it
    # The same sum without the four taps side by side in memory: five times as fast on a CPU at 512 channels.
    mixed = F.embedding_bag(taps.view(-1, TAPS), cells, per_sample_weights=shares.view(-1, TAPS), mode="sum")
    return mixed.view(objects, views, -1, channels)
