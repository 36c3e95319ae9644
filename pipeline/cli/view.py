"""The command `view`: a trained field in the browser."""

from __future__ import annotations

from functools import partial
from itertools import zip_longest
from pathlib import Path

import click

from pipeline.cli.option_checks import folder_to_write
from pipeline.cli.options import FILE, device_option, number_option, split_option, trained_field_option
from pipeline.errors import UserError


def _parse_angles(_ctx: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[float, float]]:
    try:
        return [(float(azimuth), float(elevation)) for azimuth, elevation in (text.split(",") for text in texts)]
    except ValueError:
        raise click.BadParameter("angles are an azimuth and an elevation, such as --angles 210,20") from None


@click.command()
@click.argument("photos", type=FILE, nargs=-1)
@trained_field_option
@click.option("--category", "-c", help="Show objects of this category.  [default: the only one of params.yaml]")
@split_option
@click.option(
    "--view", type=click.IntRange(min=0), default=0, show_default=True, help="The field sees this view of an object."
)
@number_option("--objects", 50, "List at most this many objects.")
@click.option("--source", help="Begin with this object at the left.  [default: the first photo, or the first object]")
@click.option("--target", help="Begin with this object at the right.  [default: the next one]")
@click.option(
    "--mask", "masks", type=FILE, multiple=True, help="The mask of a photo without an alpha. Once for each photo."
)
@click.option(
    "--angles",
    metavar="AZIMUTH,ELEVATION",
    multiple=True,
    callback=_parse_angles,
    help="The camera of a photo in degrees. Once for each photo; without it, cameras are estimated.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets other machines connect.")
@click.option(
    "--port",
    type=click.IntRange(0, 64535),
    default=8080,
    show_default=True,
    help="If it is taken, the next free one is used.",
)
@click.option(
    "--out",
    type=FILE,
    default=Path("screenshots"),
    show_default=True,
    callback=folder_to_write,
    help="Write screenshots here.",
)
@device_option
def view(
    photos: tuple[Path, ...],
    model: str,
    category: str | None,
    split: str,
    view: int,
    objects: int,
    source: str | None,
    target: str | None,
    masks: tuple[Path, ...],
    angles: list[tuple[float, float]],
    host: str,
    port: int,
    out: Path,
    device: str,
) -> None:
    """Show a trained field in the browser: its objects in 3D, their features, and matches for what you click.

    The objects are those of the project in the current folder, and PHOTOS of your own. A photo must say where its
    object is: by an alpha channel, or by --mask. Nobody but this machine can connect, unless you set --host.

    \b
    pipeline view --field models/chair-lite0-whole
    pipeline view chair.png --field models/chair-lite0-whole --angles 210,20
    """
    from featurenerf.viewer.serving import check_viser, serve

    check_viser()
    from featurenerf import load_field
    from featurenerf.seen_photo import GivenPhoto
    from featurenerf.viewer.gallery import Gallery
    from featurenerf.viewer.photos import photo_choices
    from featurenerf.viewer.stored_objects import open_stored_objects
    from pipeline.config.settings import PARAMS_FILE

    for name, values in (("--mask", masks), ("--angles", angles)):
        if values and len(values) != len(photos):
            times = f"{name} is given {len(values)} times, photos are {len(photos)}"
            raise UserError(f"{times}: give it once for each photo.")
    field = load_field(model, device=device)
    given = zip_longest(photos, masks, angles)
    own = [GivenPhoto(photo, mask, *(camera or (None, None))) for photo, mask, camera in given]
    choices = photo_choices(field, own, click.echo)
    if category is not None or not photos or PARAMS_FILE.is_file():
        stored = open_stored_objects(category)
        extra = [name for name in (source, target) if name is not None and name in stored.views.ids]
        ids = dict.fromkeys([*stored.views.of_split(split)[:objects], *extra])
        choices |= {name: partial(stored.given, name, view) for name in ids}
    gallery = Gallery(field, choices)
    first = source if source is not None else gallery.names[0]
    second = target if target is not None else next((name for name in gallery.names if name != first), first)
    serve(gallery, first, second, out, host, port, click.echo)
