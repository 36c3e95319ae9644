"""`python -m benchmarks.parsing`: one core's time for all that a manifest reads of one object of 5,000 faces.

The object is made up in the published formats and sizes: an obj as assimp writes it, every triangle twice, with its
mtl and a texture; KeypointNet's 2048 points; ShapeNet part's 2500 points and labels. Medians.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from pipeline.datasets.meshes.obj_geometry import parse_obj
from pipeline.datasets.meshes.obj_materials import ObjMaterials
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.surface_distance import surface_distance
from pipeline.datasets.text_files import read_bytes, read_lines
from pipeline.datasets.text_tables import parse_column, parse_table
from pipeline.stores.atomic_files import sha256_of

REPEATS = 200
SIDE = 51  # vertices along the square grid: 2,601 of them, 2,500 triangles, and a twin of each
KEYPOINTS, PART_POINTS = 10, 64
OBJ, MTL, PICTURE, CLOUD, PTS, SEG = map(PurePosixPath, ("a.obj", "a.mtl", "a.png", "a.pcd", "a.pts", "a.seg"))


def main() -> None:
    """Write the files, print a table."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        points = write_object(root, np.random.default_rng(0))
        mesh = parse_obj(read_bytes(root, OBJ), OBJ)
        files = ObjectFiles(root, PurePosixPath())
        size = (root / OBJ).stat().st_size
        print(f"{len(mesh.faces)} faces, {len(mesh.vertices)} vertices, obj of {size / 1e3:.0f} kB; {REPEATS} times")
        steps: dict[str, tuple[Callable[[], object], float | None]] = {
            "obj: read, parse": (lambda: parse_obj(read_bytes(root, OBJ), OBJ), None),
            "mtl: find, read": (lambda: ObjMaterials(files, OBJ, mesh.libraries), None),
            "mtl, texture": (lambda: ObjMaterials(files, OBJ, mesh.libraries).looks(mesh.material_names), None),
            "sha256 of obj, mtl, texture": (lambda: [sha256_of(root / file) for file in (OBJ, MTL, PICTURE)], None),
            "pcd, pts, seg": (lambda: read_clouds(root), None),
            "the same numbers by numpy.loadtxt": (lambda: read_clouds_by_numpy(root), None),
            "distances of 74 points": (lambda: surface_distance(mesh.vertices, mesh.faces, points), 3.0),
        }
        total = 0.0
        for label, (step, bar) in steps.items():
            middle, quickest = milliseconds(step)
            total += 0.0 if "loadtxt" in label else middle
            print(
                f"  {label:34} {middle:6.2f} ms  (quickest {quickest:.2f})" + (f", the bar is {bar} ms" if bar else "")
            )
        print(f"  {'all':34} {total:6.2f} ms, the bar is 25 ms; {1000 / total:.0f} objects a second")


def milliseconds(step: Callable[[], object]) -> tuple[float, float]:
    """Time a step: the median and the smallest of several runs."""
    step()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times), min(times)


def read_clouds(root: Path) -> None:
    """Read the files as the readers of KeypointNet and ShapeNet part do."""
    _, _, body = read_lines(root, CLOUD).partition(b"DATA ascii")
    parse_table(body, 3, CLOUD, "x y z")
    parse_table(read_lines(root, PTS), 3, PTS, "x y z")
    parse_column(read_lines(root, SEG), SEG, "label")


def read_clouds_by_numpy(root: Path) -> None:
    """Read the same files with numpy, which does not name the line of an error."""
    np.loadtxt(root / CLOUD, skiprows=4, usecols=(0, 1, 2))
    np.loadtxt(root / PTS)
    np.loadtxt(root / SEG, dtype=np.int64)


def write_object(root: Path, rng: np.random.Generator) -> np.ndarray:
    """Write the files, and return the keypoints and part points."""
    u, v = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE), indexing="ij")
    grid = np.stack([u - 0.5, 0.2 * np.sin(5 * u) * np.cos(4 * v), v - 0.5], axis=-1).reshape(-1, 3)
    vertices = (0.7 * grid).round(6)
    corner = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).reshape(-1)
    half = np.stack([corner, corner + 1, corner + SIDE], axis=1)
    faces = 1 + np.concatenate([half, half[:, ::-1]])
    other = rng.integers(1, 1201, (*faces.shape, 2))
    lines = ["# made up", "mtllib a.mtl", *("v {:.6f} {:.6f} {:.6f}".format(*row) for row in vertices)]
    lines += ["vt {:.6f} {:.6f} 0.000000".format(*row) for row in rng.uniform(-3, 3, (1200, 2))]
    lines += ["vn {:.6f} {:.6f} {:.6f}".format(*row) for row in rng.uniform(-1, 1, (1200, 3))]
    for number, (face, more) in enumerate(zip(faces.tolist(), other.tolist(), strict=True)):
        if number % 500 == 0:
            lines += [f"g part{number}", f"usemtl look{number}"]
        lines.append("f  " + " ".join(f"{a}/{t}/{n}" for a, (t, n) in zip(face, more, strict=True)))
    (root / OBJ).write_text("\n".join(lines) + "\n")
    (root / MTL).write_text("".join(f"newmtl look{n}\nKd 0.5 0.5 0.5\nmap_Kd a.png\n" for n in range(0, 5000, 500)))
    Image.fromarray(rng.integers(0, 256, (256, 256, 3), dtype=np.uint8)).save(root / PICTURE)
    on_it = vertices[faces[rng.integers(len(faces), size=2500)] - 1].mean(axis=1)
    colours = rng.integers(2**24, size=2048)
    rows = [f"{x:.6f} {y:.6f} {z:.6f} {c}" for (x, y, z), c in zip(on_it[:2048], colours, strict=True)]
    (root / CLOUD).write_text("VERSION .7\nFIELDS x y z rgb\nPOINTS 2048\nDATA ascii\n" + "\n".join(rows) + "\n")
    (root / PTS).write_text("".join(f"{x:.5f} {y:.5f} {z:.5f}\n" for x, y, z in on_it))
    (root / SEG).write_text("".join(f"{label}\n" for label in rng.integers(1, 5, 2500)))
    return on_it[: KEYPOINTS + PART_POINTS]


if __name__ == "__main__":
    main()
