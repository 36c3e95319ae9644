"""params.yaml as frozen, checked settings: what the file leaves out has its default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator, model_validator

from pipeline.config.mistakes import sentence, setting_key, shortened
from pipeline.config.names import WHOLE_FIELD, Variant
from pipeline.config.networks import BUILT_IN, with_built_in
from pipeline.config.sections.data import ManifestSettings, Source, Synthesize
from pipeline.config.sections.evaluation import Evaluate, Report
from pipeline.config.sections.storage import Device, Machine, Storage
from pipeline.config.sections.teachers import CacheTeachers, FitProjection, ForegroundFrom, Network
from pipeline.config.sections.training import Train
from pipeline.config.sections.views import Blender, Camera, Label, Render
from pipeline.config.setting_types import Section
from pipeline.config.yaml_file import load_yaml, read_mapping
from pipeline.datasets.categories import Category, category_named, own_category
from pipeline.errors import UserError

__all__ = [
    "PARAMS_FILE", "Blender", "CacheTeachers", "Camera", "Device", "Evaluate", "FitProjection", "Label", "Machine",
    "ManifestSettings", "Render", "Report", "Settings", "Source", "Storage", "Synthesize", "Train", "load_settings",
    "parse_settings",
]  # fmt: skip

PARAMS_FILE = Path("params.yaml")
LEAST_TRAINING_VIEWS = 2  # where views are held out: a source, and another view as the target


class Settings(Section):
    """Three lists that `dvc repro` works through, and the sections.

    A command takes `--category` or `--teacher` for one entry of a list. params.yaml must hold the lists, because
    dvc.yaml reads them there. Beside the whole field, ablations of it can be trained and evaluated: without the
    coordinate loss, without the feature loss, or without both (`pixelnerf`). [evaluation.md](evaluation.md) shows them.
    """

    categories: Annotated[tuple[str, ...], Field(min_length=1)]
    """`plane`, `chair`, `car`, `table`, `bottle`, `motorcycle`; your own with `source.kind: folder` or `renders`."""
    teachers: Annotated[tuple[str, ...], Field(min_length=1)]
    """`lite0`, `dino`, `dinov2`, `dinov3`, `ldm`, `daisy`; or a name of your own from `networks`."""
    fields: tuple[Variant, ...]
    """`whole`, and beside it `no-coordinate-loss`, `no-feature-loss`, `pixelnerf`."""
    storage: Storage = Storage()
    machine: Machine = Machine()
    source: Source = Source()
    synthesize: Synthesize = Synthesize()
    manifest: ManifestSettings = ManifestSettings()
    camera: Camera = Camera()
    render: Render = Render()
    label: Label = Label()
    networks: dict[str, Network] = Field(default_factory=lambda: dict(BUILT_IN))
    fit_projection: FitProjection = Field(FitProjection(), alias="fit-projection")
    cache_teachers: CacheTeachers = Field(CacheTeachers(), alias="cache-teachers")
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    report: Report = Report()

    @field_validator("networks", mode="before")
    @classmethod
    def _with_built_in(cls, value: Any) -> Any:
        return with_built_in(value)

    @model_validator(mode="after")
    def _known(self) -> Settings:
        try:
            for name in self.categories:
                self.category(name)
            for name in (*self.teachers, *self.evaluate.other_teachers):
                self.network(name)
        except UserError as error:
            raise ValueError(str(error).rstrip(".")) from error
        lists = {
            "categories": self.categories,
            "teachers": self.teachers,
            "fields": self.fields,
            "evaluate.other_teachers": self.evaluate.other_teachers,
        }
        for key, names in lists.items():
            if len(set(names)) < len(names):
                raise ValueError(f"{key} names one of them twice")
        if WHOLE_FIELD not in self.fields:
            raise ValueError(f"fields lacks '{WHOLE_FIELD}', the field that ablations are compared with")
        views, apart = self.camera.views, self.evaluate.other_camera
        # With a single view there is no other camera, and the task has no pair.
        if views > 1 and apart % views == 0:
            raise ValueError(
                f"evaluate.other_camera is {apart}, a multiple of camera.views ({views}), so the other camera would be "
                "the same one; choose another number"
            )
        held_out = self.train.held_out_views
        if held_out and views - held_out < LEAST_TRAINING_VIEWS:
            raise ValueError(
                f"train.held_out_views is {held_out}, but camera.views is {views}: lower it until at least "
                f"{LEAST_TRAINING_VIEWS} views are left for training, or set it to 0"
            )
        return self

    def category(self, name: str) -> Category:
        """One of the six categories, or with a folder of meshes or views any of the user's own. Raises UserError."""
        return own_category(name) if self.source.kind in ("folder", "renders") else category_named(name)

    @property
    def foreground_from(self) -> ForegroundFrom:
        """The array that decides which pixels are foreground in teacher maps: `alpha` where views have no depth."""
        chosen = self.cache_teachers.foreground_from
        return "alpha" if self.source.kind == "renders" and chosen == "depth" else chosen

    def network(self, teacher: str) -> Network:
        """Return the network of a teacher. Raises UserError if there is none."""
        if teacher not in self.networks:
            raise UserError(
                f"teacher '{teacher}' is unknown; the teachers are {', '.join(self.networks)}; `networks` in "
                "params.yaml can add one."
            )
        return self.networks[teacher]

    def only(self, category: str | None, teacher: str | None = None) -> Settings:
        """These settings for one category or one teacher alone. Raises UserError if there is none of that name."""
        update: dict[str, Any] = {}
        if category is not None:
            update["categories"] = (self.category(category).name,)
        if teacher is not None:
            self.network(teacher)
            update["teachers"] = (teacher,)
        return self.model_copy(update=update)


def load_settings(path: Path = PARAMS_FILE, overrides: tuple[str, ...] = ()) -> Settings:
    """Settings from a yaml file, with `section.key=value` overrides. Raises UserError that names file and key."""
    tree = read_mapping(path)
    keys = [override.partition("=")[0].strip() for override in overrides]
    for key, override in zip(keys, overrides, strict=True):
        if keys.count(key) > 1:
            raise UserError(f"--set {shortened(override)}: '{key}' is set twice; give it once.")
        _override(tree, override)
    return parse_settings(tree, str(path), overrides)


def parse_settings(tree: dict[str, Any], origin: str, overrides: tuple[str, ...] = ()) -> Settings:
    """Settings from a mapping. Raises UserError that names the `--set` with the mistake, or `origin`."""
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = setting_key(first["loc"])
        blamed = next(
            (given for given in overrides if f"{key}.".startswith(f"{given.partition('=')[0].strip()}.")), None
        )
        where = origin if blamed is None else f"--set {shortened(blamed)}"
        raise UserError(f"{where}: {sentence(dict(first), Settings)}") from None


def _override(tree: dict[str, Any], override: str) -> None:
    dotted, sign, value = override.partition("=")
    here = f"--set {shortened(override)}"
    if not sign or not dotted.isprintable():
        raise UserError(f"{here}: write it as section.key=value.")
    if not value.strip():  # such as the variable of a shell that is not set
        raise UserError(f"{here}: the value is missing; write null for none.")
    *parents, leaf = dotted.strip().split(".")
    for name in parents:
        if tree.get(name) is None:
            tree[name] = {}
        tree = tree[name]
        if not isinstance(tree, dict):
            raise UserError(f"{here}: '{name}' is no section.")
    try:
        tree[leaf] = load_yaml(value)
    except ValueError as error:
        raise UserError(f"{here}: the value is not valid yaml: {error}.") from None
