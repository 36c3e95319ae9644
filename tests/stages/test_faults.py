"""Files that are not what they should be: what can be made is the same bytes, the rest is on record."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.artifacts.receipts import read_receipt
from pipeline.stores.atomic_files import sha256_of
from tests.stages.conftest import done
from tests.stages.undisturbed import OBJECTS, Undisturbed, clear, made, name_of, of_row, taken_away

HURT = 1  # the object that something happens to, and its row


@pytest.fixture
def undisturbed(project: Path) -> Undisturbed:
    return taken_away()


def of_others(files: dict[str, str]) -> dict[str, str]:
    """What belongs to the other objects. The table and the arrays of facts name the hurt object, too."""
    shared = ("/table.json", "/split/c/0", "/licence/c/0")
    return {file: sha for file, sha in files.items() if not of_row(file, HURT) and not file.endswith(shared)}


def check_hurt_is_on_record(undisturbed: Undisturbed, reason: str) -> None:
    """One object is missing and named with its reason; the others are there to the byte."""
    (file,) = Path("stores/views").rglob("failures.jsonl")
    (line,) = file.read_text().splitlines()
    assert json.loads(line) == {"object": f"02691156/{name_of(HURT)}", "reason": reason}
    held = read_receipt("render", "plane")
    assert held.failed == {f"02691156/{name_of(HURT)}": reason}
    assert [stored.row for stored in held.objects] == [row for row in range(OBJECTS) if row != HURT]
    assert not any(path.name == f"{HURT}.json" for path in Path("stores/views").rglob("done/*"))
    assert of_others(made()) == of_others(undisturbed.files)


def listed(suffix: str) -> Path:
    """The hurt object's file that ends so."""
    manifest = json.loads(Path("data_manifests/plane.json").read_text())
    (item,) = [item for item in manifest["objects"] if item["id"] == name_of(HURT)]
    (root,) = Path("stores/made-up").iterdir()
    return next(root / "ShapeNetCore.v2" / file for file in item["files"] if file.endswith(suffix))


OBJ = f"02691156/{name_of(HURT)}/models/model_normalized.obj"


def test_a_file_that_changed_costs_its_object_until_the_manifest_knows_it(undisturbed: Undisturbed) -> None:
    for suffix in (".obj", ".mtl", ".jpg"):
        clear()
        file = listed(suffix)
        held, name = file.read_bytes(), file.as_posix().partition("ShapeNetCore.v2/")[2]
        file.write_bytes(held + b"\n")
        assert "1 objects failed" in done("render")
        reason = f"{OBJ}: sha256: {name} is not what the manifest lists; run `pipeline manifest` again"
        check_hurt_is_on_record(undisturbed, reason)
        file.write_bytes(held)
        undisturbed.check_next_run_completes(suffix)
    file.write_bytes(held + b"\n")
    done("manifest")
    done("render")
    assert read_receipt("render", "plane").failed == {}


def damage(suffix: str, content: bytes) -> None:
    """Damage a file of the hurt object, in a manifest that knows it only like that."""
    file = listed(suffix)
    before = sha256_of(file)
    file.write_bytes(content)
    manifest = Path("data_manifests/plane.json")
    manifest.write_text(manifest.read_text().replace(before, sha256_of(file)))


def test_a_mesh_that_cannot_be_read_costs_its_object(undisturbed: Undisturbed) -> None:
    held = {path: path.read_bytes() for path in (listed(".obj"), Path("data_manifests/plane.json"))}
    text = listed(".obj").read_bytes()
    damage(".obj", text[: text.index(b"\nf ") + 4])  # ends in the first face
    done("render")
    check_hurt_is_on_record(undisturbed, f"{OBJ}: f 1: a face has fewer than three corners")
    for path, content in held.items():
        path.write_bytes(content)
    shutil.rmtree("stores/views")  # its row belongs to the damaged file
    undisturbed.check_next_run_completes()


def test_a_texture_that_cannot_be_read_is_grey_and_on_record(undisturbed: Undisturbed) -> None:
    picture = listed(".jpg")
    damage(".jpg", picture.read_bytes()[:60])
    said = done("render")
    assert read_receipt("render", "plane").failed == {}
    (marker,) = Path("stores/views").rglob(f"done/{HURT}.json")
    (note,) = json.loads(marker.read_text())["facts"]["look_notes"]
    assert note["detail"].startswith(f"../images/{picture.name}: ")
    assert list(read_receipt("render", "plane").grey_faces.values()) == [note["grey_faces"]]
    assert f"  {note['reason']}: 1 object, {note['grey_faces']} grey faces, such as madeup-plane-" in said
    assert of_others(made()) == of_others(undisturbed.files)
