"""params.yaml as frozen, checked settings. Every key must be there; an unknown one is an error that names it."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from pipeline.config.names import Ablation, check_teacher
from pipeline.config.setting_types import Above0, LpipsNetwork, Positive, Section, Share, ascending
from pipeline.config.teacher_settings import CacheTeachers, Daisy, FitProjection, LatentDiffusion, VisionTransformer
from pipeline.datasets.axes import Direction
from pipeline.datasets.categories import Category, category_named, own_category
from pipeline.errors import UserError

PARAMS_FILE = Path("params.yaml")

Device = Literal["auto", "cpu", "cuda"]


class Storage(Section):
    """Where the bulk stores and the training runs live, and whether meshes made ready for drawing are kept there."""

    root: Annotated[str, Field(min_length=1)]
    prepared_meshes: bool


class Machine(Section):
    """How this machine works. Nothing here changes a result, so nothing here is in a fingerprint."""

    workers: Positive
    scheduler: str | None
    device: Device
    seconds_per_object: Above0
    retries: Annotated[int, Field(ge=0)]
    objects_per_process: Positive
    tolerated_failures: Share
    views_per_batch: Positive
    compile: bool
    cuda_graph: bool
    residency: Literal["auto", "device", "host", "stream"]
    residency_gib: Above0 | None


class Source(Section):
    """Where objects and annotations come from. Roots are null for made-up objects.

    `up` and `front` are the axes of a plain folder's meshes; those of the published data sets are known.
    """

    kind: Literal["made-up", "shapenet-v1", "shapenet-v2", "folder"]
    mesh_root: str | None
    up: Direction
    front: Direction
    keypointnet_root: str | None
    shapenet_part_root: str | None
    partnet_root: str | None

    @model_validator(mode="after")
    def _roots(self) -> Source:
        if self.kind != "made-up" and self.mesh_root is None:
            raise ValueError(
                f"mesh_root is missing: give the folder of {self.kind}, the one that holds a folder for each category"
            )
        if self.up[1] == self.front[1]:
            raise ValueError(f"up {self.up} and front {self.front} lie on one axis: they must be perpendicular")
        annotated = [name for name in ("keypointnet_root", "shapenet_part_root", "partnet_root") if getattr(self, name)]
        if self.kind == "folder" and annotated:
            raise ValueError(
                f"{annotated[0]} is given, but published annotations are in ShapeNet's coordinates, which meshes of a "
                "plain folder need not have: set it to null"
            )
        return self


class Synthesize(Section):
    """Made-up objects."""

    objects: Positive
    seed: int


class ManifestSettings(Section):
    """Which objects, in which split, in which pairs; errors of annotations are in units of the longest edge."""

    objects: Positive | None
    splits: str
    fractions: tuple[Share, Share, Share]
    pairs: Positive
    seed: int
    longest_edge: Above0
    keypoint_error: Above0
    part_error: Above0

    @model_validator(mode="after")
    def _sum(self) -> ManifestSettings:
        if abs(sum(self.fractions) - 1) > 1e-9:
            raise ValueError(f"fractions must sum to 1, not {sum(self.fractions)}")
        return self


class Camera(Section):
    """The pinhole camera and its poses. `angle_x` in radians, lengths in world units."""

    views: Positive
    size: Annotated[int, Field(ge=8)]
    angle_x: Annotated[float, Field(gt=0, lt=3.1)]
    radius: Above0
    near: Above0
    far: Above0
    seed: int

    @model_validator(mode="after")
    def _fits(self) -> Camera:
        if self.size % 4:
            raise ValueError(f"size must be a multiple of 4, the pixels of a teacher cell, not {self.size}")
        if self.near >= self.far:
            raise ValueError("near must be below far")
        return self


class Blender(Section):
    """What the Blender backend draws with; `samples` a pixel."""

    engine: Literal["cycles", "eevee", "workbench"]
    samples: Positive


class Render(Section):
    """Colour. `blender` counts for that backend alone."""

    backend: Literal["raycast", "pyrender", "blender"]
    lighting: Literal["shaded", "unlit"]
    blender: Blender


class Label(Section):
    """Labels by projection; lengths in world units."""

    keypoint_tolerance: Above0
    part_distance: Above0


class Train(Section):
    """The network, the sampling, the losses and the optimiser, under the names of the paper."""

    steps: Annotated[int, Field(ge=0)]
    objects_per_step: Positive
    rays_per_object: Positive
    source_views: Positive
    coarse_samples: Positive
    importance_samples: Positive
    depth_samples: Positive
    depth_std: Above0
    width: Positive
    blocks: Annotated[int, Field(ge=3)]
    frequencies: Positive
    encoder: Literal["small", "resnet34"]
    encoder_weights: str | None
    batch_statistics: Literal["step", "frozen"]
    settling_steps: Annotated[int, Field(ge=0)]
    initial_checkpoint: str | None
    precision: Literal["fp32", "bf16"]
    learning_rate: Above0
    learning_rate_schedule: Literal["constant", "cosine"]
    warm_up_steps: Annotated[int, Field(ge=0)]
    final_learning_rate: Annotated[float, Field(ge=0)]
    feature_weight: Annotated[float, Field(ge=0)]
    coordinate_weight: Annotated[float, Field(ge=0)]
    bounding_box_steps: Annotated[int, Field(ge=0)]
    checkpoint_every: Positive
    validate_every: Positive
    validation_views: Positive
    log_every: Positive
    seed: int


class Evaluate(Section):
    """What is measured, and on how much. Pixels are those of the rendered image, edges an object's longest ones."""

    pairs: Positive
    pck_pixels: Annotated[tuple[Above0, ...], Field(min_length=1), AfterValidator(ascending)]
    pck_edges: Annotated[tuple[Above0, ...], Field(min_length=1), AfterValidator(ascending)]
    other_teachers: tuple[str, ...]
    synthesis_views: Positive
    lpips: LpipsNetwork | None
    rays_per_batch: Positive


class Report(Section):
    """What the report shows."""

    views: Positive
    transfers: Positive


class Settings(Section):
    """All of params.yaml."""

    categories: Annotated[tuple[str, ...], Field(min_length=1)]
    teachers: Annotated[tuple[str, ...], Field(min_length=1)]
    ablations: tuple[Ablation, ...]
    storage: Storage
    machine: Machine
    source: Source
    synthesize: Synthesize
    manifest: ManifestSettings
    camera: Camera
    render: Render
    label: Label
    daisy: Daisy
    dino: VisionTransformer
    dinov2: VisionTransformer
    dinov3: VisionTransformer
    ldm: LatentDiffusion
    fit_projection: FitProjection = Field(alias="fit-projection")
    cache_teachers: CacheTeachers = Field(alias="cache-teachers")
    train: Train
    evaluate: Evaluate
    report: Report

    @model_validator(mode="after")
    def _known(self) -> Settings:
        try:
            for name in self.categories:
                self.category(name)
            for name in (*self.teachers, *self.evaluate.other_teachers):
                check_teacher(name)
        except UserError as error:
            raise ValueError(str(error).rstrip(".")) from error
        lists = {
            "categories": self.categories,
            "teachers": self.teachers,
            "ablations": self.ablations,
            "evaluate.other_teachers": self.evaluate.other_teachers,
        }
        for key, names in lists.items():
            if len(set(names)) < len(names):
                raise ValueError(f"{key} names one of them twice")
        return self

    def category(self, name: str) -> Category:
        """One of the six categories, or with a plain folder of meshes any of the user's own. Raises UserError."""
        return own_category(name) if self.source.kind == "folder" else category_named(name)

    def only(self, category: str | None, teacher: str | None = None) -> Settings:
        """These settings for one category or one teacher alone. Raises UserError if there is none of that name."""
        update: dict[str, Any] = {}
        if category is not None:
            update["categories"] = (self.category(category).name,)
        if teacher is not None:
            check_teacher(teacher)
            update["teachers"] = (teacher,)
        return self.model_copy(update=update)


def load_settings(path: Path = PARAMS_FILE, overrides: tuple[str, ...] = ()) -> Settings:
    """Settings from a yaml file, with `section.key=value` overrides. Raises UserError that names file and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run in the project's folder, or name a file with --params.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no text in UTF-8.") from None
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid yaml: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path} holds no mapping of sections.")
    for override in overrides:
        _override(tree, override)
    return parse_settings(tree, str(path))


def parse_settings(tree: dict[str, Any], origin: str) -> Settings:
    """Settings from a mapping; `origin` names it in errors. Raises UserError."""
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{origin}: {_sentence(dict(first))}") from None


def _override(tree: dict[str, Any], override: str) -> None:
    dotted, sign, value = override.partition("=")
    if not sign:
        raise UserError(f"--set {override}: write it as section.key=value.")
    *parents, leaf = dotted.strip().split(".")
    for name in parents:
        child = tree.get(name)
        if not isinstance(child, dict):
            raise UserError(f"--set {override}: there is no section '{name}'.")
        tree = child
    try:
        tree[leaf] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise UserError(f"--set {override}: the value is not valid yaml.") from None


def _sentence(error: dict[str, Any]) -> str:
    """One sentence from pydantic's first error: the key, what is wrong with it, and the nearest known key."""
    where = [str(part) for part in error["loc"]]
    key = ".".join(where)
    if error["type"] == "extra_forbidden":
        known = _known_keys(where[:-1])
        near = difflib.get_close_matches(where[-1], known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known)}."
        return f"unknown key '{key}'; {hint}"
    if error["type"] == "missing":
        return f"the key '{key}' is missing; pipeline/profiles/demo.yaml shows every key."
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{key + ': ' if key else ''}{message}."
    return f"{key} is {error['input']!r}: {message[0].lower()}{message[1:]}."


def _known_keys(section: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for name in section:
        for field, info in model.model_fields.items():
            if name in (field, info.alias):
                annotation = info.annotation
                if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                    model = annotation
    return [info.alias or field for field, info in model.model_fields.items()]
