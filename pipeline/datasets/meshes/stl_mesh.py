"""STL files, binary and ascii: triangles, with the colours that some programs put into a binary file."""

import re
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, UInt8, UInt16

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.checked_surface import checked_surface
from pipeline.datasets.meshes.face_colours import GREY, colour_materials
from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.records import Material, Mesh
from pipeline.datasets.text_files import check_lines
from pipeline.datasets.text_tables import parse_table

_HEADER, _SEEN = 84, 4096  # bytes; ascii is told by the first ones
_MARK = b"\xef\xbb\xbf"  # of UTF-8
_OPENING = re.compile(rb"(?im)^[ \t]*(solid|facet)\b")  # comments may go before it
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("colour", "<u2")])
_OWN = 0x8000  # VisCAM and SolidView: the face has a colour. Materialise: it has the whole object's


def parse_stl(data: bytes, file: PurePosixPath) -> Mesh:
    """Parse a mesh in which each triangle has three vertices of its own; `file` names it in errors.

    Faces are grey, unless a binary file has colours as VisCAM and SolidView write them, or Materialise with `COLOR=` in
    the header. Bytes behind the last triangle are passed over, with a note. Raises DatasetError for a file that holds
    fewer triangles than it announces, for ascii without its end, and for what is no mesh.
    """
    colours, surplus = None, 0
    begin = data[:_SEEN].removeprefix(_MARK).rstrip(b"\0")
    if begin and b"\0" not in begin:
        if not _OPENING.search(begin.replace(b"\r", b"\n")):
            raise DatasetError(file, "header", "is none of an stl file: a text needs a line that begins with solid")
        vertices = _text_corners(data.removeprefix(_MARK).rstrip(b"\0"), file)
    else:
        announced = int.from_bytes(data[80:_HEADER], "little") if len(data) >= _HEADER else 0
        following = max(len(data) - _HEADER, 0) // _TRIANGLE.itemsize
        if not 0 < announced <= following:
            raise DatasetError(file, "header", f"announces {announced} triangles, and {following} follow")
        rows = np.frombuffer(data, _TRIANGLE, announced, _HEADER)
        with np.errstate(invalid="ignore"):  # what is not finite is found in the end
            vertices = rows["corners"].reshape(-1, 3).astype(np.float64)
        colours = _colours(data[:80], rows["colour"])
        surplus = len(data) - _HEADER - rows.nbytes
    vertices, faces = checked_surface(vertices, np.arange(len(vertices)).reshape(-1, 3), file)
    place = np.zeros(len(faces), dtype=np.int32)
    materials: tuple[Material, ...] = (GREY,)
    if colours is not None:
        shown, own = colours
        number, painted = colour_materials(shown[own])
        place[own] = number + 1
        materials += painted
    notes = (LookNote("bytes behind the last triangle were passed over", f"{surplus}"),) if surplus else ()
    return Mesh(vertices, faces, np.zeros((len(faces), 3, 2)), place, materials, notes, (file,))


def _text_corners(data: bytes, file: PurePosixPath) -> Float64[np.ndarray, "n 3"]:
    text = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    check_lines(text, file)
    if not re.search(rb"(?im)^[ \t]*end[ \t]*solid", text):
        raise DatasetError(file, "endsolid", "is missing: the file ends early")
    lines = re.findall(rb"(?im)^[ \t]*vertex[ \t]+([^\n]*)", text)
    corners = parse_table(b"\n".join(lines), 3, file, "vertex")
    loops = len(re.findall(rb"(?im)^[ \t]*outer[ \t]+loop", text))
    if len(corners) % 3 or (loops and 3 * loops != len(corners)):
        raise DatasetError(file, "vertex", f"there are {len(corners)} of them in {loops} loops, not three in each")
    return corners


def _colours(
    header: bytes, attribute: UInt16[np.ndarray, " f"]
) -> tuple[UInt8[np.ndarray, "f 3"], Bool[np.ndarray, " f"]] | None:
    """The colour of each face, and which faces have one; None where none has."""
    five = np.stack([attribute >> 10 & 31, attribute >> 5 & 31, attribute & 31], axis=1)
    place = header.find(b"COLOR=")
    flagged = (attribute & _OWN) > 0
    if place < 0:
        return (_bytes(five), flagged) if flagged.any() else None
    whole = np.frombuffer(header[place + 6 : place + 9].ljust(3, b"\0"), dtype=np.uint8)
    # MeshLab sets the bit for all faces. Many programs leave all attributes at 0, which would be black.
    meshlab = header[place + 9 : place + 19] == b" MATERIAL="
    shared = np.full_like(flagged, not attribute.any()) | (flagged & (not meshlab))
    return np.where(shared[:, None], whole, _bytes(five[:, ::-1])).astype(np.uint8), np.ones_like(flagged)


def _bytes(five: UInt16[np.ndarray, "f 3"]) -> UInt8[np.ndarray, "f 3"]:
    """Numbers of five bits as bytes."""
    return np.round(five * (255 / 31)).astype(np.uint8)
