"""Keypoint transfer between photographs: a made-up SPair-71k of known correspondences, and the real annotations."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from jaxtyping import Float32, Int64
from torch import Tensor

import featurenerf
from eval.descriptors.position import FAR
from eval.photos.photo_statistics import PHOTOS, read_photo_statistics
from eval.photos.photo_transfer import PhotoResults, transfer_photos
from eval.photos.seen_photo import SeenPhoto
from eval.report.photos import photo_results
from featurenerf.measured.photo_evaluation import PhotoPairs, evaluate_photos, read_pairs
from featurenerf.measured.spair_photos import PhotoCamera, SpairPhotos
from pipeline.artifacts.runs import read_run_record, write_run_record
from pipeline.cli import main
from pipeline.config.field_name import FieldName
from pipeline.config.settings import load_settings
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.spair.photo_pair import PhotoPair
from pipeline.datasets.spair.spair_folder import OUR_NAMES, SpairFolder
from pipeline.errors import UserError
from pipeline.stores.checked_json import read_checked, write_checked
from tests.datasets.spair.made_up_spair import MadePhoto, pair_of, voc_box, write_spair
from tests.eval.true_coordinates import KnownObject, known_object
from train.model_files import load_model

FRONT = PhotoCamera(180, 20)


@dataclass(frozen=True)
class Placed:
    """Where the rendered view lies in a photo: enlarged by whole pixels, then moved (right, down)."""

    times: int
    moved: tuple[int, int]


PLACES = {"2008_000001": Placed(1, (30, 17)), "2008_000002": Placed(2, (11, 40)), "2008_000003": Placed(3, (0, 5))}


def photo_of(known: KnownObject, name: str, size: tuple[int, int] = (420, 400)) -> MadePhoto:
    """A rendered view, coloured by its surface, over a noisy background. Keypoints are rounded to pixels."""
    place, (width, height) = PLACES[name], size
    rgb = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    inside = np.repeat(np.repeat(known.depth[0] > 0, place.times, axis=0), place.times, axis=1)
    colour = np.repeat(np.repeat(known.surface[0] + 0.5, place.times, axis=0), place.times, axis=1)
    objects = np.zeros((height, width), dtype=np.uint8)
    there = np.argwhere(inside)
    at = there + place.moved[::-1]
    rgb[tuple(at.T)] = (np.clip(colour[tuple(there.T)], 0, 1) * 255).astype(np.uint8)
    objects[tuple(at.T)] = 2
    labels = known.labels[0]
    uv = labels.keypoint_uv * place.times + place.moved
    keypoints = {
        int(k): (int(uv[k, 0]), int(uv[k, 1])) for k in np.flatnonzero(labels.keypoint_visible)
    }  # the pixel that holds it
    return MadePhoto(name, rgb, objects, voc_box(objects == 2), keypoints)


@pytest.fixture(scope="module")
def known() -> KnownObject:
    return known_object("chair", 0, 1)


@pytest.fixture
def photos(known: KnownObject) -> list[MadePhoto]:
    return [photo_of(known, name) for name in PLACES]


@pytest.fixture
def root(photos: list[MadePhoto], tmp_path: Path) -> Path:
    a, b, c = photos
    pairs = [
        pair_of(a, b, "chair", 1),
        pair_of(b, c, "chair", 2, viewpoint_variation=2),
        pair_of(c, a, "chair", 3, viewpoint_variation=1),
    ]
    return write_spair(tmp_path / "SPair-71k", "chair", photos, pairs)


@pytest.fixture
def model(model_folder: Path) -> Path:
    """A field of random weights that records its framing."""
    record = read_checked(model_folder / "model.json")
    write_checked(model_folder / "model.json", record | {"framing": 0.9})
    return model_folder


@pytest.fixture
def seeing(model: Path) -> featurenerf.Field:
    return featurenerf.load_field(model, device="cpu")


@dataclass(frozen=True)
class TruePlaces:
    """The oracle: where a framed pixel lies in the rendered view that all photos show."""

    seen: SpairPhotos
    name: str = "true places"
    asked: list[ObjectKey] = field(default_factory=list)

    def at_pixels(self, key: ObjectKey, _seen: int, _view: int, pixels: Int64[np.ndarray, "n 2"]) -> Tensor:
        place = PLACES[key.id]
        frame = self.seen(key).frame
        in_photo = (pixels[:, ::-1] + 0.5 - frame.shift) / frame.scale
        rendered = (in_photo - place.moved) / place.times / 128
        return torch.from_numpy(np.concatenate([rendered, np.full((len(pixels), 1), FAR)], axis=1))

    def at_points(self, _key: ObjectKey, _view: int, points: Float32[np.ndarray, "n 3"]) -> Tensor:
        raise NotImplementedError


def spair_photos(seeing: featurenerf.Field, root: Path, pairs: list[PhotoPair], cut_out: str = "segmentation"):
    annotated = {photo.name: photo for pair in pairs for photo in (pair.source, pair.target)}
    return SpairPhotos(seeing, SpairFolder(root), annotated, FRONT, cut_out)


def oracle_results(seeing: featurenerf.Field, root: Path) -> PhotoResults:
    pairs, unread = read_pairs(SpairFolder(root), PhotoPairs("chair"))
    assert not unread
    return transfer_photos("test", pairs, (seen := spair_photos(seeing, root, pairs)), [TruePlaces(seen)])


def test_true_places_are_found_within_a_pixel_through_the_whole_mapping(seeing, root: Path) -> None:
    found = oracle_results(seeing, root)
    assert len(found.results) == 3 and not found.skipped
    for result in found.results:
        assert len(result.results[0].distances) >= 8
        # Half a pixel's diagonal for the candidate, as much for the query, and the keypoint's rounding in the photo.
        assert max(result.results[0].distances) < 1.5
    for metric in ("box", "image"):
        assert all(result.measured(metric)[0].pck == (1.0, 1.0, 1.0) for result in found.results)


def test_a_photo_is_framed_as_training_views_are(seeing, root: Path) -> None:
    pairs, _ = read_pairs(SpairFolder(root), PhotoPairs("chair"))
    seen = spair_photos(seeing, root, pairs)(ObjectKey("chair", "2008_000002"))
    rows, columns = np.nonzero(seen.foreground)
    assert abs(max(np.ptp(rows), np.ptp(columns)) + 1 - 0.9 * 32) <= 1.5
    # The annotated box is the object's: its corners land on the box of the framed object.
    left, top, right, bottom = pairs[0].target.box
    corners = seen.frame.to_framed(np.array([[left - 1, top - 1], [right, bottom]], dtype=np.float64))
    expected = [[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]]
    assert np.abs(corners - expected).max() <= 1


def test_the_fields_matches_are_those_of_the_python_face(seeing, root: Path) -> None:
    """The same pair by `see` and `match`, by hand."""
    pairs, _ = read_pairs(SpairFolder(root), PhotoPairs("chair"))
    folder, pair = SpairFolder(root), pairs[0]
    seen, rgba, frames = [], [], []
    for photo in (pair.source, pair.target):
        prepared = featurenerf.prepare_photo(folder.read_photo("chair", photo), folder.read_mask("chair", photo))
        seen.append(seeing.see(prepared, FRONT.azimuth, FRONT.elevation))
        rgba.append(featurenerf.frame_photo(prepared, 32, 0.9))
        # 0.9 of 32 pixels: 28 in the middle.
        scale = 28 / len(prepared.rgba)
        frames.append((scale, 2 - scale * np.array(prepared.corner)))
    uv = [
        frame[0] * photo.keypoints + frame[1] for frame, photo in zip(frames, (pair.source, pair.target), strict=True)
    ]
    queries = np.floor(uv[0][:, ::-1]).astype(int)
    inside = rgba[0][tuple(queries.T)][:, 3] >= 128  # those on the silhouette are moved to a neighbour
    candidates = np.argwhere(rgba[1][..., 3] >= 128)
    matches = featurenerf.match(*seen, pixels=queries[inside], candidates=candidates)
    expected = np.linalg.norm(matches.places[:, ::-1] + 0.5 - uv[1][inside], axis=1)
    from eval.descriptors.descriptors import FieldDescriptor
    from eval.descriptors.field_answers import FieldAnswers

    photos = spair_photos(seeing, root, pairs)
    answers = FieldAnswers(seeing.renderer, lambda key, _view: photos(key).posed)
    found = transfer_photos("test", [pair], photos, [FieldDescriptor("internal", answers)])
    assert inside.sum() >= 4
    np.testing.assert_allclose(np.array(found.results[0].results[0].distances)[inside], expected, atol=1e-4)


def test_each_photo_is_read_once_and_bad_ones_are_skipped_with_the_reason(
    seeing, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "JPEGImages/chair/2008_000003.jpg").unlink()
    (root / "Segmentation/chair/2008_000002.png").unlink()
    listed = root / "Layout/large/test.txt"
    listed.write_text(f"{listed.read_text()}000004-../x:chair\n000005-a-b:chair\n")
    read: list[str] = []
    whole = SpairFolder.read_photo
    monkeypatch.setattr(
        SpairFolder,
        "read_photo",
        lambda self, category, photo: (read.append(photo.name), whole(self, category, photo))[1],
    )
    found = evaluate_photos(seeing, SpairFolder(root), PhotoPairs("chair"), FRONT)
    assert sorted(read) == sorted(PLACES)
    assert (found.pairs, found.photos, found.boxed) == (1, 3, ("2008_000002",))
    reasons = sorted((stem[:6], reason.rpartition(": ")[2]) for stem, reason in found.skipped.items())
    assert [number for number, _ in reasons] == ["000002", "000003", "000004", "000005"]
    assert reasons[0][1] == reasons[3][1] == "is missing"
    names = [row.descriptor for row in found.tables[0].rows]
    assert names == ["internal", "distilled", "position", "chance"]


def test_the_control_of_the_box_solves_the_same_view(seeing, root: Path) -> None:
    # All photos show one view: the relative place in the box is the truth. Chance is far below.
    found = evaluate_photos(seeing, SpairFolder(root), PhotoPairs("chair"), FRONT)
    table = next(table for table in found.tables if table.metric == "box")
    means = {row.descriptor: row.pck[1].mean for row in table.rows if row.pck is not None}
    assert means["position"] == 1.0
    assert means["chance"] < 0.3


def test_a_teachers_map_is_a_baseline_and_asked_once_for_each_photo(seeing, root: Path) -> None:
    asked: list[str] = []

    def map_of(seen: SeenPhoto, name: str) -> Float32[np.ndarray, "r c channels"]:
        asked.append(name)
        rows, columns = np.mgrid[0:8, 0:8].astype(np.float32)
        return np.stack([rows, columns, np.ones_like(rows)], axis=-1) * seen.foreground[::4, ::4, None]

    maps = {"lite0": map_of}
    found = evaluate_photos(seeing, SpairFolder(root), PhotoPairs("chair"), FRONT, teacher_maps=maps)
    assert sorted(asked) == [f"chair/{name}" for name in PLACES]
    assert "lite0 map" in [row.descriptor for row in found.tables[0].rows]


def test_pairs_are_limited_at_even_distances(root: Path) -> None:
    pairs, _ = read_pairs(SpairFolder(root), PhotoPairs("chair", limit=2))
    assert [pair.stem[:6] for pair in pairs] == ["000001", "000003"]


def test_nothing_that_can_be_measured_is_a_sentence(seeing, root: Path) -> None:
    for path in (root / "JPEGImages/chair").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(
        UserError, match=r"no pair of chair could be measured; 000001-.*cannot be decoded: it is no PNG, JPEG or WebP"
    ):
        evaluate_photos(seeing, SpairFolder(root), PhotoPairs("chair"), FRONT)


def evaluated(root: Path, model: Path, *more: str) -> Result:
    usual = {"--field": str(model), "--category": "chair", "--device": "cpu"}
    words = ["evaluate-photos", str(root), *more, *(w for k, v in usual.items() if k not in more for w in (k, v))]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_the_command_writes_results_that_the_report_takes_up(
    root: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where models/ball lies
    name = "chair-lite0-whole"
    Path("models/ball").rename(Path("models") / name)
    Path("others.csv").write_text("method,category,metric,threshold,value,source\nM,chair,box,0.1,30.5,A Paper\n")
    result = evaluated(root, Path("models") / name, "--other-methods", "others.csv")
    assert result.exit_code == 0, result.output
    assert "3 pairs of 3 photos" in result.output
    assert "Camera: estimated for each photo" in result.output
    for row in ("internal", "distilled", "position", "chance", "M"):
        assert any(line.startswith(f"{row} ") for line in result.output.splitlines()), row
    ((path, statistics),) = read_photo_statistics(name)
    assert path == PHOTOS / f"{name}.chair-test.json"
    assert statistics.model == load_model(Path("models") / name, torch.device("cpu")).digest
    field_name = FieldName.parse(name)
    assert field_name is not None
    write_run_record(name, Path("run"), "0c1d")
    run = read_run_record(name)
    assert photo_results([field_name], [run]) == (((field_name.title, statistics),), ())
    # A model that was trained again since: its results are told as such.
    current, gaps = photo_results([field_name], [replace(run, model={})])
    assert current == ()
    assert "is of another model" in gaps[0]


def test_the_report_of_a_walked_project_shows_its_field_on_photos(
    project: Path, known: KnownObject, tmp_path: Path
) -> None:
    settings = load_settings()
    category, (teacher, *_) = next(name for name in settings.categories if name in OUR_NAMES), settings.teachers
    made = [photo_of(known, name) for name in PLACES]  # chairs will do
    pairs = [pair_of(made[0], made[1], OUR_NAMES[category])]
    root = write_spair(tmp_path / "walked-SPair-71k", OUR_NAMES[category], made, pairs)
    name = f"{category}-{teacher}-whole"
    words = ["--category", category, "--teacher", teacher, "--azimuth", "180", "--elevation", "20"]
    for command in (["evaluate-photos", str(root), "--field", f"models/{name}", *words], ["report"]):
        result = CliRunner().invoke(main, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
    report = (project / "report/report.html").read_text()
    assert report.count("<h3>Real photographs</h3>") == 1
    assert f"SPair-71k, {OUR_NAMES[category]}, test" in report
    (_, statistics), *_ = read_photo_statistics(name)
    names = [row.descriptor for row in statistics.tables[0].rows]
    assert names == ["internal", "distilled", f"{teacher} map", "position", "chance"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--azimuth", "3"], "one of azimuth and elevation is missing"),
        (["--category", "table"], "SPair-71k has no category 'table'"),
        (["--category", "bus"], "lists no pair of the category 'bus'"),
        (["--field", "gone"], "gone is no folder"),
        (["--other-methods", "gone.csv"], "gone.csv is missing"),
        (["--split", "val"], "Layout/large/val.txt is missing"),
    ],
)
def test_a_mistake_is_a_sentence(root: Path, model: Path, words: list[str], message: str) -> None:
    result = evaluated(root, model, *words)
    assert result.exit_code == 2
    assert message in result.output


def test_a_model_without_framing_is_a_sentence(root: Path, model: Path) -> None:
    record = read_checked(model / "model.json")
    write_checked(model / "model.json", record | {"framing": None})
    result = evaluated(root, model)
    assert result.exit_code == 2
    assert "does not record how large objects are" in result.output


@pytest.mark.parametrize(
    ("split", "stem"),
    [
        ("test", "000001-2008_002719-2008_004100:aeroplane"),
        ("val", "001952-2008_000959-2008_006986:car"),
        ("val", "003801-2008_001168-2010_005359:motorbike"),
    ],
)
def test_the_real_pairs_are_scored(samples: Path, seeing, tmp_path: Path, split, stem: str) -> None:
    """The published annotations over made-up pictures of the right size: the keypoint itself is found."""
    category = stem.rpartition(":")[2]
    pair = SpairFolder(samples / "spair71k").read_pair(category, split, stem)
    made = [
        MadePhoto(photo.name, np.full((photo.size[1], photo.size[0], 3), 90, np.uint8), None, photo.box, {})
        for photo in (pair.source, pair.target)
    ]
    root = write_spair(tmp_path / "made", category, made, [])
    photos = spair_photos(seeing, root, [pair], "box")

    class Labelled:
        """An oracle: a source pixel is described by the true place of the keypoint that is nearest to it."""

        name = "labelled"

        def at_pixels(self, key: ObjectKey, _seen: int, _view: int, pixels: Int64[np.ndarray, "n 2"]) -> Tensor:
            here = pixels[:, ::-1] + 0.5
            if key.id == pair.source.name:
                own = photos(key).frame.to_framed(pair.source.keypoints)
                nearest = np.linalg.norm(here[:, None] - own, axis=2).argmin(axis=1)
                there = photos(ObjectKey(category, pair.target.name)).frame.to_framed(pair.target.keypoints)
                here = there[nearest]
            return torch.from_numpy(np.concatenate([here / 32, np.full((len(here), 1), FAR)], axis=1))

        def at_points(self, *_: object) -> Tensor:
            raise NotImplementedError

    found = transfer_photos("test", [pair], photos, [Labelled()])
    (result,) = found.results
    assert result.viewpoint == pair.viewpoint
    assert result.measured("box")[0].pck == (1.0, 1.0, 1.0)
    assert len(result.results[0].distances) == len(pair.ids)
