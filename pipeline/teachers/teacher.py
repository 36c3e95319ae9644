"""The interface of teachers: a description, cheap to make, compare and send, and the network that it loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from pipeline.artifacts.projections import NOT_CONTENT
from pipeline.config.sections import teachers as settings


@runtime_checkable
class Network(Protocol):
    """A loaded teacher, frozen, on its device. It keeps no state between calls."""

    def __call__(
        self, images: Float32[Tensor, "n h w 3"], names: Sequence[str]
    ) -> Float[Tensor, "n cells cells channels"]:
        """Make feature maps of images over black (sRGB, 0..1), one cell for 4 x 4 pixels, on the images' device.

        Maps are raw, without mask, projection and scale. `names` are those of the views (`<synset>/<id>/<view>`). A
        teacher that draws random numbers seeds them by name: a view's map depends on neither batch nor order.
        """
        ...


@runtime_checkable
class Teacher(Protocol):
    """Description of a frozen 2D model. Making one reads at most checksums; it can be pickled."""

    @property
    def channels(self) -> int:
        """Channels of a raw map."""
        ...

    @property
    def recipe(self) -> Mapping[str, Any]:
        """Everything that changes the maps, the weights' sha256 included: part of their fingerprint."""
        ...

    @property
    def own_scale(self) -> bool:
        """Tell whether maps keep the published scale; all others are divided by theirs."""
        ...

    @property
    def on_gpu(self) -> bool:
        """Tell whether the network runs on a GPU where there is one."""
        ...

    def load(self, device: torch.device, compiled: bool = False) -> Network:
        """Load the network, in evaluation mode, on a device. `compiled` compiles it, which takes a minute.

        Raises UserError if the weights are missing, do not fit, or are not those of the recipe.
        """
        ...


def network_recipe(section: settings.Network, **more: Any) -> dict[str, Any]:
    """Return the recipe of a network's settings. Weights and stored maps count by their content, named in `more`."""
    return {**section.model_dump(mode="json", exclude=NOT_CONTENT), **more}
