"""ShapeNet part's points and labels."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.shapenet_part import read_parts

CAR = ObjectKey("02958343", "a")


def write_parts(root: Path, key: ObjectKey, points: str, labels: str) -> None:
    for folder, name, text in (("points", f"{key.id}.pts", points), ("points_label", f"{key.id}.seg", labels)):
        (root / key.synset / folder).mkdir(parents=True, exist_ok=True)
        (root / key.synset / folder / name).write_text(text)


def test_points_and_labels(tmp_path):
    # Roof above, wheels below: the labels of a car are 1 roof, 2 hood, 3 wheel, 4 body.
    write_parts(tmp_path, CAR, "0.0 0.5 0.0\n0.3 -0.5 0.2\n-0.3 -0.5 0.2\n0.0 0.1 0.0\n", "1\n3\n3\n4\n")
    parts = read_parts(tmp_path, CAR)
    assert parts is not None
    assert parts.label.tolist() == [1, 3, 3, 4]
    assert parts.label.dtype == np.uint8
    assert parts.xyz[parts.label == 3].tolist() == [[0.3, -0.5, 0.2], [-0.3, -0.5, 0.2]]


def test_no_annotation(tmp_path):
    assert read_parts(tmp_path, CAR) is None
    write_parts(tmp_path, CAR, "0 0 0\n", "1\n")
    (tmp_path / CAR.synset / "points_label/a.seg").unlink()
    assert read_parts(tmp_path, CAR) is None


@pytest.mark.parametrize(
    ("points", "labels", "reason"),
    [
        ("0 0 0\n1 1 1\n", "1\n", "1 labels for 2 points"),
        ("0 0 0\n", "0\n", r"0\.\.0 is not within 1\.\.4"),
        ("0 0 0\n", "5\n", r"5\.\.5 is not within 1\.\.4"),
        ("0 0 0\n", "1.5\n", "integers"),
        ("0 0 0\n", "99999999999999999999\n", "integers"),
        ("0 0\n", "1\n", "3 columns"),
        ("0 nan 0\n", "1\n", "not finite"),
        ("", "", "no points"),
        ("\n \n", "", "no points"),
    ],
)
def test_broken_files(tmp_path, points, labels, reason):
    write_parts(tmp_path, CAR, points, labels)
    with pytest.raises(DatasetError, match=reason):
        read_parts(tmp_path, CAR)


def test_names_that_are_none(tmp_path):
    with pytest.raises(DatasetError, match="no valid id"):
        read_parts(tmp_path, ObjectKey("02958343", "../../x"))
    # ShapeNet part has chairs, but this project's chair parts are PartNet's: other names in another order.
    with pytest.raises(ValueError, match="03001627"):
        read_parts(tmp_path, ObjectKey("03001627", "a"))


@pytest.mark.samples
def test_published_labels_lie_where_their_names_say(samples):
    """v1's frame: front +X, up +Y."""
    plane = read_parts(samples / "shapenet_part", ObjectKey("02691156", "1021a0914a7207aff927ed529ad90a11"))
    bike = read_parts(samples / "shapenet_part", ObjectKey("03790512", "103e3c517cd759657395d58407f193ba"))
    assert plane is not None
    assert bike is not None
    body, wing, tail, engine = (plane.xyz[plane.label == label] for label in (1, 2, 3, 4))
    assert len(body) + len(wing) + len(tail) + len(engine) == len(plane.xyz)
    assert np.ptp(wing[:, 2]) > 4 * np.ptp(body[:, 2])
    assert tail[:, 0].mean() < -0.2  # behind
    assert tail[:, 1].max() > body[:, 1].max()
    _, seat, wheel, handle, light, _ = (bike.xyz[bike.label == label].mean(axis=0) for label in range(1, 7))
    assert wheel[1] < -0.1 < seat[1]
    assert handle[0] > seat[0]
    assert light[0] > seat[0]
