"""The vision transformers as teachers: DINO as the paper uses it, DINOv2 and DINOv3, through timm."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from pipeline.artifacts.layouts import CELL
from pipeline.config.teacher_settings import Facet, Precision, VisionTransformer
from pipeline.errors import UserError
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.weight_files import UnfitWeightsError
from pipeline.teachers.position_embedding import ROTARY, RULE, rotary
from pipeline.teachers.vit_checkpoint import fill, read_state
from pipeline.teachers.vit_network import VitTrunk
from pipeline.teachers.weights import MissingWeightsError, hub_file, torch_hub_file

HUB_FILE = "model.safetensors"


@dataclass(frozen=True)
class VitModel:
    """One of the networks. `model` is its name in timm; its repository on the hub is `timm/<model>`."""

    name: str
    model: str
    patch: int  # pixels of the resized image
    position: str  # RULE or ROTARY
    torch_hub: str | None = None  # its file in torch hub's cache
    published_raw: bool = False

    @property
    def command(self) -> str:
        """The command that downloads its weights into the hub's cache."""
        return f"hf download timm/{self.model} {HUB_FILE}"


DINO = VitModel(
    "dino",
    "vit_small_patch8_224.dino",
    patch=8,
    position=RULE,
    torch_hub="dino_deitsmall8_pretrain.pth",
    published_raw=True,
)
DINOV2 = VitModel("dinov2", "vit_small_patch14_dinov2.lvd142m", patch=14, position=RULE)
DINOV3 = VitModel("dinov3", "vit_small_patch16_dinov3.lvd1689m", patch=16, position=ROTARY)
MODELS = {model.name: model for model in (DINO, DINOV2, DINOV3)}


@dataclass(frozen=True)
class VitTeacher:
    """A vision transformer, described. `weights` is the sha256 of its file, `named` the setting that names the file."""

    model: VitModel
    block: int
    facet: Facet
    input_size: int
    precision: Precision
    named: str | None
    weights: str
    channels = 384
    on_gpu = True

    @property
    def published_raw(self) -> bool:
        """See `Teacher.published_raw`: only DINO's maps are published, unscaled."""
        return self.model.published_raw

    @property
    def recipe(self) -> Mapping[str, Any]:
        """See `Teacher.recipe`."""
        return {
            "teacher": self.model.name,
            "model": self.model.model,
            "block": self.block,
            "facet": self.facet,
            "input_size": self.input_size,
            "position": self.model.position,
            "precision": self.precision,
            "weights": self.weights,
        }

    def load(self, device: torch.device, compiled: bool = False) -> VitNetwork:
        """See `Teacher.load`."""
        file = weights_file(self.model, self.named)
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != self.weights:
            raise UserError(
                f"the weights {file} ({self.model.name}.weights) are not those that this run began with; "
                f"run it again, or bring the file with sha256 {self.weights} back."
            )
        model = self._empty()
        try:
            fill(model, read_state(data, safe=file.suffix == ".safetensors"))
        except UnfitWeightsError as error:
            raise UserError(
                f"the weights {file} ({self.model.name}.weights) {error}; give those of {self.model.model}, "
                f"which come with: {self.model.command} --force-download"
            ) from None
        cells = self.input_size // self.model.patch
        rope = rotary(self.model.model, cells) if self.model.position == ROTARY else None
        dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[self.precision]
        trunk = VitTrunk(model, rope, self.block, self.facet, cells, dtype).to(device)
        return VitNetwork(_compiled(trunk) if compiled and device.type == "cuda" else trunk)

    def _empty(self) -> Any:
        """Make timm's network on the meta device: no random weights are drawn, which the file would replace anyway."""
        import timm

        with torch.device("meta"):
            return timm.create_model(self.model.model, pretrained=False)


@dataclass(frozen=True)
class VitNetwork:
    """See `Network`."""

    trunk: Callable[[Tensor], Tensor]

    def __call__(
        self,
        images: Float32[Tensor, "n h w 3"],
        names: Sequence[str],  # noqa: ARG002
    ) -> Float[Tensor, "n cells cells channels"]:
        """See `Network`. `names` are ignored: nothing is drawn. Maps are in the network's own type."""
        with torch.no_grad():
            return self.trunk(images)


def _compiled(trunk: VitTrunk) -> Callable[[Tensor], Tensor]:
    """Compile the network, once for each number of images.

    Without autotuning: on an H100 it gained almost nothing, in three minutes. Without a CUDA graph: at 50 images a
    launch costs nothing, and the next call would overwrite a graph's results.
    """
    run: Callable[[Tensor], Tensor] = torch.compile(trunk, dynamic=False)
    return run


def vit_teacher(model: VitModel, section: VisionTransformer, precision: Precision, cells: int) -> VitTeacher:
    """Describe the teacher as its section of the settings has it, for maps of `cells` x `cells`.

    Raises UserError if the input size does not give the cells, MissingWeightsError if weights are missing.
    """
    fitting = model.patch * cells
    if section.input_size != fitting:
        grid = f"{section.input_size / model.patch:g}"
        raise UserError(
            f"{model.name}.input_size is {section.input_size}, a grid of {grid} x {grid}, but the camera's "
            f"{cells * CELL} pixels have {cells} x {cells} cells: set it to {fitting}."
        )
    weights = sha256_of(weights_file(model, section.weights))
    return VitTeacher(model, section.block, section.facet, section.input_size, precision, section.weights, weights)


def weights_file(model: VitModel, named: str | None) -> Path:
    """Find the file of weights: the one in the settings, or one in the caches. Raises MissingWeightsError."""
    setting = f"{model.name}.weights"
    if named is not None:
        if Path(named).is_file():
            return Path(named)
        raise MissingWeightsError(
            f"the weights {named} ({setting}) are missing; name another file, or get them with "
            f"`{model.command}` and set {setting} to null."
        )
    cached = hub_file(f"timm/{model.model}", HUB_FILE)
    if cached is None and model.torch_hub is not None:
        cached = torch_hub_file(model.torch_hub)
    if cached is None:
        raise MissingWeightsError(
            f"the weights of {model.name} are not on this machine; get them with `{model.command}`, "
            f"or set {setting} to a file of them."
        )
    return cached
