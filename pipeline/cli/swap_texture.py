"""The command `swap-texture`: give a part of one object the texture of another object's part."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.option_checks import file_named, finite, refuse_without_effect
from pipeline.cli.options import FILE, device_option, photo_options, trained_field_option, turntable_options

if TYPE_CHECKING:
    from featurenerf import Field
    from featurenerf.editing.blend import Blend
    from featurenerf.editing.labelled_pair import Labels, NamedObject
    from featurenerf.editing.stored_view import StoredView
    from featurenerf.seen_photo import GivenPhoto


@click.command("swap-texture")
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="TRG")
@click.option("--part", required=True, help="The part, such as seat. A name that is none prints those that there are.")
@trained_field_option
@click.option(
    "--labels",
    type=click.Choice(("given", "transferred")),
    help="given: the stored labels of both. transferred: those of SRC, moved to TRG by features.  "
    "[default: given, or transferred if one is a photo]",
)
@click.option(
    "--distance",
    type=click.FloatRange(min=0, min_open=True),
    callback=finite,
    default=0.05,
    show_default=True,
    help="World units from a labelled point within which the field takes its label.",
)
@click.option(
    "--blend",
    type=click.Choice(("ray", "sample")),
    default="ray",
    show_default=True,
    help="ray: a pixel changes as a whole if the part weighs most in it. sample: it changes by the part's weight.",
)
@photo_options("src-", "SRC, if it is a photo")
@photo_options("trg-", "TRG, if it is a photo")
@click.option("--out", type=FILE, default=Path("swap.png"), show_default=True, callback=file_named(".png"))
@turntable_options
@device_option
def swap_texture(
    source: str,
    target: str,
    part: str,
    model: str,
    labels: Labels | None,
    distance: float,
    blend: Blend,
    src_camera: tuple[Path | None, float | None, float | None],
    trg_camera: tuple[Path | None, float | None, float | None],
    out: Path,
    turntable: Path | None,
    frames: int,
    device: str,
) -> None:
    """Give a part of TRG the texture of the same part of SRC.

    SRC and TRG are views of the project, such as chair:madeup-chair-0003:7, or photos of one object. At least one is a
    view of the project, whose object has part labels. Writes a picture of TRG from four cameras, before and after.

    \b
    pipeline swap-texture chair:madeup-chair-0000:3 chair:madeup-chair-0001:3 --part seat \\
        --field models/chair-lite0-whole
    """
    from featurenerf import load_field
    from featurenerf.editing.labelled_pair import check_views, label_pair
    from featurenerf.editing.stored_view import named_view
    from featurenerf.editing.swap_files import write_swap
    from featurenerf.editing.texture import swap_texture as swap
    from featurenerf.exports.turntable import export_turntable
    from featurenerf.exports.video import require_encoder
    from featurenerf.seen_photo import GivenPhoto

    if turntable is not None:
        require_encoder()
    views = named_view(source), named_view(target)
    check_views(*views)
    for end, view in zip(("src", "trg"), views, strict=True):
        if view is not None:
            names = (f"{end}_mask", f"{end}_azimuth", f"{end}_elevation")
            refuse_without_effect(names, f"on a view of the project, {view.object_id}")
    field = load_field(model, device=device)
    named_source = _see(field, views[0], GivenPhoto(Path(source), *src_camera))
    named_target = _see(field, views[1], GivenPhoto(Path(target), *trg_camera))
    painted = swap(*label_pair(named_source, named_target, part, labels), distance=distance, blend=blend)
    write_swap(named_source.seen, painted, out)
    click.echo(f"{part} of {source} on {target} -> {out}")
    if turntable is not None:
        export_turntable(painted, turntable, frames)
        click.echo(f"-> {turntable}")


def _see(field: Field, view: StoredView | None, photo: GivenPhoto) -> NamedObject:
    """See a view of the project, or a photo."""
    from featurenerf.editing.labelled_pair import NamedObject
    from featurenerf.editing.stored_view import see_view
    from featurenerf.seen_photo import see_photo

    return NamedObject(see_photo(field, photo, click.echo) if view is None else see_view(field, view), view)
