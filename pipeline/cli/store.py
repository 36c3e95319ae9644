"""The commands `pipeline store ...`: look after what is stored below storage.root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import click

from pipeline.cli.group import Group
from pipeline.cli.option_checks import folder_to_write
from pipeline.cli.options import FILE, Decorator, Selection, file_option, number_option, with_settings
from pipeline.errors import UserError

STORES = ("views", "labels", "maps")
KINDS = (*STORES, "meshes", "projections")  # pipeline.artifacts.places has them; it imports Zarr
DAMAGED = 1  # exit code


def kind_option(*kinds: str, default: str) -> Decorator:
    """Add --kind, a choice of `kinds`; `default` says what is used without it."""

    return click.option("--kind", "-k", type=click.Choice(kinds), help=f"Only this kind.  [default: {default}]")


@click.group(cls=Group)
def store() -> None:
    """Look after stores: verify, measure, show, copy, clean up.

    A store is a folder below storage.root. Its name is a fingerprint, a digest of everything that changes its content:
    views/CATEGORY/FINGERPRINT, labels/CATEGORY/FINGERPRINT, maps/TEACHER/CATEGORY/FINGERPRINT. The receipts in
    receipts/ say which stores the project uses. docs/stores.md explains more.
    """


@store.command()
@with_settings("category")
@kind_option(*KINDS, default="all")
def verify(selection: Selection, kind: str | None) -> None:
    """Check every stored byte against its checksum.

    Reads stores, projections and prepared meshes, but not training runs and made-up objects. Names the command that
    repairs each damaged file. Exit code 1 if anything is damaged. An object that a killed stage left unfinished is not
    damage: nothing reads it. Large stores are read by machine.workers processes, or by the scheduler's workers.
    """
    from pipeline.upkeep.verify import verify_stores

    settings = selection.settings
    verified = verify_stores(settings.storage.root, settings.machine, selection.category, cast("Any", kind), click.echo)
    click.echo(str(verified))
    if verified.damaged:
        raise click.exceptions.Exit(DAMAGED)


@store.command()
@with_settings("category")
@kind_option(*STORES, default="all three")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: bytes, shares from 0 to 1, seconds.")
def stats(selection: Selection, kind: str | None, as_json: bool) -> None:
    """Print the size and speed of each store.

    `dense` is the size of its objects as plain arrays, `share` the mean share of foreground. MB/s counts decoded
    arrays; it is measured by reading a few whole objects with their checksums. `written` comes from the times of the
    markers. A store that no receipt names is `unused`.
    """
    from pipeline.artifacts.places import existing_root, places_of
    from pipeline.upkeep.statistics import all_statistics, statistics_json, statistics_table

    settings = selection.settings
    kinds = [name for name in places_of(cast("Any", kind)) if name in STORES]
    statistics = list(all_statistics(existing_root(settings.storage.root), kinds, selection.category))
    records = [statistics_json(store) for store in statistics]
    click.echo(json.dumps(records, indent=1) if as_json else statistics_table(statistics))


@store.command()
@with_settings("category", "teacher")
@number_option("--objects", 4, "Number of objects.")
@number_option("--views", 8, "Number of views of each object.")
@file_option("--out", "Write the picture to this file.  [default: maps-CATEGORY.png]")
def show(selection: Selection, objects: int, views: int, out: Path | None) -> None:
    """Draw views, and below each view its teacher map in colours.

    The colours are the first three principal components of a teacher's foreground cells, fitted once on a seeded sample
    of the category. So equal colours mean equal features, across views, objects and pictures. Good features give the
    same part of different objects the same colour. The background is black. --category is needed if params.yaml names
    several. Without --teacher, every cached teacher of params.yaml gets a row.
    """
    from pipeline.upkeep.show import show_maps

    settings = selection.settings
    if len(settings.categories) > 1:
        raise UserError(f"give one --category of {', '.join(settings.categories)}: a picture shows one.")
    (name,) = settings.categories
    path = out or Path(f"maps-{name}.png")
    click.echo(show_maps(settings.storage.root, name, settings.teachers, objects, views, path))


@store.command()
@with_settings("category")
@click.argument("destination", type=FILE, callback=folder_to_write)
@kind_option(*KINDS, default="all but meshes")
@click.option("--all", "everything", is_flag=True, help="Copy also what no receipt or manifest names.")
def copy(selection: Selection, destination: Path, kind: str | None, everything: bool) -> None:
    """Copy what the project uses to the folder DESTINATION.

    DESTINATION then works as another machine's storage.root. Every checksum is compared on the way. What is there and
    intact is kept: a copy that was killed continues, and a second copy adds what is new. What is there, intact and
    different is named and left alone. Receipts and manifests are not copied; DVC and git move them. Exit code 1 if
    something was not copied.
    """
    from pipeline.upkeep.copy_stores import copy_stores

    root, machine, category = selection.settings.storage.root, selection.settings.machine, selection.category
    copied = copy_stores(root, machine, destination, category, cast("Any", kind), everything, click.echo)
    click.echo(str(copied))
    if copied.damaged or copied.refused:
        raise click.exceptions.Exit(DAMAGED)


@store.command()
@with_settings()
@kind_option(*KINDS, "runs", "made-up", default="all")
@click.option("--delete", is_flag=True, help="Remove what is unused or leftover. Without it, nothing is removed.")
def gc(selection: Selection, kind: str | None, delete: bool) -> None:
    """List what this project does not use; with --delete, remove it.

    \b
    unused    no receipt, model or manifest of this project names it, and params.yaml does not select it
    leftover  what a killed command left beside its files
    kept      nothing names it, but a command may be using it, or its receipt is missing
    unknown   not made by a stage; never removed

    Changed settings leave their old stores behind, and changing back finds them again: look before you delete. Other
    projects, branches or copies that share this storage.root are not asked. If there are any, do not delete.
    """
    from pipeline.upkeep.amounts import size_of
    from pipeline.upkeep.collect_garbage import collect_garbage

    count, size = collect_garbage(selection.project, cast("Any", kind), delete, click.echo)
    if delete:
        click.echo(f"{count} removed: {size_of(size)}")
    else:
        click.echo(f"{count} could go: {size_of(size)}. Nothing was removed; --delete does that.")
