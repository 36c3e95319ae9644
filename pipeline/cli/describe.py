"""The command `describe`: what a trained field makes of a photo."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.option_checks import finite, folder_to_write, refuse_without_effect
from pipeline.cli.options import (
    FILE,
    device_option,
    file_option,
    photo_options,
    trained_field_option,
    turntable_options,
)

Camera = tuple[Path | None, float | None, float | None]  # mask, azimuth, elevation


def _parse_pixels(_ctx: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[int, int]]:
    try:
        return [(int(row), int(column)) for row, column in (text.split(",") for text in texts)]
    except ValueError:
        raise click.BadParameter("a pixel is a row and a column, such as --pixel 40,64") from None


@click.command()
@click.argument("photo", type=FILE)
@trained_field_option
@photo_options("", "the photo")
@click.option("--other", type=FILE, help="A second photo. Places of the first one are looked for in it.")
@photo_options("other-", "the second photo")
@click.option(
    "--pixel",
    "pixels",
    multiple=True,
    metavar="ROW,COL",
    callback=_parse_pixels,
    help="A place in seen.png that is looked for in the second photo. Can be repeated. Without it, 8 places that "
    "cover the object.",
)
@click.option(
    "--out",
    type=FILE,
    default=Path("description"),
    show_default=True,
    callback=folder_to_write,
    help="Write into this folder.",
)
@file_option("--points", "Write the surface as points to this PLY file.", ".ply")
@file_option("--mesh", "Write the surface as a mesh to this GLB file.", ".glb")
@click.option(
    "--mesh-cells",
    type=click.IntRange(min=2, max=512),
    default=96,
    show_default=True,
    help="Cells of the density's grid along each side.",
)
@click.option(
    "--mesh-level",
    type=click.FloatRange(min=0, min_open=True),
    callback=finite,
    help="The density at the mesh's surface, per world unit.  [default: what the photo's rays meet]",
)
@turntable_options
@device_option
def describe(
    photo: Path,
    model: str,
    camera: Camera,
    other: Path | None,
    other_camera: Camera,
    pixels: list[tuple[int, int]],
    out: Path,
    points: Path | None,
    mesh: Path | None,
    mesh_cells: int,
    mesh_level: float | None,
    turntable: Path | None,
    frames: int,
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
    pipeline describe chair.png --field models/chair-lite0-whole --mesh chair.glb --turntable chair.mp4
    """
    from featurenerf import load_field
    from featurenerf.description import check_places, write_description, write_matches, write_seen
    from featurenerf.exports.surface_cloud import ply_bytes
    from featurenerf.exports.surface_mesh import export_mesh
    from featurenerf.exports.turntable import export_turntable
    from featurenerf.exports.video import require_encoder
    from featurenerf.seen_photo import GivenPhoto, see_photo
    from pipeline.stores.atomic_files import write_bytes

    if other is None and (pixels or other_camera != (None, None, None)):
        raise click.UsageError("--pixel, --other-mask and the other camera need --other, the second photo.")
    if mesh is None:
        refuse_without_effect(("mesh_cells", "mesh_level"), "without --mesh")
    if turntable is not None:
        require_encoder()
    field = load_field(model, device=device)
    seen = see_photo(field, GivenPhoto(photo, *camera), click.echo)
    second = None if other is None else see_photo(field, GivenPhoto(other, *other_camera), click.echo)
    check_places(seen, pixels)
    write_seen(seen, out / "seen.png")
    cloud = write_description(seen, out)
    if second is not None:
        write_seen(second, out / "other-seen.png")
        for line in write_matches(seen, second, pixels, out / "matches.png"):
            click.echo(line)
    click.echo(f"{photo} -> {out}")
    if points is not None:
        write_bytes(points, ply_bytes(cloud))
        click.echo(f"{len(cloud.points)} points -> {points}")
    if mesh is not None:
        surface = export_mesh(seen, mesh, mesh_cells, mesh_level)
        click.echo(f"{len(surface.faces)} faces at density {surface.level:.3g} -> {mesh}")
    if turntable is not None:
        export_turntable(seen, turntable, frames)
        click.echo(f"{frames} frames -> {turntable}")
