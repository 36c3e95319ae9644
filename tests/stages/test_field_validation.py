"""Validation during training: its numbers, its picture, and that the run does not notice it."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import map_coordinates

from eval.distillation_probe import ProbedObjects
from eval.pictures.canvas import as_bytes, checker
from eval.pictures.depth_colours import depth_picture
from eval.pictures.feature_colours import colours, feature_picture, fit_colours
from eval.synthesis.image_metrics import ImageMetrics, ssim
from eval.validation.field_validation import FieldValidation, validation_views, view_pairs
from eval.validation.validation_picture import ValidationRow, ValidationView, taught_colours, validation_picture
from pipeline.artifacts.project import Project
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.settings import Camera, Evaluate, Settings, load_settings
from pipeline.datasets.records import ObjectKey
from pipeline.stages.train import rays_beside_objects
from render.over_black import over_black
from train.network.model import FeatureField, new_model
from train.rendering.rendered_rays import RenderedRays
from train.trained_field import TrainedField

CAMERA = Camera(views=4, size=32, angle_x=0.8575560450553894, radius=1.3, near=0.8, far=1.8, seed=0)
STEP = 200
# Where tiles of 256 pixels stand in the picture: two margins of 10 pixels, two lines of words of 22.
LEFT, TOP, APART = 20, 64, 256 + 10
EVERY = 256 // 32


@dataclass(frozen=True)
class Made:
    """The walked project. Its two test objects are validated on here."""

    settings: Settings
    stored: StoredViews
    keys: list[ObjectKey]

    def validation(self, folder: Path, **train: object) -> FieldValidation:
        changed, settings = self.settings.train.model_copy(update=train), self.settings
        views = validation_views(changed, self.stored, self.keys)
        return FieldValidation(changed, settings.camera, settings.evaluate.rays_per_batch, views, folder)


@pytest.fixture(scope="module")
def made(walked: Path) -> Made:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(walked)
        settings = load_settings(overrides=(f"storage.root={walked / 'stores'}",))
        stored = Project(settings).stored_views("plane", "daisy")
    return Made(settings, stored, stored.keys("test"))


@pytest.fixture
def model(made: Made) -> FeatureField:
    """Random weights, dense enough that something is seen."""
    model = new_model(made.settings.train, 384)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.network.parameters():
            parameter.normal_(std=0.3, generator=generator)
        model.network.density.bias.fill_(1.0)
    return model


def rendered(validation: FieldValidation, model: FeatureField, view: ValidationView) -> dict[str, np.ndarray]:
    """What the field renders of a view, asked for in another way: all rays at once, from 8-bit RGBA."""
    modes = {module: module.training for module in model.modules()}
    field = TrainedField(model.eval(), validation.train, validation.camera)
    rows, columns = np.divmod(np.arange(32 * 32), 32)
    seen = (view.source, view.source_pose, view.source_intrinsics)
    source = field.encode(*(torch.from_numpy(array)[None] for array in seen))
    pixels = torch.from_numpy(np.stack([rows, columns], axis=1))
    asked = torch.from_numpy(view.target_pose), torch.from_numpy(view.target_intrinsics)
    answer = field.render_pixels(source, *asked, pixels, 32 * 32)
    for module, mode in modes.items():
        module.training = mode
    return {name: getattr(answer, name).reshape(32, 32, -1).numpy() for name in ("rgb", "depth", "feature")}


def tile(picture: Path, row: int, column: int) -> np.ndarray:
    """A tile of the picture at the size of its view."""
    top, left = TOP + row * (256 + 22 + 10), LEFT + column * APART
    whole = np.asarray(Image.open(picture))[top : top + 256, left : left + 256]
    small = whole[::EVERY, ::EVERY]
    assert np.array_equal(np.repeat(np.repeat(small, EVERY, axis=0), EVERY, axis=1), whole)
    return small


def test_numbers_and_tiles_are_those_of_the_rendered_images_over_black(
    made: Made, model: FeatureField, tmp_path: Path
) -> None:
    validation = made.validation(tmp_path, validation_views=3)
    values, path = validation(STEP, model), validation.picture_path(STEP)
    images = [(rendered(validation, model, v)["rgb"], over_black(v.target)) for v in validation.views]
    psnr = [-10 * math.log10(float(((image - truth) ** 2).mean())) for image, truth in images]
    mean_ssim = sum(ssim(image, truth) for image, truth in images) / 3
    assert values == pytest.approx({"validation_psnr": sum(psnr) / 3, "validation_ssim": mean_ssim}, rel=1e-5)
    assert max(psnr) - min(psnr) > 0.01  # a mean of three numbers that differ
    with Image.open(path) as picture:
        # six tiles and seven margins wide, three rows with words high; around it a margin, and a line of words on top
        assert picture.size == (6 * 256 + 7 * 10 + 20, 3 * (256 + 22) + 4 * 10 + 20 + 22)
    for row, (view, (image, truth)) in enumerate(zip(validation.views, images, strict=True)):
        assert np.array_equal(tile(path, row, 0), as_bytes(over_black(view.source)))
        assert np.array_equal(tile(path, row, 1), as_bytes(truth))
        shown = tile(path, row, 2).astype(int)
        assert np.abs(shown - as_bytes(image)).max() <= 1  # rays in other batches
        assert shown.std() > 1


def test_the_feature_is_measured_on_unseen_objects_and_on_held_out_views(
    made: Made, model: FeatureField, tmp_path: Path
) -> None:
    training = made.stored.keys("train")[:1]
    probe = ProbedObjects(made.stored, training, made.keys, held_out_views=1).validation_probe()
    plain = made.validation(tmp_path)
    values = replace(plain, probe=probe)(STEP, model)
    assert {name: values.pop(name) for name in plain(STEP, model)} == plain(STEP, model)
    assert values.keys() == {
        f"{where}_feature_{score}" for where in ("validation", "heldout") for score in ("r2", "cosine")
    }
    # One training object, its view 2 rendered from view 0, at whole pixels: near enough for a smooth field.
    (seen,) = probe.objects["held-out-views"]
    assert (seen.key, seen.source_view, [target.view for target in seen.targets]) == (training[0], 0, [2])
    names = ("rgba", "pose", "intrinsics", "feature")
    *views, feature = (getattr(made.stored, name)(training[0]) for name in names)
    field = TrainedField(model.eval(), plain.train, plain.camera)
    source = field.encode(*(torch.from_numpy(array[:1]) for array in views))
    camera = [torch.from_numpy(array[2]) for array in views[1:]]
    cells = np.argwhere(feature[2].any(axis=-1))
    corners = [torch.from_numpy(4 * cells + 1 + np.array(step)) for step in ((0, 0), (0, 1), (1, 0), (1, 1))]
    around = [field.render_pixels(source, *camera, corner, 512).feature.numpy() for corner in corners]
    f, t = np.mean(around, axis=0, dtype=np.float64), feature[2][tuple(cells.T)].astype(np.float64)
    r2 = 1 - ((f - t) ** 2).sum() / ((t - t.mean(axis=0)) ** 2).sum()
    assert values["heldout_feature_r2"] == pytest.approx(r2, rel=0.1)

    # Without views only the feature is measured.
    alone = ProbedObjects(made.stored, training, [], held_out_views=1).validation_probe()
    values = replace(made.validation(tmp_path / "none"), views=(), probe=alone)(STEP, model)
    assert values.keys() == {"heldout_feature_r2", "heldout_feature_cosine"}
    assert not (tmp_path / "none" / "pictures").exists()


def test_views_are_those_of_the_stores_and_come_from_the_objects_in_turn(made: Made, tmp_path: Path) -> None:
    views, stored = made.validation(tmp_path, validation_views=3).views, made.stored
    first, second = made.keys
    assert [view.key for view in views] == [first, first, second]
    for view in views:
        assert view.source_view != view.target_view
        for end, number in (("source", view.source_view), ("target", view.target_view)):
            assert np.array_equal(getattr(view, end), stored.rgba(view.key)[number])
            assert np.array_equal(getattr(view, f"{end}_pose"), stored.pose(view.key)[number])
            assert np.array_equal(getattr(view, f"{end}_intrinsics"), stored.intrinsics(view.key)[number])
        assert view.taught is not None
        expected = taught_colours(stored.feature(view.key)[view.target_view], view.target)
        assert np.array_equal(view.taught.picture, expected.picture)
    assert [view.key for view in made.validation(tmp_path, validation_views=1).views] == [first]


@given(seed=st.integers(0, 99), views=st.integers(2, 9), count=st.integers(1, 20))
def test_pairs_are_of_two_views_and_repeat_only_when_all_were_had(seed: int, views: int, count: int) -> None:
    key = ObjectKey("02691156", "an object")
    pairs = view_pairs(seed, key, views, count)
    assert all(0 <= source < views and 0 <= target < views and source != target for source, target in pairs)
    assert len(set(pairs)) == min(count, views * (views - 1))
    assert pairs == view_pairs(seed, key, views, count)
    assert pairs[: count // 2] == view_pairs(seed, key, views, count // 2)


def test_seed_and_name_decide_and_a_single_view_is_rendered_from_itself() -> None:
    key = ObjectKey("02691156", "a")
    others = [(1, key), (0, ObjectKey("02691156", "b")), (0, ObjectKey("03001627", "a"))]
    assert all(view_pairs(seed, other, 50, 8) != view_pairs(0, key, 50, 8) for seed, other in others)
    assert view_pairs(0, key, 1, 2) == [(0, 0), (0, 0)]


def test_the_run_does_not_notice_it(made: Made, model: FeatureField, tmp_path: Path) -> None:
    model.train()
    model.network.eval()  # modes that differ among the modules
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    modes = [module.training for module in model.modules()]
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert any("running_mean" in name for name in before)
    generator, others = torch.get_rng_state(), str(np.random.get_state())  # noqa: NPY002
    validation = made.validation(tmp_path)
    validation(STEP, model)
    assert [module.training for module in model.modules()] == modes
    assert len(set(modes)) == 2
    after = model.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert all(parameter.requires_grad and bool((parameter.grad == 1).all()) for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), generator)
    assert str(np.random.get_state()) == others  # noqa: NPY002
    assert torch.is_grad_enabled()


def test_the_same_model_has_the_same_numbers_and_picture_and_an_error_leaves_none(
    made: Made, model: FeatureField, tmp_path: Path
) -> None:
    validation = made.validation(tmp_path)
    model.train()
    first = validation(STEP, model)
    path = tmp_path / "pictures" / "step-00000200.png"
    assert validation.picture_path(STEP) == path
    picture = path.read_bytes()
    path.write_bytes(b"of a run that was killed")
    model.eval()
    torch.rand(1)
    assert validation(STEP, model) == first
    assert made.validation(tmp_path)(400, model) == first
    assert path.read_bytes() == picture
    model.train()
    model.network.feature.weight.data = torch.zeros(3, 3)
    with pytest.raises(RuntimeError):
        validation(600, model)
    assert all(module.training for module in model.modules())
    assert sorted(file.name for file in path.parent.iterdir()) == ["step-00000200.png", "step-00000400.png"]


def test_without_a_feature_loss_there_is_no_feature_to_show(made: Made, model: FeatureField, tmp_path: Path) -> None:
    validation = made.validation(tmp_path, feature_weight=0.0)
    assert [view.taught for view in validation.views] == [None]
    assert validation(STEP, model) == made.validation(tmp_path / "with")(STEP, model)
    with Image.open(validation.picture_path(STEP)) as picture:
        assert picture.size == (4 * 256 + 5 * 10 + 20, 256 + 22 + 2 * 10 + 20 + 22)


@pytest.mark.parametrize(("rays", "beside_objects"), [(512, 512), (16384, 4096)])
def test_training_leaves_memory_to_its_objects(rays: int, beside_objects: int) -> None:
    assert rays_beside_objects(Evaluate(rays_per_batch=rays)) == beside_objects


def test_nearer_is_lighter_on_one_scale_and_what_is_transparent_is_the_checker() -> None:
    depth = np.linspace(CAMERA.near, CAMERA.far, 32, dtype=np.float32)[None].repeat(32, axis=0)
    solid = np.ones((32, 32), np.float32)
    picture = depth_picture(depth, solid, CAMERA)
    assert (np.diff(picture @ np.array([0.2126, 0.7152, 0.0722]), axis=1) < 0).all()
    assert (picture[0, 0].tolist(), picture[0, -1].tolist()) == ([253, 231, 37], [68, 1, 84])
    # beyond the scale is its end; half transparent, the same surface composites to half its depth
    assert np.array_equal(depth_picture(depth * 9, solid, CAMERA)[:, 1:], np.full((32, 31, 3), (68, 1, 84)))
    half = depth_picture(depth / 2, solid / 2, CAMERA)
    assert np.abs(half.astype(float) - (picture / 2 + checker(32, 32) / 2)).max() < 1.5
    assert np.array_equal(depth_picture(depth * 0, solid * 0, CAMERA), checker(32, 32))


def maps(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A teacher's map with a background, its bilinear samples at the pixels' centres, and a solid target."""
    taught = rng.normal(size=(8, 8, 5)).astype(np.float16)
    taught[:, 5:] = 0
    centres = (np.arange(32) + 0.5 - 2) / 4  # in cells, whose centres lie at pixel 4 r + 2
    grid = np.stack(np.meshgrid(centres, centres, indexing="ij"))
    exact = [map_coordinates(channel, grid, order=1, mode="nearest") for channel in taught.astype(np.float64).T]
    target = np.full((32, 32, 4), 255, np.uint8)
    return taught, np.stack(exact).T.astype(np.float32), target


def test_equal_features_have_equal_colours_in_the_basis_of_the_teachers_foreground() -> None:
    taught, exact, target = maps(np.random.default_rng(0))
    solid = np.ones((32, 32), np.float32)
    wanted = taught_colours(taught, target)
    shown = feature_picture(wanted.basis, exact, solid)
    assert np.abs(wanted.picture.astype(int) - shown).max() <= 1
    basis = fit_colours([taught[:, :5].reshape(-1, 5)])
    assert np.array_equal(shown, colours(basis, exact.reshape(-1, 5)).reshape(32, 32, 3))
    assert not np.array_equal(feature_picture(wanted.basis, 5 - 3 * exact, solid), shown)


def test_transparency_is_the_checker_not_another_feature() -> None:
    taught, exact, target = maps(np.random.default_rng(1))
    target[:, 16:, 3] = 0
    opacity = np.ones((32, 32), np.float32)
    wanted = taught_colours(taught, target)
    solid = feature_picture(wanted.basis, exact, opacity)
    opacity[:16] = 0.5
    opacity[16:] = 0
    shown = feature_picture(wanted.basis, exact * opacity[..., None], opacity)
    assert np.array_equal(wanted.picture[:, 16:], checker(32, 32)[:, 16:])
    assert not np.array_equal(wanted.picture[:, :16], checker(32, 32)[:, :16])
    assert np.array_equal(shown[16:], checker(32, 32)[16:])
    assert np.abs(shown[:16].astype(float) - (solid / 2 + checker(32, 32) / 2)[:16]).max() < 1.5


def test_a_view_without_foreground_has_a_picture_as_well() -> None:
    unseen, camera = np.zeros((32, 32, 4), np.uint8), (np.eye(4, dtype=np.float32), np.ones(4, np.float32))
    taught = taught_colours(np.zeros((8, 8, 5), np.float16), unseen)
    view = ValidationView(ObjectKey("03001627", "empty"), 0, 1, unseen, unseen, *camera, *camera, taught)
    colour, nothing, feature = torch.zeros(32, 32, 3), torch.zeros(32, 32), torch.zeros(32, 32, 5)
    render = RenderedRays(colour, nothing, nothing, feature, feature, colour)
    row = ValidationRow(view, render, ImageMetrics(math.inf, 1.0))
    picture = np.asarray(validation_picture(0, row.metrics, [row], CAMERA))
    for column in (3, 4, 5):
        left = LEFT + column * APART
        assert np.array_equal(picture[TOP : TOP + 256 : EVERY, left : left + 256 : EVERY], checker(32, 32))
