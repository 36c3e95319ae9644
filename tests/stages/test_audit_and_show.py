"""`pipeline audit` and `pipeline show`: what a person sees before and after rendering."""

import csv
from pathlib import Path

from PIL import Image

from tests.stages.conftest import done, refused, with_settings


def meshes() -> Path:
    (root,) = Path("stores/made-up").iterdir()
    return root / "ShapeNetCore.v2" / "02691156"


def test_an_audit_finds_the_twins_of_made_up_objects_and_names_what_is_wrong(project: Path) -> None:
    said = done("audit")
    assert said.splitlines()[-5].endswith("4 twin faces (100.0%): drawn once, from both sides"), said
    assert "50.0% of the faces" in said and "plane: 4 objects, " in said
    (meshes() / "madeup-plane-0000/models/model_normalized.obj").write_text("")
    texture = sorted((meshes() / "madeup-plane-0001/images").iterdir())[0]
    texture.write_bytes(b"no picture")
    said = done("audit", "--csv", "audit.csv")
    assert "1 cannot be read (25.0%): dropped by the manifest" in said
    assert "02691156/madeup-plane-0000/models/model_normalized.obj: v: there are no vertices" in said
    assert f"madeup-plane-0001: ../images/{texture.name}" in said
    with Path("audit.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == {f"madeup-plane-000{i}" for i in range(4)}
    assert "twin faces" in {row["finding"] for row in rows if row["id"] == "madeup-plane-0002"}


def test_a_file_that_takes_too_long_costs_its_object_with_one_worker_too(project: Path) -> None:
    hasty = with_settings("machine.workers=1", "machine.retries=0", "machine.seconds_per_object=1e-6")
    for path in meshes().glob("*/models/model_normalized.obj"):
        with path.open("a") as file:
            file.write("# slow\n" * 3_000_000)  # half a second: limits are looked at every tenth of one
    assert "1 cannot be read (100.0%)" in done("audit", "--limit", "1", *hasty)
    said = refused("manifest", "--set", "manifest.objects=1", *hasty)
    assert "no object of category plane can be used: madeup-plane-0000: took longer than 1e-06 s" in said


def test_the_contact_sheet_shows_every_object(project: Path) -> None:
    assert done("show", "views") == "4 of 4 objects of category plane -> views-plane.png\n"
    with Image.open("views-plane.png") as sheet:
        assert sheet.width > 4 * 256
        assert len(sheet.convert("RGB").getcolors(maxcolors=10**7) or ()) > 100
    assert done("show", "views", "--objects", "2", "--out", "two.png").startswith("2 of 4")
