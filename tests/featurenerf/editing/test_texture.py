from dataclasses import replace

import numpy as np
import pytest
import torch

import featurenerf
from featurenerf import LabelledObject, PartPoints, UserError
from featurenerf.editing import labelled_object
from featurenerf.editing.paint import Paint
from featurenerf.editing.painted_object import PaintedObject
from featurenerf.editing.texture import matched_colours
from featurenerf.exports.surface_mesh import surface_mesh

CELLS = 8
EVERYWHERE = 9.0  # world units: farther than any sample from any point


@pytest.fixture(autouse=True)
def coarse_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    """A surface of a few hundred points."""
    monkeypatch.setattr(labelled_object, "CELLS", CELLS)


def scattered(seed: int, count: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, (count, 3)).astype(np.float32)


def halves(seen: featurenerf.SeenObject, seed: int) -> LabelledObject:
    """Points whose part is 1 at the left and 2 at the right of the object's image."""
    points = scattered(seed)
    return LabelledObject(seen, PartPoints(points, np.where(points @ seen.pose[:3, 0] < 0, 1, 2).astype(np.uint8)))


def test_colours_are_those_of_the_most_similar_points(first, second) -> None:
    here, there = scattered(0), scattered(1)
    source, target = first.at(here), second.at(there)
    units = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (target.internal.astype(float), source.internal)]
    expected = source.rgb[(units[0] @ units[1].T).argmax(axis=1)]
    np.testing.assert_allclose(matched_colours(first, here, second, there), expected, atol=1e-6)
    np.testing.assert_allclose(matched_colours(first, here, first, here), source.rgb, atol=1e-6)


def test_only_the_part_is_given_colours(first, second) -> None:
    source, target = halves(first, 0), halves(second, 1)
    swapped = featurenerf.swap_texture(source, target, 2)
    part = target.parts.label == 2
    assert 0 < part.sum() < len(part)
    expected = matched_colours(first, source.parts.of_part(2), second, target.parts.of_part(2))
    assert np.array_equal(swapped.paint.colour[part], expected)
    assert not swapped.paint.colour[~part].any()
    assert swapped.seen is second


def painted(seen: featurenerf.SeenObject, part: int, distance: float, blend="ray") -> PaintedObject:
    """An object whose half `part` is painted in one colour."""
    parts = halves(seen, 3).parts
    colour = np.broadcast_to(np.float32([0.25, 0.5, 1]), (len(parts.points), 3))
    return PaintedObject(seen, Paint(parts, part, colour, distance), blend)


@pytest.mark.parametrize("blend", ["ray", "sample"])
def test_paint_on_everything_leaves_its_colour_times_the_opacity(first: featurenerf.SeenObject, blend) -> None:
    whole = painted(first, 1, EVERYWHERE, blend)
    parts = replace(whole.paint.parts, label=np.ones_like(whole.paint.parts.label))
    view = replace(whole, paint=replace(whole.paint, parts=parts)).render()
    expected = view.opacity[..., None] * [0.25, 0.5, 1]
    np.testing.assert_allclose(view.rgb, expected, atol=1e-5)
    assert view.opacity.max() > 0.5


@pytest.mark.parametrize("blend", ["ray", "sample"])
def test_paint_that_reaches_nothing_changes_nothing(first: featurenerf.SeenObject, blend) -> None:
    before, after = painted(first, 1, 1e-9, blend).before_and_after(first.pose, first.intrinsics)
    np.testing.assert_array_equal(before.rgb, after.rgb)


def test_without_paint_a_view_is_the_fields_own(first: featurenerf.SeenObject, balls) -> None:
    pose = balls[1][0, 1]
    before, after = painted(first, 2, 0.1).before_and_after(pose, first.intrinsics)
    plain = first.render(pose)
    for name in ("rgb", "depth", "opacity", "feature", "internal"):
        np.testing.assert_allclose(getattr(before, name), getattr(plain, name), rtol=1e-4, atol=1e-5)
        if name != "rgb":
            assert getattr(after, name) is getattr(before, name)
    assert np.abs(after.rgb - before.rgb).max() > 0.05


def test_both_halves_together_paint_what_the_whole_paints(first: featurenerf.SeenObject) -> None:
    """Each sample lies in one half or in the other: the changes add up."""
    changes = []
    for part in (1, 2):
        before, after = painted(first, part, EVERYWHERE, "sample").before_and_after(first.pose, first.intrinsics)
        changes.append(after.rgb - before.rgb)
    np.testing.assert_allclose(
        before.rgb + changes[0] + changes[1], before.opacity[..., None] * [0.25, 0.5, 1], atol=1e-5
    )
    assert all(np.abs(change).max() > 0.05 for change in changes)


def test_with_rays_each_pixel_changes_in_one_half_only(first: featurenerf.SeenObject) -> None:
    changed = []
    for part in (1, 2):
        before, after = painted(first, part, EVERYWHERE).before_and_after(first.pose, first.intrinsics)
        changed.append(np.abs(after.rgb - before.rgb).max(axis=2) > 1e-6)
    assert changed[0].any() and changed[1].any()
    assert not (changed[0] & changed[1]).any()


def test_own_labels_come_back_when_an_object_is_its_own_source(first: featurenerf.SeenObject) -> None:
    points = surface_mesh(first, CELLS).vertices
    known = LabelledObject(first, PartPoints(points, np.where(points[:, 1] < 0, 3, 5).astype(np.uint8)))
    moved = featurenerf.transfer_labels(known, first)
    assert np.array_equal(moved.parts.points, points)
    assert np.mean(moved.parts.label == known.parts.label) > 0.99  # two points may have one feature


def test_unlabelled_points_are_no_source_of_labels(first, second) -> None:
    known = halves(first, 0)
    some = replace(known.parts, label=np.where(np.arange(60) < 30, known.parts.label, 0).astype(np.uint8))
    labels = featurenerf.transfer_labels(LabelledObject(first, some), second).parts.label
    assert set(labels) <= {1, 2}


@pytest.mark.parametrize(
    ("part", "distance", "message"),
    [
        (3, 0.05, "the source has no point of part 3: its labels are 1, 2"),
        (1, 0.0, "distance must be a positive number"),
        (1, float("nan"), "distance must be a positive number"),
    ],
)
def test_a_swap_that_makes_no_sense_is_a_sentence(first, second, part: int, distance: float, message: str) -> None:
    with pytest.raises(UserError, match=message):
        featurenerf.swap_texture(halves(first, 0), halves(second, 1), part, distance=distance)


def test_two_fields_are_refused(first, second, model_folder) -> None:
    other = featurenerf.load_field(model_folder, device="cpu")
    stranger = other.see(second.image, pose=second.pose)
    for ask in (
        lambda: featurenerf.match(first, stranger, points=scattered(0)),
        lambda: featurenerf.swap_texture(halves(first, 0), halves(stranger, 1), 1),
        lambda: featurenerf.transfer_labels(halves(first, 0), stranger),
    ):
        with pytest.raises(UserError, match="seen by different fields"):
            ask()


def test_the_paint_has_no_weights_of_its_own(first: featurenerf.SeenObject) -> None:
    from featurenerf.editing.painted_network import PaintedNetwork

    network = first.renderer.field.model.network
    wrapped = PaintedNetwork(network, [painted(first, 1, 0.1).paint])
    assert {id(p) for p in wrapped.parameters()} == {id(p) for p in network.parameters()}
    assert isinstance(wrapped, torch.nn.Module)
