"""Commands that inspect the machine, the settings, meshes, views and runs. They change no store."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.group import Group
from pipeline.cli.options import Selection, file_option, gpu_option, number_option, with_settings
from pipeline.errors import UserError

PROBLEMS = 1  # exit code of doctor


@click.command()
@with_settings("category")
@number_option("--limit", None, "Read at most this many objects of a category.")
@file_option("--csv", "Write every finding to this file.")
def audit(selection: Selection, limit: int | None, csv: Path | None) -> None:
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
    if csv is not None:
        write_audit(csv, audits)
        click.echo(f"{len(audits)} objects -> {csv}")


@click.command()
@with_settings("category", "teacher")
@gpu_option
def plan(selection: Selection, gpu: str | None) -> None:
    """Estimate the disk, memory and time that the settings need.

    Prints each stage, and whether this machine has enough. Counts the objects of the manifests that are there, else
    those of the raw data, else those of the published data sets. Writes nothing.
    """
    from pipeline.upkeep.plan import plan_text

    click.echo(plan_text(selection.project, gpu))


@click.command()
@with_settings("category", "teacher")
@gpu_option
def doctor(selection: Selection, gpu: str | None) -> None:
    """Find what would stop a run, and say the remedy.

    Checks the installation, git and DVC, the GPU, the render backend, weights, raw data, locks, disk and memory for
    what these settings need. Changes nothing. Exit code 1 if there is a problem, which stops a stage.
    """
    from pipeline.upkeep.doctor.doctor import examine, table

    findings = examine(selection.project, gpu)
    click.echo(table(findings))
    if any(finding.state == "problem" for finding in findings):
        raise click.exceptions.Exit(PROBLEMS)


@click.group(cls=Group)
def show() -> None:
    """Draw what a stage made."""


@show.command("views")
@with_settings("category")
@file_option("--out", "Write the picture to this file.  [default: views-CATEGORY.png]")
@number_option("--objects", 24, "Draw at most this many.")
def show_views(selection: Selection, out: Path | None, objects: int) -> None:
    """Draw a contact sheet of a category's rendered objects."""
    from pipeline.upkeep.show import show_views as show_category

    settings = selection.settings
    if out is not None and len(settings.categories) > 1:
        raise UserError("--out names one picture: give --category too.")
    for name in settings.categories:
        click.echo(show_category(selection.project, name, objects, out or Path(f"views-{name}.png")))


@click.command()
@number_option("--commits", 5, "Compare so many last commits.")
def compare(commits: int) -> None:
    """Compare the metrics of commits and of DVC's experiments.

    Prints a column for the workspace, for each commit and for each experiment (`dvc exp run`): the settings that differ
    and all metrics. Runs without metrics are left out. A line has at most 160 columns. Changes nothing.
    """
    from pipeline.upkeep.compare_runs import dvc_states, run_table

    click.echo(run_table(dvc_states(commits)))


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
