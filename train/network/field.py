"""The field network: maps a point, a direction and the encoded source views to density, colour and features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from train.network.linear_relu import linear_relu
from train.network.pixel_features import pixel_features
from train.network.positional_code import code_width, positional_code
from train.network.precision import Precision, products
from train.network.relu_of_sum import add_product, add_to_rows, can_be_in_place, relu_of_sum
from train.network.source import Source
from train.rays import rotate_to_camera

# The pixel feature enters before each of the first three blocks; the source views are averaged after them.
INJECTIONS = 3
TENSOR_CORE = 8  # widths that are a multiple of it multiply fast in bf16
FIRST_DENSITY = 1.0  # per world unit: a ray of length 1 starts 63% opaque


@dataclass(frozen=True)
class FieldSamples:
    """The field at `k` samples of each ray.

    `internal` is the trunk's output before its last relu: the descriptor. `activation` is the output of that relu,
    which the heads read. Density is at least 0, rgb in 0..1.
    """

    density: Float[Tensor, "o r k"]
    rgb: Float[Tensor, "o r k 3"]
    internal: Float[Tensor, "o r k channels"]
    activation: Float[Tensor, "o r k width"]

    @property
    def count(self) -> int:
        """Samples on each ray."""
        return self.density.shape[-1]

    def activation_sum(self) -> Float[Tensor, "o r width"]:
        """Sum the activation over each ray's samples."""
        return self.activation.sum(dim=-2, dtype=self.density.dtype)


class ResidualBlock(nn.Module):
    """Pre-activation: x + second(relu(first(relu(x)))). Starts as the identity."""

    def __init__(self, width: int) -> None:
        """Random weights; the second layer is zero."""
        super().__init__()
        self.first = _linear(width, width)
        self.second = _linear(width, width)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Float[Tensor, "*b width"]) -> Float[Tensor, "*b width"]:
        """Apply the block."""
        after: Tensor = self.second(linear_relu(self.first, F.relu(x)))
        return x + after

    def add_in_place(self, x: Float[Tensor, "n width"], beside: Float[Tensor, "t width"]) -> Float[Tensor, "t width"]:
        """Apply the block to x + `beside`, whose terms rows share. Changes `x`; returns what is to be added to it."""
        add_product(x, linear_relu(self.first, relu_of_sum(x, beside)), self.second.weight)
        return beside + self.second.bias


class FieldNetwork(nn.Module):
    """Trunk and heads (paper, section Network). Coarse and fine pass share it."""

    def __init__(
        self,
        pixel_channels: int,
        teacher_channels: int,
        width: int,
        blocks: int,
        frequencies: int,
        precision: Precision = "fp32",
        density_start: Literal["haze", "kaiming"] = "haze",
    ) -> None:
        """Random weights. `pixel_channels` are the encoder's, `teacher_channels` the teacher's.

        `precision` is that of the trunk's products; densities, and what is composited, are at least fp32.
        `density_start`: an even haze, or random weights as in the released code.
        """
        super().__init__()
        self.frequencies = frequencies
        self.precision: Precision = precision
        self.entry = _linear(code_width(frequencies) + 3, width)
        self.injections = nn.ModuleList(_linear(pixel_channels, width) for _ in range(INJECTIONS))
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(blocks))
        self.rgb = _linear(width, 3)
        self.density = _linear(width, 1)
        if density_start == "haze":
            # Random weights can make the density negative everywhere, where its relu passes no gradient.
            nn.init.zeros_(self.density.weight)
            nn.init.constant_(self.density.bias, FIRST_DENSITY)
        self.feature = _linear(width, teacher_channels)
        self.coordinate = _linear(width, 3)

    def forward(
        self,
        coordinates: Float[Tensor, "o s p 3"],
        directions: Float[Tensor, "o s p 3"],
        pixel_features: Float[Tensor, "o s q c"],
    ) -> Float[Tensor, "o p width"]:
        """Return the internal features of points seen from `s` source views.

        `coordinates` are world points rotated, not translated, into each source camera; `directions` are unit viewing
        directions in the same axes. Each of the `q` pixel features belongs to `p` / `q` points that follow each other.
        """
        x = _linear_of_any_width(
            [self.entry], torch.cat([positional_code(coordinates, self.frequencies), directions], -1)
        )
        if can_be_in_place(x):
            return self._forward_in_place(x, pixel_features)
        for index, block in enumerate(self.blocks):
            if index == INJECTIONS:
                x = _mean_of_views(x)
            if index < INJECTIONS:
                x = _added_to_each(x, self.injections[index](pixel_features))
            x = block(x)
        return _mean_of_views(x) if len(self.blocks) == INJECTIONS else x

    def _forward_in_place(
        self, x: Float[Tensor, "o s p width"], pixel_features: Float[Tensor, "o s q c"]
    ) -> Float[Tensor, "o p width"]:
        """Do the rest of `forward` in fewer passes over memory, without gradients. `x` is changed.

        Residual sums are in the products. Biases, and injected terms that a ray's samples share, stay beside the rows.
        """
        objects, views, points, width = x.shape
        # Of a width that was padded for the product, the rows lie apart.
        rows, shared = x.reshape(-1, width).contiguous(), pixel_features.shape[2] < points
        beside = torch.zeros(1, width, device=x.device)
        for index, block in enumerate(self.blocks):
            if index == INJECTIONS and views > 1:
                add_to_rows(rows, beside)
                rows = rows.view(x.shape).mean(dim=1).view(-1, width)
                beside = torch.zeros(1, width, device=x.device)
            if index < INJECTIONS:
                injected = self.injections[index](pixel_features).flatten(0, 2)
                if shared:
                    beside = beside + injected
                else:
                    rows.add_(injected)
            beside = cast("ResidualBlock", block).add_in_place(rows, beside)
        add_to_rows(rows, beside)
        return _mean_of_views(rows.view(objects, -1, points, width))

    def query(
        self,
        source: Source,
        points: Float[Tensor, "o r k 3"],
        directions: Float[Tensor, "o r 3"],
        one_pixel_a_ray: bool = False,
    ) -> FieldSamples:
        """Evaluate the field at world points, seen along unit world directions.

        `one_pixel_a_ray`: the rays leave the camera of the source view. So all points of a ray project to one pixel
        and share its feature.
        """
        objects, rays, samples, _ = points.shape
        views = source.poses.shape[1]
        flat = points.reshape(objects, 1, rays * samples, 3).expand(-1, views, -1, -1)
        coordinates = rotate_to_camera(flat, source.poses)
        camera_centres = rotate_to_camera(source.poses[..., None, :3, 3], source.poses)
        seen = rotate_to_camera(directions[:, None].expand(-1, views, -1, -1), source.poses)
        seen = seen[:, :, :, None].expand(-1, -1, -1, samples, -1).reshape(objects, views, rays * samples, 3)
        in_camera = coordinates - camera_centres
        if one_pixel_a_ray:
            in_camera = in_camera[:, :, samples - 1 :: samples]
        with products(self.precision, points.device):
            internal = self(coordinates, seen, pixel_features(source, in_camera))
            internal = internal.reshape(objects, rays, samples, -1)
            activation = F.relu(internal)
            answers = _linear_of_any_width([self.density, self.rgb], activation).to(points.dtype)
        return FieldSamples(
            density=F.relu(answers[..., 0]),
            rgb=torch.sigmoid(answers[..., 1:]),
            internal=internal,
            activation=activation,
        )


def _mean_of_views(x: Float[Tensor, "o s p width"]) -> Float[Tensor, "o p width"]:
    """Average over the source views. One view alone is not copied."""
    return x[:, 0] if x.shape[1] == 1 else x.mean(dim=1)


def _added_to_each(
    x: Float[Tensor, "o s p width"], terms: Float[Tensor, "o s q width"]
) -> Float[Tensor, "o s p width"]:
    """Add each term to the points that share it."""
    objects, views, count, width = terms.shape
    if count == x.shape[2]:
        return x + terms
    return (x.reshape(objects, views, count, -1, width) + terms[:, :, :, None]).reshape(x.shape)


def _linear_of_any_width(layers: list[nn.Linear], x: Float[Tensor, "*b inputs"]) -> Float[Tensor, "*b outputs"]:
    """Apply several linear layers as one product, padded with zeros to the widths that tensor cores need."""
    weight = torch.cat([layer.weight for layer in layers])
    bias = torch.cat([layer.bias for layer in layers])
    outputs, inputs = weight.shape
    more_outputs, more_inputs = -outputs % TENSOR_CORE, -inputs % TENSOR_CORE
    padded = F.linear(
        F.pad(x, (0, more_inputs)), F.pad(weight, (0, more_inputs, 0, more_outputs)), F.pad(bias, (0, more_outputs))
    )
    return padded[..., :outputs]


def _linear(inputs: int, outputs: int) -> nn.Linear:
    """Make a linear layer initialised as in PixelNeRF: normal Kaiming weights, zero bias."""
    layer = nn.Linear(inputs, outputs)
    nn.init.kaiming_normal_(layer.weight, a=0, mode="fan_in")
    nn.init.zeros_(layer.bias)
    return layer
