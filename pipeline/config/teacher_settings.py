"""The sections of the teachers, and of what is kept of their answers."""

from string import Formatter
from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.config.setting_types import NotNegative, Positive, Section, SettingPath

Precision = Literal["fp32", "bf16"]
Facet = Literal["query", "key", "value", "token"]
# The same keys in several sections, each with its own default.
Block = Annotated[int, Field(ge=0, le=11, description="Block of the transformer, counted from 0.")]
FacetKey = Annotated[
    Facet,
    Field(description="`query`, `key` or `value` of the block's attention, all heads; `token`: its normalised output."),
]
InputSize = Annotated[
    int, Field(ge=1, description="Pixels a side that an image is resized to: patch size times `camera.size` / 4.")
]


class Daisy(Section):
    """The stand-in teacher: DAISY descriptors, which need no weights."""

    radius: Positive = 15
    """Radius of a descriptor in pixels."""


class VisionTransformer(Section):
    """DINO, a ViT-S/8: what is taken from which block. [teachers.md](teachers.md) says where weights come from."""

    weights: SettingPath | None = None
    """File of weights (.safetensors, .pth); null: the one in the hub's cache."""
    block: Block = 9
    facet: FacetKey = "key"
    input_size: InputSize = 256


class DinoV2(VisionTransformer):
    """DINOv2, a ViT-S/14, with the same keys as `dino`."""

    block: Block = 11
    facet: FacetKey = "token"
    input_size: InputSize = 448


class DinoV3(VisionTransformer):
    """DINOv3, a ViT-S/16, with the same keys as `dino`."""

    block: Block = 11
    facet: FacetKey = "token"
    input_size: InputSize = 512


class LatentDiffusion(Section):
    """A latent diffusion model of the class of Stable Diffusion.

    Features are outputs of the U-Net, concatenated, and averaged over draws of noise. Draws are keyed by view.
    """

    weights: SettingPath | None = None
    """Folder in the layout of diffusers; null: the one in the hub's cache."""
    prompt: str = "{category}"
    """Text that the model is given; `{category}` stands for the category's name."""
    timestep: Annotated[int, Field(ge=0, le=999)] = 100
    """How noisy the latent is that is denoised once: 0 to 999."""
    up_blocks: Annotated[tuple[NotNegative, ...], Field(min_length=1)] = (2, 3)
    """Up blocks of the U-Net that features are taken from, counted from 0; 2 and 3 have 640 + 320 channels."""
    input_size: Annotated[int, Field(ge=64, multiple_of=64)] = 512
    """Pixels a side that an image is resized to."""
    noises: Positive = 1
    """Draws of noise that features are averaged over."""
    seed: int = 0
    """Seed of the draws."""

    @field_validator("up_blocks")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError(f"up_blocks must ascend, each once, not {list(value)}")
        return value

    @field_validator("prompt")
    @classmethod
    def _fillable(cls, value: str) -> str:
        try:
            fields = {(field, form, sign) for _, field, form, sign in Formatter().parse(value) if field is not None}
        except ValueError:
            fields = {("", "", None)}
        if fields - {("category", "", None)}:
            raise ValueError("prompt may hold {category} and no other braces")
        return value


class FitProjection(Section):
    """The projection and scale of a teacher, fitted on a sample of train views."""

    channels: Positive | None = 384
    """A teacher with more channels is projected to this many by PCA; null: keep all."""
    views: Positive = 24
    """Views of the sample."""
    cells: Positive = 1_000_000
    """At most this many foreground cells of those views are used."""
    seed: int = 0
    """Seed of the sample."""


class CacheTeachers(Section):
    """Teacher maps: which cells are kept, how the teacher calculates, how its answers are stored."""

    foreground: Literal["any", "nearest"] = "any"
    """`any`: a cell is foreground if one of its 4 x 4 pixels is; `nearest`: as the released code decides."""
    precision: Precision = "fp32"
    """`fp32` or `bf16`: what teachers' networks calculate in."""
    dtype: Literal["float16", "int8"] = "float16"
    """`float16`, or `int8`: half the bytes, a scale for each object and channel."""
