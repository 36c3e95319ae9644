from pathlib import Path

import numpy as np
import pytest
import trimesh
from click.testing import CliRunner, Result
from PIL import Image

from featurenerf.description import spread
from pipeline.cli import main
from pipeline.stores.checked_json import read_checked, write_checked
from tests.featurenerf.conftest import balls, camera, model_folder, settings  # noqa: F401  (fixtures)


@pytest.fixture
def files(model_folder: Path, balls, tmp_path: Path) -> dict[str, str]:  # noqa: F811
    """A model that records its framing, and two photos."""
    record = read_checked(model_folder / "model.json")
    write_checked(model_folder / "model.json", record | {"framing": 0.5})
    for index, name in enumerate(("first", "second")):
        Image.fromarray(balls[0][index, 0]).save(tmp_path / f"{name}.png")
    return {
        "first": str(tmp_path / "first.png"),
        "second": str(tmp_path / "second.png"),
        "field": str(model_folder),
        "out": str(tmp_path / "out"),
    }


def described(files: dict[str, str], *more: str) -> Result:
    words = ["describe", files["first"], "--field", files["field"], "--out", files["out"], *more]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_one_photo_gives_pictures_points_a_mesh_and_a_video(files: dict[str, str], tmp_path: Path) -> None:
    names = {name: str(tmp_path / name) for name in ("field.ply", "field.glb", "turn.mp4")}
    words = ["--points", names["field.ply"], "--mesh", names["field.glb"], "--turntable", names["turn.mp4"]]
    words += ["--azimuth", "210", "--elevation", "20", "--device", "cpu"]
    result = described(files, *words, "--mesh-cells", "12", "--frames", "2")
    assert result.exit_code == 0, result.output
    assert "estimated" not in result.output
    out = Path(files["out"])
    made = ["description.png", "field-features.ply", "field.ply", "seen.png"]
    assert sorted(path.name for path in out.iterdir()) == made
    seen = np.asarray(Image.open(out / "seen.png"))
    assert seen.shape == (32, 32, 3)
    rows, columns = np.nonzero(seen.any(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 23, 8, 23)  # a half of 32, in the middle
    points, features = (trimesh.load(out / name) for name in ("field.ply", "field-features.ply"))
    np.testing.assert_array_equal(points.vertices, features.vertices)
    assert len(points.vertices) == len(points.colors)
    # All points lie between near and far of cameras at 1.3 from the origin.
    assert np.linalg.norm(points.vertices, axis=1).max() < 1.0
    assert (tmp_path / "field.ply").read_bytes() == (out / "field.ply").read_bytes()
    (mesh,) = trimesh.load(names["field.glb"]).geometry.values()
    assert f"{len(mesh.faces)} faces at density " in result.output
    assert f"2 frames -> {names['turn.mp4']}" in result.output


def test_two_photos_give_matches_and_their_cameras_are_estimated(files: dict[str, str]) -> None:
    result = described(files, "--other", files["second"], "--pixel", "16,16", "--pixel", "12,18")
    assert result.exit_code == 0, result.output
    assert "first.png: camera estimated at azimuth" in result.output
    assert "the field is not sure of this camera" in result.output  # its weights are random
    lines = [line for line in result.output.splitlines() if line.startswith("row ")]
    assert [line.split(" -> ")[0] for line in lines] == ["row 16, column 16", "row 12, column 18"]
    assert (Path(files["out"]) / "matches.png").is_file() and (Path(files["out"]) / "other-seen.png").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--azimuth", "3"], "one of azimuth and elevation is missing"),
        (["--pixel", "3,4"], "need --other"),
        (["--other-azimuth", "3"], "need --other"),
        (["--pixel", "3"], "a pixel is a row and a column"),
        (["--mask", "gone.png"], "gone.png: there is no such file"),
        (["--other", "{second}", "--pixel", "500,0"], "the pixel 500,0 lies outside the image"),
        (["--other", "{second}", "--pixel", "0,0"], "the pixel 0,0 shows background, not the object"),
        (["--points", "field.obj"], "field.obj must end in .ply"),
        (["--mesh", "field.obj"], "field.obj must end in .glb"),
        (["--turntable", "field.obj"], "field.obj must end in .mp4"),
        (["--frames", "3"], "--frames has no effect without --turntable"),
        (["--mesh-cells", "3"], "--mesh-cells has no effect without --mesh"),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_written(files: dict[str, str], words: list[str], message: str) -> None:
    result = described(files, *(word.format(**files) for word in words))
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert not Path(files["out"]).exists()


def test_places_are_spread_over_the_object() -> None:
    line = np.stack([np.zeros(9, dtype=np.int64), np.arange(9)], axis=1)
    assert spread(line, 3).tolist() == [[0, 4], [0, 0], [0, 8]]
    assert sorted(spread(line, 20)[:, 1].tolist()) == list(range(9))
