"""ShapeNet part's points and labels, both releases."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.categories import CATEGORIES, category_named
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.parts.releases import open_shapenet_part
from pipeline.datasets.parts.shapenet_part import FIRST_LABEL, ShapeNetPart, ShapeNetPartNormal
from pipeline.datasets.records import ObjectKey, PartPoints
from tests.datasets.parts.part_files import write

CAR = ObjectKey("02958343", "a")
CARS = category_named("car")


def write_parts(root: Path, points: str, labels: str) -> None:
    write(root / CAR.synset / "points/a.pts", points)
    write(root / CAR.synset / "points_label/a.seg", labels)


def test_points_and_labels(tmp_path):
    # Roof above, wheels below: the labels of a car are 1 roof, 2 hood, 3 wheel, 4 body.
    write_parts(tmp_path, "0.0 0.5 0.0\n0.3 -0.5 0.2\n-0.3 -0.5 0.2\n0.0 0.1 0.0\n", "1\n3\n3\n4\n")
    parts = ShapeNetPart(tmp_path, CARS).read(CAR)
    assert parts.label.tolist() == [1, 3, 3, 4]
    assert parts.label.dtype == np.uint8
    assert parts.xyz[parts.label == 3].tolist() == [[0.3, -0.5, 0.2], [-0.3, -0.5, 0.2]]


def test_the_release_with_normals_counts_labels_through_all_categories(tmp_path):
    write(tmp_path / CAR.synset / "a.txt", "0 0.5 0 0 1 0 8.000000\n0.3 -0.5 0.2 1 0 0 10.000000\n0 0.1 0 0 0 1 11.0\n")
    parts = ShapeNetPartNormal(tmp_path, CARS).read(CAR)
    assert parts.label.tolist() == [1, 3, 4]
    assert parts.xyz.tolist() == [[0, 0.5, 0], [0.3, -0.5, 0.2], [0, 0.1, 0]]


def test_the_labels_of_our_categories_are_those_of_the_published_table():
    """`seg_classes` of the release: 50 labels in 16 categories."""
    ours = {c.shapenet_part: len(c.shapenet_part_names) for c in CATEGORIES if c.shapenet_part}
    last = {name: FIRST_LABEL[name] + count - 1 for name, count in ours.items()}
    assert last == {"Airplane": 3, "Car": 11, "Chair": 15, "Motorbike": 35, "Table": 49}


def test_no_annotation(tmp_path):
    for source in (ShapeNetPart(tmp_path, CARS), ShapeNetPartNormal(tmp_path, CARS)):
        assert source.read(CAR) is None
    write_parts(tmp_path, "0 0 0\n", "1\n")
    (tmp_path / CAR.synset / "points_label/a.seg").unlink()
    with pytest.raises(DatasetError, match=r"points_label/a\.seg: file: is missing"):
        ShapeNetPart(tmp_path, CARS).read(CAR)


@pytest.mark.parametrize(
    ("points", "labels", "reason"),
    [
        ("0 0 0\n1 1 1\n", "1\n", "1 labels for 2 points"),
        ("0 0 0\n", "0\n", r"0\.\.0 is not within 1\.\.4"),
        ("0 0 0\n", "5\n", r"5\.\.5 is not within 1\.\.4"),
        ("0 0 0\n", "1.5\n", "integers"),
        ("0 0 0\n", "99999999999999999999\n", "integers"),
        ("0 0\n", "1\n", "3 columns"),
        ("0 nan 0\n", "1\n", "finite|3 columns"),
        ("", "", "no points"),
        ("\n \n", "", "no points"),
    ],
)
def test_broken_files(tmp_path, points, labels, reason):
    write_parts(tmp_path, points, labels)
    with pytest.raises(DatasetError, match=reason) as caught:
        ShapeNetPart(tmp_path, CARS).read(CAR)
    assert str(caught.value.file).startswith(CAR.synset)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("", "no points"),
        ("0 0 0 0 1 0\n", "7 columns"),
        ("0 0 0 0 1 0 7.0\n", r"0\.\.0 is not within 1\.\.4"),
        ("0 0 0 0 1 0 8.0\n0 0 0 0 1 0 12.0\n", r"1\.\.5 is not within 1\.\.4"),
        ("0 0 0 0 1 0 8.5\n", "whole numbers"),
        ("0 0 0 0 1 0 1e50\n", "whole numbers"),
        ("0 0 0 0 1 0 nan\n", "finite|7 columns"),
        ("0 0 0 0 1 0 8.0\n0 0\n", "7 columns"),
    ],
)
def test_broken_files_with_normals(tmp_path, rows, reason):
    write(tmp_path / CAR.synset / "a.txt", rows)
    with pytest.raises(DatasetError, match=reason) as caught:
        ShapeNetPartNormal(tmp_path, CARS).read(CAR)
    assert str(caught.value.file) == "02958343/a.txt"


def published(samples: Path, folder: str, category: str, name: str) -> tuple[PartPoints, list[np.ndarray]]:
    """All points, and those of each part. v1's frame: front +X, up +Y."""
    source = open_shapenet_part(samples / folder, category_named(category))
    parts = source.read(ObjectKey(category_named(category).synset, name))
    return parts, [parts.xyz[parts.label == label] for label in range(1, 1 + len(source.part_names))]


@pytest.mark.samples
def test_a_published_plane(samples):
    plane, (body, wing, tail, engine) = published(samples, "shapenet_part", "plane", "1021a0914a7207aff927ed529ad90a11")
    assert len(body) + len(wing) + len(tail) + len(engine) == len(plane.xyz)
    assert np.ptp(wing[:, 2]) > 4 * np.ptp(body[:, 2])
    assert tail[:, 0].mean() < -0.2  # behind
    assert tail[:, 1].max() > body[:, 1].max()
    assert len(engine) > 0
    # This plane has its engines beside the body, between wings and tail.
    assert np.abs(engine[:, 2]).mean() > 2 * np.abs(body[:, 2]).mean()
    assert tail[:, 0].mean() < engine[:, 0].mean() < wing[:, 0].mean()


@pytest.mark.samples
def test_a_published_motorcycle(samples):
    _, parts = published(samples, "shapenet_part", "motorcycle", "103e3c517cd759657395d58407f193ba")
    _, seat, wheel, handle, light, _ = (part.mean(axis=0) for part in parts)
    assert wheel[1] < -0.1 < seat[1]
    assert wheel[1] == min(part.mean(axis=0)[1] for part in parts)
    assert handle[0] > seat[0]
    assert light[0] > seat[0]


@pytest.mark.samples
def test_a_published_chair(samples):
    _, (back, seat, leg, arm) = published(samples, "shapenet_part", "chair", "1015e71a0d21b127de03ab2a27ba7531")
    assert min(map(len, (back, seat, leg))) > 100
    assert back[:, 1].mean() > seat[:, 1].mean() > leg[:, 1].mean()
    assert back[:, 0].mean() < seat[:, 0].mean()  # behind
    assert len(arm) == 0


@pytest.mark.samples
@pytest.mark.parametrize("name", ["1a00aa6b75362cc5b324368d54a7416f", "1a2abbc9712e2fffc3bd24f986301745"])
def test_published_tables_with_normals(samples, name):
    table, (top, leg, other) = published(samples, "shapenet_part_normal", "table", name)
    assert (len(top) > 100, len(leg) > 100) == (True, True)
    assert len(top) + len(leg) + len(other) == len(table.xyz)
    assert len(other) < 0.01 * len(table.xyz)
    assert top[:, 1].mean() > leg[:, 1].mean() + 0.1
    assert np.linalg.norm(np.ptp(table.xyz, axis=0)) == pytest.approx(1.0, abs=0.02)
