"""`python -m benchmarks.made_up_co3d FOLDER`: made-up objects in the layout of CO3D, version 2.

Each sequence has a frame, a unit and a rotation of its own, as structure from motion leaves them; frame numbers differ
from the numbers in file names; both conventions of intrinsics occur. The same seed gives the same files. Beside the
files of CO3D stand labels.json and part_names.json, which CO3D does not have: by them transfer is measured.
"""

import argparse
import gzip
import io
import json
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float64, UInt8
from PIL import Image

from benchmarks.photographs import Photograph, Subject, make_subject, take_photographs
from pipeline.datasets.alignment import transform
from pipeline.datasets.categories import category_named
from pipeline.datasets.views.co3d.categories import NAMES
from pipeline.progress import Progress
from pipeline.synthetic.draws import named_generator

SHARES = (0.6, 0.1)  # of train and val sequences; the rest tests
QUALITY = 88  # of jpg files
Sequence: TypeAlias = tuple[list[dict[str, Any]], dict[str, Any]]  # frame annotations, and its own


@dataclass(frozen=True)
class MadeUpCo3d:
    """The size of a made-up category. `size` is the shorter side of a photograph in pixels."""

    category: str = "chair"
    sequences: int = 20
    frames: int = 40
    size: int = 256
    seed: int = 1


def main() -> None:
    """Write a category."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--category", choices=NAMES, default="chair")
    parser.add_argument("--sequences", type=int, default=20)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--size", type=int, default=256, help="shorter side of a photograph in pixels")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    wanted = MadeUpCo3d(given.category, given.sequences, given.frames, given.size, given.seed)
    write_made_up_co3d(given.folder, wanted, given.workers)
    print(f"{wanted.sequences} sequences -> {given.folder / NAMES[wanted.category]}")


def write_made_up_co3d(root: Path, wanted: MadeUpCo3d, workers: int = 1) -> None:
    """Write photographs, masks, point clouds, annotations, set lists and labels of a category below `root`."""
    category = NAMES[wanted.category]
    numbers = range(wanted.sequences)
    if workers == 1:
        written = _counted(map(write_sequence, repeat(root), repeat(wanted), numbers), len(numbers))
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            written = _counted(pool.map(write_sequence, repeat(root), repeat(wanted), numbers), len(numbers))
    _write_gzip(root / category / "frame_annotations.jgz", [frame for frames, _ in written for frame in frames])
    _write_gzip(root / category / "sequence_annotations.jgz", [sequence for _, sequence in written])
    lists = _set_list([frames for frames, _ in written])
    _write_json(root / category / "set_lists" / "set_lists_fewview_dev.json", lists)
    names = {"part_names": category_named(wanted.category).part_names}
    _write_json(root / category / "part_names.json", names)


def _counted(written: Iterable[Sequence], total: int) -> list[Sequence]:
    """Show progress while sequences are written."""
    progress = Progress("made-up CO3D", total, "sequences")
    listed = []
    for sequence in written:
        listed.append(sequence)
        progress.step()
    progress.close()
    return listed


def write_sequence(root: Path, wanted: MadeUpCo3d, number: int) -> Sequence:
    """Write a sequence's files; return its frame annotations and its sequence annotation."""
    rng = named_generator("made-up co3d", wanted.category, wanted.seed, number)
    name = f"{100 + number}_{rng.integers(10000, 30000)}_{rng.integers(10000, 60000)}"
    folder = f"{NAMES[wanted.category]}/{name}"
    subject = make_subject(wanted.category, number, wanted.seed)
    taken = take_photographs(subject, wanted.frames, wanted.size, wanted.category, wanted.seed, number)
    source_from_world = random_similarity(rng)
    first, step = int(rng.integers(0, 50)), int(rng.integers(1, 4))
    isotropic = number % 2 == 0
    frames = [
        _write_frame(root, folder, index, first + step * index, photograph, source_from_world, isotropic)
        for index, photograph in enumerate(taken)
    ]
    cloud = transform(source_from_world, _cloud(subject, rng))
    (root / folder / "pointcloud.ply").write_bytes(_ply(cloud))
    _write_json(root / folder / "labels.json", _labels(subject, taken, frames, source_from_world, folder))
    sequence = {
        "sequence_name": name,
        "category": NAMES[wanted.category],
        "video": None,
        "point_cloud": {
            "path": f"{folder}/pointcloud.ply",
            "quality_score": round(float(rng.uniform(0.2, 2)), 3),
            "n_points": len(cloud),
        },
        "viewpoint_quality_score": round(float(rng.uniform(0.5, 3)), 3),
    }
    return frames, sequence


def random_similarity(rng: np.random.Generator) -> Float64[np.ndarray, "4 4"]:
    """A rotation, a scale from 0.5 to 20 and a shift."""
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    matrix = np.eye(4)
    matrix[:3, :3] = np.exp(rng.uniform(np.log(0.5), np.log(20))) * turn * np.sign(np.linalg.det(turn))
    matrix[:3, 3] = 10 * rng.normal(size=3)
    return matrix


def _write_frame(
    root: Path,
    folder: str,
    index: int,
    number: int,
    photograph: Photograph,
    source_from_world: Float64[np.ndarray, "4 4"],
    isotropic: bool,
) -> dict[str, Any]:
    """Write the pictures of a frame and return its annotation."""
    stem = f"frame{index + 1:06d}"
    image, mask = f"{folder}/images/{stem}.jpg", f"{folder}/masks/{stem}.png"
    _write_picture(root / image, photograph.rgb)
    _write_picture(root / mask, photograph.mask)
    _write_picture(root / folder / "labels" / f"{stem}.png", photograph.part)
    height, width = photograph.mask.shape
    return {
        "sequence_name": folder.rpartition("/")[2],
        "frame_number": number,
        "frame_timestamp": index / 30,
        "image": {"path": image, "size": [height, width]},
        "depth": None,
        "mask": {"path": mask, "mass": float(photograph.mask.sum(dtype=np.float64) / 255)},
        "viewpoint": _viewpoint(photograph, source_from_world, isotropic),
        "meta": None,
    }


def _viewpoint(
    photograph: Photograph, source_from_world: Float64[np.ndarray, "4 4"], isotropic: bool
) -> dict[str, Any]:
    """The camera as PyTorch3D has it: axes left, up, forward, rows times matrices, NDC."""
    scale = np.cbrt(np.linalg.det(source_from_world[:3, :3]))
    centre = transform(source_from_world, photograph.pose[None, :3, 3])[0]
    rotation = source_from_world[:3, :3] / scale @ photograph.pose[:3, :3] * np.array([-1, 1, -1])
    height, width = photograph.mask.shape
    half = np.full(2, min(height, width) / 2) if isotropic else np.array([width / 2, height / 2])
    camera = photograph.intrinsics
    return {
        "R": rotation.tolist(),
        "T": (-centre @ rotation).tolist(),
        "focal_length": (np.array([camera.fx, camera.fy]) / half).tolist(),
        "principal_point": ((np.array([width, height]) / 2 - [camera.cx, camera.cy]) / half).tolist(),
        **({"intrinsics_format": "ndc_isotropic"} if isotropic else {}),
    }


def _labels(
    subject: Subject,
    taken: list[Photograph],
    frames: list[dict[str, Any]],
    source_from_world: Float64[np.ndarray, "4 4"],
    folder: str,
) -> dict[str, Any]:
    ids, keypoints = subject.keypoint_id, transform(source_from_world, subject.keypoints)
    return {
        "keypoints": {str(i): xyz for i, xyz in zip(ids, keypoints.tolist(), strict=True)},
        "candidates": transform(source_from_world, subject.candidates).tolist(),
        "part_points": transform(source_from_world, subject.part_points).tolist(),
        "part_labels": subject.part_label.tolist(),
        "frames": [
            {
                "frame_number": frame["frame_number"],
                "part": f"{folder}/labels/{Path(frame['image']['path']).stem}.png",
                "keypoints": {
                    str(i): uv
                    for i, uv, seen in zip(
                        ids, photograph.keypoint_uv.tolist(), photograph.keypoint_visible, strict=True
                    )
                    if seen
                },
            }
            for photograph, frame in zip(taken, frames, strict=True)
        ],
    }


def _cloud(subject: Subject, rng: np.random.Generator) -> Float64[np.ndarray, "n 3"]:
    """Points near the surface, and one in a hundred far off it, as matches of photographs give them."""
    points = subject.part_points + rng.normal(0, 0.003, subject.part_points.shape)
    return np.concatenate([points, rng.uniform(-0.8, 0.8, (len(points) // 100, 3))])


def _set_list(sequences: list[list[dict[str, Any]]]) -> dict[str, list[list[Any]]]:
    """Train, val and test sequences in this order, with all their frames."""
    ends = np.cumsum(np.round(np.array(SHARES) * len(sequences)).astype(int))
    parts = {"train": sequences[: ends[0]], "val": sequences[ends[0] : ends[1]], "test": sequences[ends[1] :]}
    return {
        split: [[f["sequence_name"], f["frame_number"], f["image"]["path"]] for frames in part for f in frames]
        for split, part in parts.items()
    }


def _ply(points: Float64[np.ndarray, "n 3"]) -> bytes:
    header = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(points)}\n"
    header += "".join(f"property float {axis}\n" for axis in "xyz") + "end_header\n"
    return header.encode() + points.astype("<f4").tobytes()


def _write_picture(path: Path, pixels: UInt8[np.ndarray, "..."]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "JPEG" if path.suffix == ".jpg" else "PNG", quality=QUALITY)
    path.write_bytes(held.getvalue())


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def _write_gzip(path: Path, value: object) -> None:
    path.write_bytes(gzip.compress(json.dumps(value).encode(), mtime=0))


if __name__ == "__main__":
    main()
