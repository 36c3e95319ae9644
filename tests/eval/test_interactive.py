"""What a reader of the report can touch: matched cells, surfaces, their files and the bytes in the page."""

import base64
from dataclasses import fields

import numpy as np
import pytest
import torch

from eval.descriptors.similarity import most_similar
from eval.interactive.field_surface import RAYS_ACROSS, SurfacePoints, box_grid
from eval.interactive.match_cells import PairMatches, cell_pixels, match_features
from eval.interactive.stored_arrays import MATCHES, SURFACES, read_matches, read_surfaces, write_matches, write_surfaces
from eval.pictures.glance_pictures import glance_pair
from eval.report.page_data import INT16, matches_data, surfaces_data
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import TransferResult
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError

FIELD = "chair-lite0-whole"


def unpacked(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)


def small_pair():
    draw = np.random.default_rng(3)
    source, target = (torch.from_numpy(draw.normal(size=(n, 5))) for n in (4, 3))
    image = np.zeros((8, 12, 3), np.uint8)
    cells = np.array([[0, 0], [0, 2], [1, 0], [1, 1]])
    matches = (np.stack([array, array]) for array in match_features(source, target))
    names, titles = np.array(["internal", "dino map"]), np.array(["a, view 1", "b, view 2"])
    return PairMatches(names, titles, image, image + 1, np.array(4), cells, cells[:3], *matches)


def surfaces(*clouds):
    xyz = np.concatenate([np.zeros((0, 3)), *clouds]).astype(np.float32)
    grey = np.full(xyz.shape, 7, np.uint8)
    titles = np.array([f"x{number}" for number in range(len(clouds))], None if clouds else "<U1")
    return SurfacePoints(titles, np.repeat(np.arange(len(clouds)), [*map(len, clouds)]), xyz, grey, grey + 1)


def test_a_cell_is_described_by_its_pixel_nearest_to_the_centre():
    foreground = np.zeros((8, 8), dtype=bool)
    foreground[0, 0] = foreground[1, 2] = foreground[2, 2] = True  # the centre of cell (0, 0) is (2, 2) in pixel edges
    foreground[7, 7] = True
    assert cell_pixels(foreground, 4).tolist() == [[1, 2], [7, 7]]
    whole = cell_pixels(np.ones((8, 8), dtype=bool), 4)
    assert (whole // 4).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_matches_by_hand_and_as_the_evaluator_matches():
    heat, match, cosine = match_features(
        torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[0.0, 1.0], [3.0, 0.0], [1.0, 1.0]])
    )
    assert (match.tolist(), cosine.tolist()) == ([1, 0], [1, 1])
    # Similarities 0, 1 and cos 45 degrees; 255 / sqrt 2 is 180.
    assert heat.tolist() == [[0, 255, 180], [255, 0, 180]]
    draw = np.random.default_rng(0)
    source, target = (torch.from_numpy(draw.normal(size=(n, 16))) for n in (40, 60))
    heat, match, _ = match_features(source, target)
    assert match.tolist() == most_similar(source, target).tolist()
    assert (heat[np.arange(40), match] == 255).all()
    heat, match, _ = match_features(torch.ones(2, 3), torch.ones(4, 3))
    assert (heat.max(), match.tolist()) == (0, [0, 0])


def test_files_give_back_what_was_written_and_equal_data_are_equal_bytes(tmp_path):
    pair, clouds = small_pair(), surfaces(np.random.default_rng(0).normal(size=(9, 3)), np.ones((2, 3)))
    for folder in (tmp_path / "a", tmp_path / "b"):
        write_matches(folder, pair)
        write_surfaces(folder, clouds)
    assert (tmp_path / "a" / MATCHES).read_bytes() == (tmp_path / "b" / MATCHES).read_bytes()
    for again, record in ((read_matches(tmp_path / "a", FIELD), pair), (read_surfaces(tmp_path / "a", FIELD), clouds)):
        for field in fields(record):
            np.testing.assert_array_equal(getattr(again, field.name), getattr(record, field.name))
    write_matches(tmp_path, None)
    write_surfaces(tmp_path, surfaces())
    assert read_matches(tmp_path, FIELD) is read_surfaces(tmp_path, FIELD) is None


@pytest.mark.parametrize(("name", "read"), [(MATCHES, read_matches), (SURFACES, read_surfaces)])
@pytest.mark.parametrize("damage", ["missing", "torn", "other arrays", "pickled"])
def test_a_damaged_file_says_which_command_makes_it(tmp_path, name, read, damage):
    path = tmp_path / name
    write_matches(tmp_path, small_pair())
    write_surfaces(tmp_path, surfaces(np.ones((2, 3))))
    if damage == "missing":
        path.unlink()
    elif damage == "torn":
        path.write_bytes(path.read_bytes()[:-40])
    else:
        np.savez(path, descriptors=np.array([{} if damage == "pickled" else "x"]), titles=np.array(["x"]))
    with pytest.raises(UserError, match=r"pipeline evaluate --category chair --teacher lite0"):
        read(tmp_path, FIELD)


def test_the_page_has_the_matches_as_bytes():
    pair = small_pair()
    data = matches_data(pair)
    assert (data["source"]["height"], data["source"]["width"], data["step"]) == (8, 12, 4)
    assert unpacked(data["source"]["cells"], np.uint8).reshape(-1, 2).tolist() == pair.source_cells.tolist()
    first = data["matches"][0]
    assert unpacked(first["heat"], np.uint8).reshape(4, 3).tolist() == pair.heat[0].tolist()
    assert unpacked(first["match"], "<u2").tolist() == pair.match[0].tolist()
    assert first["cosine"] == [round(float(value), 3) for value in pair.cosine[0]]


def test_surfaces_are_centred_and_share_a_scale():
    clouds = surfaces(*(np.array([[0, 0, 0], [2 * n, 0, 0]]) for n in (5.0, 1.0)))
    one, other = (unpacked(each["xyz"], "<i2").tolist() for each in surfaces_data(clouds)["surfaces"])
    assert one == [-INT16, 0, 0, INT16, 0, 0]
    assert other == [-round(INT16 / 5), 0, 0, round(INT16 / 5), 0, 0]


def test_rays_are_spread_over_the_box_of_the_object():
    foreground = np.zeros((20, 30), dtype=bool)
    foreground[3:10, 8] = foreground[5, 8:28] = True
    places = box_grid(foreground)
    assert places.shape == (RAYS_ACROSS**2, 2)
    assert (places.min(axis=0).tolist(), places.max(axis=0).tolist()) == ([3, 8], [9, 27])


def result(number, task="2d-other-camera", score=None):
    key = ObjectKey("s", f"x{number}")
    pck = None if score is None else (score,)
    return TransferResult(task, "internal", Pair(key, 0, key, 1), (), (), pck, (), None)


def test_the_first_pair_has_a_middling_score_and_another_camera():
    scored = [result(number, score=score) for number, score in enumerate((0.9, 0.1, 0.5, None))]
    same = [result(9, "2d-cross-instance", 0.4)]
    assert glance_pair([*same, *scored], "internal").source.id == "x2"
    assert glance_pair(same, "internal").source.id == "x9"
    assert glance_pair([result(4), result(5)], "internal").source.id == "x4"
    assert glance_pair([], "internal") is None
