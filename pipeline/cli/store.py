"""`pipeline store`: what is kept below storage.root."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click

from pipeline.cli.options import Command, category_option, load, settings_options
from pipeline.errors import UserError

STORES = ("views", "labels", "maps")
KINDS = (*STORES, "meshes", "projections")  # pipeline.artifacts.places has them; it imports Zarr
DAMAGED = 1  # exit code


def kind_option(*kinds: str, default: str) -> Callable[[Command], Command]:
    """What to look at."""

    def decorate(command: Command) -> Command:
        return click.option("--kind", "-k", type=click.Choice(kinds), help=f"One kind alone; {default} without.")(
            command
        )

    return decorate


@click.group()
def store() -> None:
    """Look after stores: verify, measure, show, copy, clean up.

    A store is a folder below storage.root, named by the fingerprint of everything that changes its content:
    views/CATEGORY/FINGERPRINT, labels/CATEGORY/FINGERPRINT, maps/TEACHER/CATEGORY/FINGERPRINT. Receipts (receipts/) say
    which of them the project uses. docs/stores.md tells more.
    """


@store.command()
@category_option
@kind_option(*KINDS, default="all")
@settings_options
def verify(category: str | None, kind: str | None, params: Path, overrides: tuple[str, ...]) -> None:
    """Read every byte of stores, projections and prepared meshes and compare it with its checksum.

    Training runs and made-up objects are not checked. Says of each damaged thing how to put it right. Exit code 1 if
    there is any. An object that a killed stage left unfinished is no damage: nothing reads it. Uses machine.workers
    processes, or the scheduler, where there is much.
    """
    from pipeline.upkeep.verify_stores import verify_stores

    settings = load(params, overrides, category)
    verified = verify_stores(settings.storage.root, settings.machine, category, cast("Any", kind), click.echo)
    click.echo(str(verified))
    if verified.damaged:
        raise click.exceptions.Exit(DAMAGED)


@store.command()
@category_option
@kind_option(*STORES, default="all three")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON: bytes, shares of 1, seconds.")
@settings_options
def stats(category: str | None, kind: str | None, as_json: bool, params: Path, overrides: tuple[str, ...]) -> None:
    """Say what each store holds, costs and yields.

    `dense` is what its objects would take as plain arrays, `share` the mean share of foreground. MB/s is of decoded
    arrays, measured by reading a few whole objects, checksums included; `written` is taken from the times of the
    done-markers. A store that no receipt speaks of is `unused`.
    """
    from pipeline.artifacts.places import existing_root, places_of
    from pipeline.upkeep.statistics import all_statistics
    from pipeline.upkeep.statistics_table import statistics_json, statistics_table

    settings = load(params, overrides, category)
    kinds = [one for one in places_of(cast("Any", kind)) if one in STORES]
    found = list(all_statistics(existing_root(settings.storage.root), kinds, category))
    click.echo(json.dumps(statistics_json(found), indent=1) if as_json else statistics_table(found))


@store.command()
@click.option("--category", "-c", help="The category; may be left out where params.yaml names one alone.")
@click.option("--teacher", "-t", help="One teacher; without, all of params.yaml that are cached, a row each.")
@click.option("--objects", type=click.IntRange(min=1), default=4, show_default=True, help="So many objects.")
@click.option("--views", type=click.IntRange(min=1), default=8, show_default=True, help="So many views of each.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The picture; maps-CATEGORY.png without.")
@settings_options
def show(
    category: str | None,
    teacher: str | None,
    objects: int,
    views: int,
    out: Path | None,
    params: Path,
    overrides: tuple[str, ...],
) -> None:
    """Show what teachers see: views, and below each its map in false colours.

    The colours are the first three principal components of a teacher's foreground cells, fitted once on a seeded sample
    of the category: equal colours mean equal features, across views, objects and pictures. Good features colour the
    same part of different objects alike. The background is black.
    """
    from pipeline.upkeep.show_maps import show_maps

    settings = load(params, overrides, category, teacher)
    if len(settings.categories) > 1:
        raise UserError(f"give one --category of {', '.join(settings.categories)}: a picture shows one.")
    (name,) = settings.categories
    click.echo(
        show_maps(settings.storage.root, name, settings.teachers, objects, views, out or Path(f"maps-{name}.png"))
    )


@store.command()
@click.argument("destination", type=click.Path(path_type=Path))
@category_option
@kind_option(*KINDS, default="all but meshes")
@click.option("--all", "everything", is_flag=True, help="Also what no receipt (of meshes: no manifest) speaks of.")
@settings_options
def copy(
    destination: Path,
    category: str | None,
    kind: str | None,
    everything: bool,
    params: Path,
    overrides: tuple[str, ...],
) -> None:
    """Copy what the project uses to DESTINATION, a folder to be another machine's storage.root.

    Stores keep their rows and bytes. Every checksum is compared on the way; what is there already and sound is kept, so
    a copy that was killed continues and a second one brings what is new. What is sound there and of other content is
    named and left. Receipts and manifests are not copied: dvc and git carry them. Exit code 1 if something was not
    copied.
    """
    from pipeline.upkeep.copy_stores import copy_stores

    settings = load(params, overrides, category)
    copied = copy_stores(
        settings.storage.root, settings.machine, destination, category, cast("Any", kind), everything, click.echo
    )
    click.echo(str(copied))
    if copied.damaged or copied.refused:
        raise click.exceptions.Exit(DAMAGED)


@store.command()
@kind_option(*KINDS, "runs", "made-up", default="all")
@click.option("--delete", is_flag=True, help="Remove what is unused or left over. Without, nothing is removed.")
@settings_options
def gc(kind: str | None, delete: bool, params: Path, overrides: tuple[str, ...]) -> None:
    """List what nothing points to, and with --delete remove it.

    \b
    unused    no receipt, model or manifest of this project names it, and params.yaml does not stand for it
    leftover  what a killed writer left beside its file
    kept      not named, but a stage may be at it: its receipt is missing
    unknown   nothing that a stage makes; never removed

    Changed settings leave their old stores behind, and changing back finds them: look before you delete. Other
    projects, branches or copies that share this storage.root are not asked; where there are any, do not delete.
    """
    from pipeline.artifacts.project import Project
    from pipeline.upkeep.byte_rate import size_of
    from pipeline.upkeep.collect_garbage import collect_garbage

    settings = load(params, overrides, None)
    count, size = collect_garbage(Project(settings), cast("Any", kind), delete, click.echo)
    if delete:
        click.echo(f"{count} removed: {size_of(size)}")
    else:
        click.echo(f"{count} could go: {size_of(size)}. Nothing was removed; --delete does that.")
