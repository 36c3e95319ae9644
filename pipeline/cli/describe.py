"""The command `describe`: what a trained field makes of a photo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.errors import UserError

if TYPE_CHECKING:
    from featurenerf import Field, SeenObject

FILE = click.Path(path_type=Path)
SURE = 0.9  # of `explained`; docs/photos.md says what was measured below


def _parse_pixels(_ctx: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[int, int]]:
    try:
        return [(int(row), int(column)) for row, column in (text.split(",") for text in texts)]
    except ValueError:
        raise click.BadParameter("a pixel is a row and a column, such as --pixel 40,64") from None


@click.command()
@click.argument("photo", type=FILE)
@click.option(
    "--field", "model", required=True, help="The field: a folder that `pipeline train` wrote, or OWNER/NAME on the hub."
)
@click.option("--mask", type=FILE, help="White on the object, black elsewhere. Not needed if the photo has an alpha.")
@click.option("--azimuth", type=float, help="The camera's angle around the object in degrees: 180 sees its front.")
@click.option("--elevation", type=float, help="The camera's angle above the horizontal plane in degrees.")
@click.option("--other", type=FILE, help="A second photo. Places of the first one are looked for in it.")
@click.option("--other-mask", type=FILE, help="The second photo's mask.")
@click.option("--other-azimuth", type=float, help="The second camera's azimuth.")
@click.option("--other-elevation", type=float, help="The second camera's elevation.")
@click.option(
    "--pixel",
    "pixels",
    multiple=True,
    metavar="ROW,COL",
    callback=_parse_pixels,
    help="A place in seen.png that is looked for in the second photo. Can be repeated. Without it, 8 places that "
    "cover the object.",
)
@click.option("--out", type=FILE, default=Path("description"), show_default=True, help="Write into this folder.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
def describe(
    photo: Path,
    model: str,
    mask: Path | None,
    azimuth: float | None,
    elevation: float | None,
    other: Path | None,
    other_mask: Path | None,
    other_azimuth: float | None,
    other_elevation: float | None,
    pixels: list[tuple[int, int]],
    out: Path,
    device: str,
) -> None:
    """Show what a trained field makes of a PHOTO of one object.

    \b
    Writes into --out:
      seen.png            the object as the field sees it: cut out, framed as in training, over black
      description.png     the field from the photo's camera and from three others: colour, features, depth
      field.ply           the surface as points with colours; any viewer of meshes opens it
      field-features.ply  the same points in the colours of the features
      other-seen.png, matches.png   with --other: the second object, and places of the first one found in it

    The photo must say where its object is: by an alpha channel, or by --mask. Without --azimuth and --elevation the
    camera is estimated. The camera decides how the points lie in the world, and which way is up for the other cameras.
    The picture from the photo's own camera, and matches, are the same for every camera.

    \b
    pipeline describe chair.png --field models/chair-lite0-whole
    pipeline describe chair.jpg --mask mask.png --field models/chair-lite0-whole --azimuth 210 --elevation 20
    """
    from featurenerf import load_field
    from featurenerf.description import check_places, write_description, write_matches, write_seen

    if other is None and (pixels or other_mask or (other_azimuth, other_elevation) != (None, None)):
        raise click.UsageError("--pixel, --other-mask and the other camera need --other, the second photo.")
    field = load_field(model, device=device)
    seen = _see(field, photo, mask, azimuth, elevation)
    second = _see(field, other, other_mask, other_azimuth, other_elevation) if other is not None else None
    check_places(seen, pixels)
    write_seen(seen, out / "seen.png")
    write_description(seen, out)
    if second is not None:
        write_seen(second, out / "other-seen.png")
        for line in write_matches(seen, second, pixels, out / "matches.png"):
            click.echo(line)
    click.echo(f"{photo} -> {out}")


def _see(field: Field, photo: Path, mask: Path | None, azimuth: float | None, elevation: float | None) -> SeenObject:
    """Prepare a photo and see it; without a camera, estimate that and say so."""
    from featurenerf import estimate_pose, prepare_photo

    if (azimuth is None) != (elevation is None):
        raise UserError(f"{photo}: one of azimuth and elevation is missing; give both, or neither to estimate them.")
    prepared = prepare_photo(photo, mask)
    if azimuth is not None:
        return field.see(prepared, azimuth, elevation)
    found = estimate_pose(field, prepared)
    click.echo(f"{photo}: camera estimated at azimuth {found.azimuth:.0f}, elevation {found.elevation:.0f} degrees")
    if found.explained < SURE:
        click.echo(f"{photo}: the field is not sure of this camera; if it is wrong, give the azimuth and elevation.")
    return field.see(prepared, pose=found.pose, framing=found.framing)
