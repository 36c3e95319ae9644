"""Commands that inspect meshes and views. They change no store."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.group import Group
from pipeline.cli.option_checks import file_to_write
from pipeline.cli.options import Selection, with_settings
from pipeline.errors import UserError


@click.command()
@with_settings("category")
@click.option("--limit", type=click.IntRange(min=1), help="Read at most this many objects of a category.")
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=file_to_write,
    help="Write every finding to this file.",
)
def audit(selection: Selection, limit: int | None, table: Path | None) -> None:
    """List what is wrong with a collection of meshes.

    Reads every mesh and texture. Finds unreadable files, lost looks, twin faces, faces without area, flat
    objects, and objects that leave the image or the sampled range. Needs no manifest. Writes nothing but --csv.
    """
    from pipeline.upkeep.audit import audit_category, audit_table, write_audit

    audits = []
    for name in selection.settings.categories:
        category_audits = audit_category(selection.project, name, limit)
        click.echo(audit_table(name, category_audits))
        audits += [(name, audit) for audit in category_audits]
    if table is not None:
        write_audit(table, audits)
        click.echo(f"{len(audits)} objects -> {table}")


@click.group(cls=Group)
def show() -> None:
    """Draw what a stage made."""


@show.command("views")
@with_settings("category")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=file_to_write,
    help="Write the picture to this file.  [default: views-CATEGORY.png]",
)
@click.option("--objects", type=click.IntRange(min=1), default=24, show_default=True, help="Draw at most this many.")
def show_views(selection: Selection, out: Path | None, objects: int) -> None:
    """Draw a contact sheet of a category's rendered objects."""
    from pipeline.upkeep.show_views import show_views as show_category

    settings = selection.settings
    if out is not None and len(settings.categories) > 1:
        raise UserError("--out names one picture: give --category too.")
    for name in settings.categories:
        click.echo(show_category(selection.project, name, objects, out or Path(f"views-{name}.png")))


@click.command()
@click.argument("name", required=False)
@click.option("--force", is_flag=True, help="Replace a params.yaml that holds edits of your own.")
@click.option("--expand", is_flag=True, help="Print every setting of NAME, or of params.yaml, and change nothing.")
def profile(name: str | None, force: bool, expand: bool) -> None:
    """Switch params.yaml to a profile, such as demo or paper. Without NAME, list them."""
    from pipeline.config.profiles import expanded, list_profiles, profile_text, use_profile
    from pipeline.config.settings import load_settings

    if expand:
        comment = "# Every setting in force. Edit params.yaml, not this.\n"
        click.echo(comment + expanded(load_settings()) if name is None else profile_text(name), nl=False)
    elif name is None:
        click.echo("\n".join(list_profiles()))
    else:
        click.echo(use_profile(name, force))
