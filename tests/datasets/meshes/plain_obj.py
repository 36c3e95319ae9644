"""A slow obj reader, line by line and corner by corner: the oracle of `parse_obj`."""

import re

import numpy as np

# As `float` reads them: not finite is a number too, which only coordinates must not be.
FLOAT = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf|infinity)", re.ASCII | re.IGNORECASE)
INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
BLANKS = " \t\v\f"


class RefusedError(Exception):
    pass


def plain_obj(text: str) -> dict[str, object]:
    """The fields of ObjGeometry. Raises RefusedError."""
    if "\0" in text:
        raise RefusedError("zero byte")
    vertices, uvs, faces, materials, name = [], [], [], [], None
    for line in lines_of(text):
        keyword, _, value = line.partition(" ")
        if keyword == "v":
            vertices.append(numbers(value, 3)[:3])
        elif keyword == "vt":
            uvs.append([*numbers(value, 1), 0.0][:2])
        elif keyword == "usemtl":
            name = re.sub(r"[ \t]#\s.*", "", f" {value} ").strip()  # `Material #25` is a name
        elif keyword == "f":
            corners = [corner(word, len(vertices), len(uvs)) for word in words(value)]
            if len(corners) < 3:
                raise RefusedError("corners")
            faces.append(corners)
            materials.append(name)
    if not vertices or not faces:
        raise RefusedError("empty")
    names = tuple(dict.fromkeys(materials))
    triangles, uv, face_material = [], [], []
    for corners, material in zip(faces, materials, strict=True):
        for i in range(1, len(corners) - 1):
            fan = (corners[0], corners[i], corners[i + 1])
            triangles.append([place(vertex, len(vertices)) for vertex, _ in fan])
            uv.append([uvs[t - 1] if 0 < t <= len(uvs) and plain(uvs[t - 1]) else (0.0, 0.0) for _, t in fan])
            face_material.append(names.index(material))
    if not all(map(plain, vertices)):
        raise RefusedError("not finite or too large")
    return {
        "vertices": np.array(vertices),
        "faces": np.array(triangles),
        "uv": np.array(uv),
        "face_material": np.array(face_material),
        "material_names": names,
    }


def lines_of(text: str) -> list[str]:
    """Lines without leading blanks, the first blank a space; lines are joined behind a backslash."""
    raw = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    # A comment is taken out before lines are joined, so it neither joins nor ends a joined line.
    raw = ["" if line.lstrip(BLANKS).startswith("#") else line for line in raw]
    joined = "\n".join(raw).replace("\\\n", " ").split("\n")
    return [re.sub(f"[{BLANKS}]", " ", line.lstrip(BLANKS), count=1) for line in joined]


def words(value: str) -> list[str]:
    return [word for word in re.split(f"[{BLANKS}]+", re.split(r"(?<!\.)#", value)[0]) if word]


def numbers(value: str, least: int) -> list[float]:
    found = words(value)
    if len(found) < least or not all(FLOAT.fullmatch(word) for word in found):
        raise RefusedError(value)
    return [float(word) for word in found]


def corner(word: str, vertices: int, uvs: int) -> tuple[int, int]:
    """Vertex and texture coordinate from 1; 0: no texture coordinate."""
    fields = word.split("/")
    if len(fields) > 3 or not fields[0] or not all(INTEGER.fullmatch(field) or not field for field in fields):
        raise RefusedError(word)
    vertex = int(fields[0])
    uv = int(fields[1]) if len(fields) > 1 and fields[1] else 0
    if vertex == 0 or vertex < -vertices:
        raise RefusedError(word)
    return vertex if vertex > 0 else vertices + 1 + vertex, uv if uv >= 0 else uvs + 1 + uv


def plain(row: list[float]) -> bool:
    return all(abs(number) <= 1e100 for number in row)


def place(index: int, count: int) -> int:
    if index > count:
        raise RefusedError(str(index))
    return index - 1
