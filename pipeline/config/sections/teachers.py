"""The sections of the teachers, and of what is kept of their answers."""

from string import Formatter
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from pipeline.config.setting_types import NotNegative, Positive, Section, Seed, SettingPath

Precision = Literal["fp32", "bf16"]
ForegroundFrom: TypeAlias = Literal["depth", "alpha", "any-alpha"]
Facet = Literal["query", "key", "value", "token"]
PositionRule = Literal["timm", "dino"]
TeacherInput = Literal["over-black", "rgb"]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Network(Section):
    """The keys that every kind of teacher has."""

    licence: str = "unknown"
    """Licence of the weights, for the model card."""


class Daisy(_Network):
    """DAISY descriptors: gradient histograms without weights, for tests and as a control."""

    kind: Literal["daisy"] = "daisy"
    """`daisy`"""
    radius: Positive = 15
    """Radius of a descriptor in pixels."""


class _TimmNetwork(_Network):
    """The keys that both kinds of timm's networks have."""

    model: str
    """Name of the network in timm, with the tag of its weights, such as `vit_base_patch16_clip_224.openai`."""
    weights: SettingPath | None = None
    """File of weights (.safetensors, .pth), or `package:NAME/FILE` in an installed package; null: the hub's cache."""
    sha256: Sha256 | None = None
    """Checksum that the file of weights must have; null: any."""


class TimmVit(_TimmNetwork):
    """A vision transformer of timm.

    Mean, deviation, patch size and tokens are the network's own. `position: dino` resamples position embeddings as the
    code of DINO and DINOv2 does. Other grids than `camera.size` / 4 are resampled to it bilinearly.
    """

    kind: Literal["timm-vit"] = "timm-vit"
    """`timm-vit`"""
    block: NotNegative | None = None
    """Block of the transformer, counted from 0; null: the last."""
    facet: Facet = "token"
    """`query`, `key` or `value` of the block's attention, all heads; `token`: its normalised output."""
    input_size: Positive | None = None
    """Pixels a side that an image is resized to; null: patch size times `camera.size` / 4."""
    position: PositionRule = "timm"
    """The code whose resampling of position embeddings is followed."""
    own_scale: bool = False
    """true: maps keep the network's scale, as published for DINO; false: they are divided by their RMS."""


class TimmCnn(_TimmNetwork):
    """A convolutional network of timm: feature levels, each normalised to length 1, joined, resampled bilinearly."""

    kind: Literal["timm-cnn"] = "timm-cnn"
    """`timm-cnn`"""
    strides: Annotated[tuple[Positive, ...], Field(min_length=1)] = (16, 32)
    """Feature levels by their stride: pixels of the resized image for a cell of the level."""
    input_size: Positive = 256
    """Pixels a side that an image is resized to."""


class LatentDiffusion(_Network):
    """A latent diffusion model of the class of Stable Diffusion.

    Features are outputs of the U-Net, concatenated, and averaged over draws of noise. Draws are keyed by view.
    """

    kind: Literal["latent-diffusion"] = "latent-diffusion"
    """`latent-diffusion`"""
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
    seed: Seed = 0
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


class StoredMaps(_Network):
    """Maps that were made elsewhere, in files of the released code ([released.md](released.md)); no network is run.

    Grids other than `camera.size` / 4 are resampled to it bilinearly.
    """

    kind: Literal["stored-maps"] = "stored-maps"
    """`stored-maps`"""
    root: SettingPath
    """Folder of the released data: it, or `data/` in it, holds `folder`."""
    folder: Annotated[str, Field(pattern="^[0-9A-Za-z][0-9A-Za-z_-]*$")] = "dino_feat_256"
    """Folder that holds `<synset>/<id>.npz` with an array `feats` (views, channels, h, w)."""
    channels: Positive = 384
    """Channels of the maps: 384 of DINO, 960 of the diffusion model."""
    own_scale: bool = True
    """true: maps keep their scale, as published for DINO; false: they are divided by their RMS."""


Network: TypeAlias = Annotated[Daisy | TimmVit | TimmCnn | LatentDiffusion | StoredMaps, Field(discriminator="kind")]
KINDS: tuple[type[Daisy | TimmVit | TimmCnn | LatentDiffusion | StoredMaps], ...] = (
    TimmCnn,
    TimmVit,
    LatentDiffusion,
    Daisy,
    StoredMaps,
)


class FitProjection(Section):
    """The projection and scale of a teacher, fitted on a sample of train views."""

    channels: Positive | None = 384
    """A teacher with more channels is projected to this many by PCA; null: keep all."""
    views: Positive = 24
    """Views of the sample."""
    cells: Positive = 1_000_000
    """At most this many foreground cells of those views are used."""
    seed: Seed = 0
    """Seed of the sample."""


class CacheTeachers(Section):
    """Teacher maps: which cells are kept, how the teacher calculates, how its answers are stored."""

    foreground: Literal["any", "nearest"] = "any"
    """`any`: a cell is foreground if one of its 4 x 4 pixels is; `nearest`: if its upper left pixel is."""
    foreground_from: ForegroundFrom = "depth"
    """`depth`; `alpha` of a half or more, also where views have no depth; `any-alpha`: above 0, as released."""
    input: TeacherInput = "over-black"
    """The teachers' input: the image `over-black`, or `rgb` with the alpha channel dropped, as in the released code."""
    precision: Precision = "fp32"
    """`fp32` or `bf16`: what teachers' networks calculate in."""
    dtype: Literal["float16", "int8"] = "float16"
    """`float16`, or `int8`: half the bytes, a scale for each object and channel."""
