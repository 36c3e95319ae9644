"""How fast, and in how much memory, `pipeline manifest` describes a collection: `python -m benchmarks.manifest`.

Writes made-up ShapeNetCore v2 objects of about 5,000 faces (twins included), each with a texture, KeypointNet keypoints
and ShapeNet part points, and describes them in one process, so that the rate is that of one core. Every file is its
own: nothing is linked, and the obj files differ. `--objects 30000` needs about 20 GB of disk.
"""

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.config.settings import load_settings
from pipeline.datasets.categories import category_named
from pipeline.datasets.meshes.shapenet import ShapeNet
from pipeline.datasets.records import ObjectKey
from pipeline.manifests.describe import Describer, DescribeTask
from pipeline.manifests.sources import Roots

CATEGORY = category_named("plane")
RINGS, SIDES = 32, 40  # 2 * 31 * 40 triangles, each twice
PATCHES = 12  # the surface is bent differently in each object, and its file's numbers are all other digits


@dataclass(frozen=True)
class Variant:
    """A choice of what is read for each object: the mesh alone, or annotations too."""

    name: str
    keypoints: bool
    parts: bool


VARIANTS = (
    Variant("mesh", False, False),
    Variant("mesh, keypoints", True, False),
    Variant("mesh, keypoints, parts", True, True),
)


def main() -> None:
    """Write, describe, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where the objects are written, and left; else a temporary folder")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="manifest-benchmark-"))
    try:
        ids = write_collection(folder, arguments.objects)
        settings = load_settings(Path("params.yaml")).manifest
        print(f"{len(ids)} objects of {4 * (RINGS - 1) * SIDES} faces; one process")
        for variant in VARIANTS:
            roots = Roots(
                ShapeNet(folder / "ShapeNetCore.v2", "shapenet-v2"),
                folder / "KeypointNet" if variant.keypoints else None,
                folder / "shapenet_part" if variant.parts else None,
                None,
            )
            describe = Describer(roots, CATEGORY, settings)()
            start, cpu, half, kept = time.perf_counter(), time.process_time(), 0, []
            for number, object_id in enumerate(ids):
                item = describe(DescribeTask(ObjectKey(CATEGORY.synset, object_id), "train"))
                assert (item.keypoints is not None, item.parts is not None) == (variant.keypoints, variant.parts), item
                kept.append(item)  # as in the stage: only the records grow
                if number == len(ids) // 2:
                    half = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            seconds, busy = time.perf_counter() - start, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(
                f"  {variant.name:24} {len(ids) / seconds:6.1f} objects/s, {len(ids) / busy:6.1f} a CPU second; peak "
                f"memory {peak / 1024:.0f} MiB ({(peak - half) / 1024:+.1f} MiB in the second half)",
                flush=True,
            )
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder)


def write_collection(folder: Path, count: int) -> list[str]:
    """Write the objects below `folder`; those of an earlier run are kept if there are enough."""
    mark = folder / "count"
    ids = [f"{number:032x}" for number in range(count)]
    if mark.exists() and int(mark.read_text()) >= count:
        return ids
    texture = _texture()
    annotations = []
    for number, (object_id, vertices) in enumerate(zip(ids, _surfaces(), strict=False)):
        model = folder / "ShapeNetCore.v2" / CATEGORY.synset / object_id
        (model / "models").mkdir(parents=True, exist_ok=True)
        (model / "images").mkdir(exist_ok=True)
        (model / "models" / "model_normalized.obj").write_text(_obj(vertices))
        (model / "models" / "model_normalized.mtl").write_text("newmtl a\nKd 1 1 1\nmap_Kd ../images/texture0.jpg\n")
        (model / "images" / "texture0.jpg").write_bytes(texture)
        _write_points(folder, object_id, vertices)
        chosen = vertices[:: len(vertices) // 10]
        annotations.append(
            {
                "class_id": CATEGORY.synset,
                "model_id": object_id,
                "keypoints": [{"xyz": point.tolist(), "semantic_id": i} for i, point in enumerate(chosen)],
            }
        )
        if number % 1000 == 999:
            print(f"written {number + 1}/{count}", file=sys.stderr)
    (folder / "KeypointNet" / "annotations").mkdir(parents=True, exist_ok=True)
    (folder / "KeypointNet" / "annotations" / f"{CATEGORY.keypointnet}.json").write_text(json.dumps(annotations))
    mark.write_text(str(count))
    return ids


def _surfaces() -> Iterator[np.ndarray]:
    """Yield bent tubes, each one different: (RINGS * SIDES, 3) vertices, diagonal about 1."""
    rng = np.random.default_rng(0)
    along = np.linspace(-0.45, 0.45, RINGS)[:, None]
    angle = 2 * np.pi * np.arange(SIDES)[None, :] / SIDES
    while True:
        waves = rng.uniform(1, 9, PATCHES)
        radius = 0.15 + sum(0.004 * np.sin(w * angle + 7 * w * along) for w in np.round(waves))
        grid = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.broadcast_to(along, radius.shape)], axis=-1)
        yield np.round(grid.reshape(-1, 3), 6)


def _obj(vertices: np.ndarray) -> str:
    """Format an obj file as in ShapeNetCore v2: six decimals, `f  a/t/n`, every triangle twice."""
    ring, side = np.meshgrid(np.arange(RINGS - 1), np.arange(SIDES), indexing="ij")
    a, b = ring * SIDES + side, ring * SIDES + (side + 1) % SIDES
    c, d = a + SIDES, b + SIDES
    once = np.stack([np.stack([a, b, c], -1), np.stack([b, d, c], -1)], axis=2).reshape(-1, 3)
    faces = np.stack([once, once[:, ::-1]], axis=1).reshape(-1, 3) + 1
    rows = np.repeat(faces, 3, axis=1)  # a/a/a: as many coordinates and normals as vertices
    uv = np.concatenate([vertices[:, :2] % 1, np.zeros((len(vertices), 1))], axis=1)
    return "".join(
        [
            "mtllib model_normalized.mtl\n\n",
            ("v %.6f %.6f %.6f\n" * len(vertices)) % tuple(vertices.ravel()),
            ("vt %.6f %.6f %.6f\n" * len(uv)) % tuple(uv.ravel()),
            ("vn %.6f %.6f %.6f\n" * len(uv)) % tuple(vertices.ravel()),
            "g part\nusemtl a\n",
            ("f  %d/%d/%d %d/%d/%d %d/%d/%d\n" * len(rows)) % tuple(rows.ravel()),
        ]
    )


def _write_points(folder: Path, object_id: str, vertices: np.ndarray) -> None:
    """Write KeypointNet's 2048 points in v2's frame, and ShapeNet part's 2500 in v1's (box centre, diagonal 1)."""
    rng = np.random.default_rng(1)
    cloud = folder / "KeypointNet" / "pcds" / CATEGORY.synset / f"{object_id}.pcd"
    cloud.parent.mkdir(parents=True, exist_ok=True)
    points = vertices[rng.integers(len(vertices), size=2048)]
    rows = ("%.6f %.6f %.6f 8421504\n" * 2048) % tuple(points.ravel())
    cloud.write_text(f"VERSION .7\nFIELDS x y z rgb\nWIDTH 2048\nHEIGHT 1\nPOINTS 2048\nDATA ascii\n{rows}")
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    centred = (vertices - (low + high) / 2) / np.linalg.norm(high - low)
    turned = np.stack([-centred[:, 2], centred[:, 1], centred[:, 0]], axis=1)[rng.integers(len(vertices), size=2500)]
    part = folder / "shapenet_part" / CATEGORY.synset
    (part / "points").mkdir(parents=True, exist_ok=True)
    (part / "points_label").mkdir(exist_ok=True)
    (part / "points" / f"{object_id}.pts").write_text(("%.5f %.5f %.5f\n" * 2500) % tuple(turned.ravel()))
    (part / "points_label" / f"{object_id}.seg").write_text("".join(f"{1 + i % 4}\n" for i in range(2500)))


def _texture() -> bytes:
    """Make a jpeg of 256 x 256 pixels, about 40 KB, as many models have."""
    from io import BytesIO

    from PIL import Image

    noise = np.random.default_rng(2).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG", quality=50)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
