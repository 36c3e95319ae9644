"""The sections of params.yaml that say what teachers are asked, and what is kept of their answers."""

from string import Formatter
from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.config.setting_types import Positive, Section

Precision = Literal["fp32", "bf16"]
Facet = Literal["query", "key", "value", "token"]


class Daisy(Section):
    """The stand-in teacher; `radius` in pixels."""

    radius: Positive


class VisionTransformer(Section):
    """A vision transformer: what is taken from which of its blocks, counted from 0, for images of which size.

    `weights` is a file, or null for the one in the hub's cache. Facets are those of a block's attention, of all heads;
    `token` is the block's output behind the network's last normalisation.
    """

    weights: Annotated[str, Field(min_length=1)] | None
    block: Annotated[int, Field(ge=0, le=11)]
    facet: Facet
    input_size: Positive


class LatentDiffusion(Section):
    """A latent diffusion model of the class of Stable Diffusion.

    `weights` is a folder in the layout of diffusers, or null for the one in the hub's cache. In `prompt` {category} is
    the category's name. Features are the outputs of the U-Net's `up_blocks`, counted from 0, concatenated, and the mean
    over `noises` draws.
    """

    weights: Annotated[str, Field(min_length=1)] | None
    prompt: str
    timestep: Annotated[int, Field(ge=0, le=999)]
    up_blocks: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    input_size: Annotated[int, Field(ge=64, multiple_of=64)]
    noises: Positive
    seed: int

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
    """The sample of train views that a teacher's projection and scale are fitted on.

    A teacher with more than `channels` channels is projected to as many; null keeps all.
    """

    channels: Positive | None
    views: Positive
    cells: Positive
    seed: int


class CacheTeachers(Section):
    """Teacher maps: which cells are kept, how the teacher calculates, how its answers are stored."""

    foreground: Literal["any", "nearest"]
    precision: Precision
    dtype: Literal["float16", "int8"]
