"""Options that several commands share, and the settings that they select."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.option_checks import file_named, file_to_write, refuse_without_effect
from pipeline.config.names import VARIANTS, WHOLE_FIELD

if TYPE_CHECKING:
    from pipeline.artifacts.project import Project
    from pipeline.config.settings import Settings
    from pipeline.executors.shard import Shard

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]
FILE = click.Path(path_type=Path)


@dataclass(frozen=True)
class Selection:
    """The project with the settings that the options of a command select. `category` is None if none was named."""

    project: Project
    category: str | None

    @property
    def settings(self) -> Settings:
        """Return the settings, as the stages take them."""
        return self.project.settings

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """List each category with each teacher."""
        return [(category, teacher) for category in self.settings.categories for teacher in self.settings.teachers]


def _parse_shard(_ctx: click.Context, _option: click.Parameter, text: str | None) -> Shard:
    from pipeline.executors.shard import parse_shard

    return parse_shard(text)


def number_option(name: str, default: int | None, text: str) -> Decorator:
    """Return an option that takes a whole number from 1."""
    shown = default is not None
    return click.option(name, type=click.IntRange(min=1), default=default, show_default=shown, help=text)


def file_option(name: str, text: str, ending: str | None = None) -> Decorator:
    """Return an option that names a file to write, which has this ending if one is given."""
    return click.option(name, type=FILE, callback=file_named(ending) if ending else file_to_write, help=text)


def params_option(text: str) -> Decorator:
    """Return the option --params."""
    file = click.Path(path_type=Path, dir_okay=False)
    return click.option("--params", type=file, default=Path("params.yaml"), show_default=True, help=text)


SETTINGS_OPTIONS: dict[str, Decorator] = {
    "params": params_option("Read the settings from this file."),
    "set": click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change one setting for this run, e.g. --set train.steps=50. Can be repeated.",
    ),
}
SHARED_OPTIONS: dict[str, Decorator] = {
    "category": click.option(
        "--category",
        "-c",
        help="Only this category: plane, chair, car, table, bottle or motorcycle; or your own.",
    ),
    "teacher": click.option("--teacher", "-t", help="Only this teacher, such as daisy."),
    "field": click.option(
        "--field",
        type=click.Choice(VARIANTS),
        default=WHOLE_FIELD,
        show_default=True,
        help="Which field: the whole one, or an ablation that leaves out a part of the method.",
    ),
    "limit": number_option(
        "--limit",
        None,
        "At most this many objects of a category. A later run without it adds the rest and writes the receipt.",
    ),
    "shard": click.option(
        "--shard",
        metavar="I/N",
        callback=_parse_shard,
        help="Only every N-th object, starting at the I-th. Run one shard on each machine, then the command once "
        "without --shard: it writes the receipt.",
    ),
    "scheduler": click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Use the workers of this dask scheduler, such as tcp://10.0.0.1:8786, instead of this machine. `dask "
        "scheduler --interface NAME` starts one and prints its address. `dask worker ADDRESS --no-nanny`, in this "
        "folder on each machine, starts a worker. Short for --set machine.scheduler=ADDRESS.",
    ),
    "overwrite": click.option("--overwrite", is_flag=True, help="Make results again that are there already."),
}
gpu_option = click.option(
    "--gpu",
    type=click.Choice(("a100", "4090", "h100", "h200")),
    help="Plan for this GPU, whether this machine has one or not. Its times are scaled from those of an H100.",
)
# Of the commands that use a trained field; the stages name a field by --category, --teacher and the --field above.
trained_field_option = click.option(
    "--field", "model", required=True, help="The field: a folder that `pipeline train` wrote, or OWNER/NAME on the hub."
)
model_option = click.option(
    "--field", "model", required=True, type=FILE, help="The field: a folder that `pipeline train` wrote, models/NAME."
)
split_option = click.option("--split", type=click.Choice(("train", "val", "test")), default="test", show_default=True)
device_option = click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
STORE_OPTIONS = ("limit", "shard", "scheduler", "overwrite")  # of the stages that fill a store object by object


def photo_options(prefix: str, photo: str) -> Decorator:
    """Add the mask and the camera of a photo. The command gets the three as one tuple, such as `src_camera`."""
    names = [f"{prefix}{name}" for name in ("mask", "azimuth", "elevation")]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(**options: Any) -> Any:
            given = tuple(options.pop(name.replace("-", "_")) for name in names)
            return command(**{f"{prefix}camera".replace("-", "_"): given}, **options)

        mask, azimuth, elevation = (f"--{name}" for name in names)
        text = f"The mask of {photo}: white on the object, black elsewhere. Not needed if it has an alpha."
        around = f"The camera of {photo}: degrees around the object, 180 sees its front. Estimated if not given."
        above = "The camera's angle above the horizontal plane in degrees."
        decorated = click.option(azimuth, type=float, help=around)(click.option(elevation, type=float, help=above)(run))
        return click.option(mask, type=FILE, help=text)(decorated)

    return decorate


def turntable_options(command: Command) -> Command:
    """Add --turntable and --frames, and refuse a number of frames without a video."""

    @functools.wraps(command)
    def run(**options: Any) -> Any:
        if options["turntable"] is None:
            refuse_without_effect(("frames",), "without --turntable")
        return command(**options)

    video = file_option("--turntable", "Write a video in which the object turns.", ".mp4")
    return video(number_option("--frames", 48, "Of the video.")(run))


def with_settings(*names: str) -> Callable[[Command], Command]:
    """Add --params, --set and these shared options to a command.

    The command gets a `Selection` in place of --params, --set, --category, --teacher and --scheduler, and its other
    options by name. Put this above the command's own options: then --help lists the shared ones first.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(
            params: Path,
            overrides: tuple[str, ...],
            category: str | None = None,
            teacher: str | None = None,
            scheduler: str | None = None,
            **options: Any,
        ) -> Any:
            return command(select(params, overrides, category, teacher, scheduler), **options)

        decorated: Command = run
        for option in reversed([*(SHARED_OPTIONS[name] for name in names), *SETTINGS_OPTIONS.values()]):
            decorated = option(decorated)
        return decorated

    return decorate


def select(
    params: Path, overrides: tuple[str, ...], category: str | None, teacher: str | None, scheduler: str | None
) -> Selection:
    """Load the settings that the options select. Raises UserError."""
    from pipeline.artifacts.project import Project
    from pipeline.config.experiment_copy import link_to_project
    from pipeline.config.settings import load_settings

    if scheduler is not None:
        overrides += (f"machine.scheduler={json.dumps(scheduler)}",)
    settings = load_settings(params, overrides)
    link_to_project(settings, settings.storage.root)
    return Selection(Project(settings.only(category, teacher)), category)
