"""Names from data never reach a terminal, a table or a page raw."""

import csv
import os
from io import StringIO
from pathlib import Path, PurePosixPath

import pytest
from PIL import Image

from pipeline.datasets.axes import Axes
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.look_notes import LookNote, grouped_notes
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.printable import csv_cell, printable
from pipeline.datasets.records import ObjectKey
from pipeline.manifests.audit import Finding, ObjectAudit
from pipeline.progress import say
from pipeline.upkeep.audit import audit_table, write_audit

NASTY = {
    "\x1b[2Jgone": "\\x1b[2Jgone",
    "two\nlines": "two\\nlines",
    "byte\udcfc": "byte\\udcfc",
    "turned\u202egnp.": "turned\\u202egnp.",
    "\x9b31m": "\\x9b31m",
    "tab\tand\0": "tab\\tand\\x00",
    "grün Стул 椅子 (1).png": "grün Стул 椅子 (1).png",
}


@pytest.mark.parametrize(("name", "shown"), NASTY.items())
def test_what_does_not_print_is_escaped(name: str, shown: str) -> None:
    assert printable(name) == shown
    error = DatasetError(PurePosixPath(name), "file", name)
    assert str(error) == f"{shown}: file: {shown}"
    assert LookNote("texture is missing", name).detail == shown
    assert list(Listing([], {name: "is none"}).passed_over) == [shown]
    (line,) = grouped_notes([("a", LookNote("texture is missing", name, 1))])
    assert line == f"texture is missing: 1 object, 1 grey face, such as a: {shown}"


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(name: str) -> None:
    assert csv_cell(name) == f"'{printable(name)}"


@pytest.mark.parametrize("name", NASTY)
def test_terminal_and_table(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit = ObjectAudit(name, 1, (1.0, 1.0, 1.0), (Finding("flat in one direction", f"=cmd|{name}"),))
    say(f"  {name}\nnext")
    write_audit(tmp_path / "audit.csv", [("thing", audit)])
    texts = [audit_table("thing", [audit]), capsys.readouterr().err, (tmp_path / "audit.csv").read_text()]
    for text in texts:
        assert all(sign.isprintable() for sign in text.replace("\n", "")), text
    row = list(csv.reader(StringIO(texts[2])))[1]
    assert (row[1], row[-1]) == (NASTY[name], f"'=cmd|{NASTY[name]}")


def test_a_texture_whose_name_is_not_utf8_is_grey_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "thing/one"
    folder.mkdir(parents=True)
    (folder / "one.obj").write_text("mtllib m.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nusemtl m\nf 1/1 2/1 3/1\n")
    (folder / "m.mtl").write_bytes(b"newmtl m\nmap_Kd gr\xfcn.png\n")
    Image.new("RGB", (1, 1)).save(folder / "a.png")
    (folder / "a.png").rename(os.fsdecode(os.fsencode(folder) + b"/gr\xfcn.png"))
    mesh = MeshFolder(tmp_path, Axes("+y", "+z")).read_mesh(ObjectKey("thing", "one"))
    (note,) = mesh.look_notes
    assert (note.reason, note.grey_faces) == ("texture has a name that is not UTF-8", 1)
    assert note.detail == "thing/one/gr\\udcfcn.png: rename it"
    assert [file.name for file in mesh.files] == ["one.obj", "m.mtl"]
