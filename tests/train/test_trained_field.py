import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import train.network.field
import train.trained_field
from pipeline.config.settings import Camera, Train
from pipeline.errors import UserError
from render.over_black import over_black
from train.model_files import load_model, save_model
from train.network.model import new_model
from train.objects.host_objects import HostObjects
from train.rays import pixel_rays
from train.trained_field import TrainedField
from train.transfers import Arriving

CPU = torch.device("cpu")


@pytest.fixture
def field(settings: Train, camera: Camera) -> TrainedField:
    model = new_model(settings, 6)
    torch.manual_seed(0)
    for parameter in model.network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    torch.nn.init.constant_(model.network.density.bias, 1.0)
    return TrainedField(model.eval(), settings, camera)


def views_of(objects: HostObjects, which: int, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images, poses and intrinsics of an object's first views."""
    one = objects.object(which)
    return one.rgba[:count], one.pose[:count], one.intrinsics[:count]


def camera_of(objects: HostObjects, which: int, view: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pose and intrinsics of an object's view."""
    one = objects.object(which)
    return one.pose[view], one.intrinsics[view]


def pixels() -> torch.Tensor:
    return torch.stack(torch.meshgrid(torch.arange(9, 21), torch.arange(5, 15), indexing="ij"), dim=-1).reshape(-1, 2)


def test_a_saved_model_answers_as_before(field: TrainedField, objects: HostObjects, tmp_path: Path) -> None:
    save_model(tmp_path / "model", field.model, field.settings, field.camera)
    loaded = load_model(tmp_path / "model", CPU)
    assert (loaded.settings, loaded.camera) == (field.settings, field.camera)
    assert not loaded.model.training
    answers = [
        one.render_pixels(
            one.encode(*views_of(objects, 0, 2)),
            *camera_of(objects, 0, 2),
            pixels(),
            1000,
        )
        for one in (field, loaded)
    ]
    assert torch.equal(answers[0].rgb, answers[1].rgb)
    assert torch.equal(answers[0].internal, answers[1].internal)


def test_a_saved_model_does_not_need_its_first_encoder_weights(field: TrainedField, tmp_path: Path) -> None:
    settings = field.settings.model_copy(update={"encoder_weights": "gone.safetensors"})
    save_model(tmp_path, field.model, settings, field.camera)
    assert load_model(tmp_path, CPU).settings.encoder_weights == "gone.safetensors"


def test_answers_repeat_whatever_the_batch_and_change_nothing(field: TrainedField, objects: HostObjects) -> None:
    before = {name: tensor.clone() for name, tensor in field.model.state_dict().items()}
    source = field.encode(*views_of(objects, 0, 1))
    answers = [field.render_pixels(source, *camera_of(objects, 0, 1), pixels(), size) for size in (7, 1000)]
    for name in ("rgb", "depth", "weight_sum", "internal", "feature"):
        torch.testing.assert_close(getattr(answers[0], name), getattr(answers[1], name))
        assert not getattr(answers[0], name).requires_grad
    assert answers[0].rgb.shape == (120, 3)
    assert answers[0].depth.shape == answers[0].weight_sum.shape == (120,)
    assert answers[0].internal.shape == (120, field.settings.width)
    assert answers[0].feature.shape == (120, 6)
    assert all(torch.equal(tensor, before[name]) for name, tensor in field.model.state_dict().items())


def test_rgba_and_its_colour_over_black_are_the_same_source(field: TrainedField, objects: HostObjects) -> None:
    rgba = field.encode(*views_of(objects, 0, 2))
    rgb = field.encode(over_black(objects.object(0).rgba[:2]), *views_of(objects, 0, 2)[1:])
    assert torch.equal(rgba.features, rgb.features)


def test_a_solid_wall_renders_at_near_with_its_own_answer(field: TrainedField, objects: HostObjects) -> None:
    network = field.model.network
    with torch.no_grad():
        network.density.weight.zero_()
        network.density.bias.fill_(1e6)
        network.feature.weight.zero_()
        network.feature.bias.copy_(torch.arange(6.0))
    source = field.encode(*views_of(objects, 0, 1))
    answer = field.render_pixels(source, *camera_of(objects, 0, 1), pixels(), 50)
    torch.testing.assert_close(answer.weight_sum, torch.ones(120))
    # All coarse weight lies in the first of 8 bins; the first of its two quantiles is a quarter of the bin from near.
    near = 0.8 + 0.25 / 8
    torch.testing.assert_close(answer.depth, torch.full((120,), near), rtol=0, atol=2e-4)
    torch.testing.assert_close(answer.feature, torch.arange(6.0).expand(120, 6))


def test_empty_space_is_black(field: TrainedField, objects: HostObjects) -> None:
    with torch.no_grad():
        field.model.network.density.weight.zero_()
        field.model.network.density.bias.fill_(-1.0)
    source = field.encode(*views_of(objects, 0, 1))
    answer = field.render_pixels(source, *camera_of(objects, 0, 1), pixels(), 50)
    for name in ("rgb", "depth", "weight_sum", "internal", "feature"):
        assert not getattr(answer, name).any()


@pytest.mark.parametrize("name", ["model.safetensors", "model.json"])
def test_a_model_that_is_not_whole_is_a_sentence(field: TrainedField, tmp_path: Path, name: str) -> None:
    save_model(tmp_path, field.model, field.settings, field.camera)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="no whole model"):
        load_model(tmp_path, CPU)
    (tmp_path / name).unlink()
    with pytest.raises(UserError, match="no whole model"):
        load_model(tmp_path, CPU)


def test_the_record_is_enough_to_read_by_eye(field: TrainedField, tmp_path: Path) -> None:
    save_model(tmp_path, field.model, field.settings, field.camera)
    record = json.loads((tmp_path / "model.json").read_text())
    assert record["teacher_channels"] == 6
    assert record["train"]["width"] == 16
    assert record["camera"]["angle_x"] == field.camera.angle_x


def test_in_the_sources_own_camera_one_pixel_feature_serves_a_whole_ray(
    field: TrainedField, objects: HostObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    rgba, pose, intrinsics = views_of(objects, 0, 1)
    source = field.encode(rgba, pose, intrinsics)
    asked: list[int] = []
    read = train.network.field.pixel_features
    monkeypatch.setattr(
        "train.network.field.pixel_features",
        lambda source, points: (asked.append(points.shape[2]), read(source, points))[1],
    )
    own = field.render_pixels(source, pose[0], intrinsics[0], pixels(), 1000)
    assert asked == [len(pixels())] * 2
    # The same picture for a source that is given twice, whose average is itself: nothing is shared there.
    twice = field.encode(rgba.repeat(2, 1, 1, 1), pose.repeat(2, 1, 1), intrinsics.repeat(2, 1))
    plain = field.render_pixels(twice, pose[0], intrinsics[0], pixels(), 1000)
    assert asked[2:] == [8 * len(pixels()), 4 * len(pixels())]
    for name in ("rgb", "depth", "weight_sum", "internal", "feature"):
        torch.testing.assert_close(getattr(own, name), getattr(plain, name), rtol=1e-4, atol=1e-5)
    # From the same place through another lens the rays meet other pixels of the source.
    del asked[:]
    field.render_pixels(source, pose[0], 1.1 * intrinsics[0], pixels(), 1000)
    field.render_each([source], pose, 1.1 * intrinsics, [pixels()], [False], 1000)
    assert asked == 2 * [8 * len(pixels()), 4 * len(pixels())]


def test_objects_encoded_together_are_those_encoded_alone(field: TrainedField, objects: HostObjects) -> None:
    images = over_black(torch.cat([objects.object(index).rgba[:1] for index in range(3)]))
    poses, intrinsics = (
        torch.cat(of_views) for of_views in zip(*(views_of(objects, i, 1)[1:] for i in range(3)), strict=True)
    )
    for index, found in enumerate(field.encode_each(images, poses, intrinsics)):
        alone = field.encode(*(of_views[index : index + 1] for of_views in (images, poses, intrinsics)))
        torch.testing.assert_close(found.features, alone.features)
        assert torch.equal(found.poses, alone.poses)
        assert torch.equal(found.intrinsics, alone.intrinsics)


def test_a_point_on_a_pixels_ray_has_the_field_of_that_ray(field: TrainedField, objects: HostObjects) -> None:
    pose, intrinsics = camera_of(objects, 0, 1)
    source = field.encode(*views_of(objects, 0, 1))
    rays = pixel_rays(pixels(), pose.expand(len(pixels()), 4, 4), intrinsics)
    points = rays.points(torch.full((len(pixels()), 1), 1.2))
    expected = field.model.network.query(source, points[None], rays.direction[None])
    for size in (7, 1000):
        found = field.query_points(source, points[:, 0], pose, intrinsics, size)
        torch.testing.assert_close(found.internal, expected.internal[0, :, 0])
        torch.testing.assert_close(found.feature, field.model.network.feature(expected.activation[0, :, 0]))
        torch.testing.assert_close(found.coordinate, field.model.network.coordinate(expected.activation[0, :, 0]))
        torch.testing.assert_close(found.density, expected.density[0, :, 0])
        torch.testing.assert_close(found.rgb, expected.rgb[0, :, 0])


def test_a_point_outside_the_image_is_seen_by_the_nearest_pixel(field: TrainedField, objects: HostObjects) -> None:
    pose, intrinsics = camera_of(objects, 0, 0)
    source = field.encode(*views_of(objects, 0, 1))
    far_left = pose[:3, 3] - pose[:3, 2] - 5 * pose[:3, 0]
    corner = pixel_rays(torch.tensor([[16, 0]]), pose[None], intrinsics)
    expected = field.model.network.query(source, far_left[None, None, None], corner.direction[None])
    found = field.query_points(source, far_left[None], pose, intrinsics, 10)
    torch.testing.assert_close(found.internal, expected.internal[0, :, 0])


def test_requests_that_share_batches_are_answered_as_if_alone(
    field: TrainedField, objects: HostObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = [(0, 0), (1, 0), (2, 0), (0, 2), (1, 2), (2, 2)]  # object and camera: all are known from camera 0
    sources = [field.encode(*views_of(objects, key, 1)) for key, _ in views]
    cameras = [camera_of(objects, key, view) for key, view in views]
    poses, intrinsics = (torch.stack(of_cameras) for of_cameras in zip(*cameras, strict=True))
    asked = [pixels()[:count] for count in (120, 7, 9, 30, 1, 29)]
    alone = [
        field.render_pixels(source, *camera, some, 50)
        for source, camera, some in zip(sources, cameras, asked, strict=True)
    ]
    shapes: list[tuple[int, ...]] = []
    render_rays = train.trained_field.render_rays
    monkeypatch.setattr(
        "train.trained_field.render_rays",
        lambda network, source, rays, *more: (
            shapes.append(tuple(rays.direction.shape[:2])),
            render_rays(network, source, rays, *more),
        )[1],
    )
    together = field.render_each(sources, poses, intrinsics, asked, [True] * 3 + [False] * 3, 50)
    # From their own camera: 120 in pieces of 50, then 9 beside 7. From another: 30; 29 and 1 would be 58 with it.
    assert shapes == [(1, 50), (1, 50), (1, 20), (2, 9), (1, 30), (1, 29), (1, 1)]
    for found, expected, some in zip(together, alone, asked, strict=True):
        assert len(found.rgb) == len(some)
        for name in ("rgb", "depth", "weight_sum", "internal", "feature"):
            torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=1e-4, atol=1e-5)


def test_objects_with_two_source_views_are_rendered_together(field: TrainedField, objects: HostObjects) -> None:
    sources = [field.encode(*views_of(objects, index, 2)) for index in (0, 1)]
    cameras = [camera_of(objects, index, 0) for index in (0, 1)]  # that of the first source view
    asked = [pixels()[:30], pixels()[:20]]
    poses, intrinsics = (torch.stack(of_cameras) for of_cameras in zip(*cameras, strict=True))
    together = field.render_each(sources, poses, intrinsics, asked, [False, False], 50)
    for found, source, camera, some in zip(together, sources, cameras, asked, strict=True):
        expected = field.render_pixels(source, *camera, some, 50)
        for name in ("rgb", "depth", "weight_sum", "internal", "feature"):
            torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=1e-4, atol=1e-5)


class Unasked(TorchDispatchMode):
    """Fails where a program reads a value of a tensor: on a GPU it would wait for all that is queued."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        assert function.overloadpacket not in (torch.ops.aten._local_scalar_dense, torch.ops.aten.equal)
        assert function.overloadpacket is not torch.ops.aten.nonzero
        return function(*args, **(kwargs or {}))


def test_pixels_of_many_cameras_are_rendered_without_reading_any_value(
    field: TrainedField, objects: HostObjects
) -> None:
    sources = [field.encode(*views_of(objects, key, 1)) for key in (0, 1)]
    poses, intrinsics = (torch.stack(given) for given in zip(*(camera_of(objects, k, 0) for k in (0, 1)), strict=True))
    with Unasked():
        for own in ([True, True], [True, False]):
            field.render_each(sources, poses, intrinsics, [pixels(), pixels()[:7]], own, 1000)
        with pytest.raises(AssertionError):
            field.render_pixels(sources[0], poses[0], intrinsics[0], pixels(), 1000)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_is_not_waited_for_while_it_renders(field: TrainedField, objects: HostObjects) -> None:
    on_gpu = replace(field, model=deepcopy(field.model).cuda())
    sources = [on_gpu.encode(*views_of(objects, key, 1)) for key in (0, 1)]
    poses, intrinsics = (torch.stack(given) for given in zip(*(camera_of(objects, k, 0) for k in (0, 1)), strict=True))
    torch.cuda.set_sync_debug_mode("error")
    try:
        rendered = on_gpu.render_each(sources, poses, intrinsics, [pixels(), pixels()[:7]], [True, False], 1000)
        arriving = [Arriving(of_camera.depth) for of_camera in rendered]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert [len(depth.values()) for depth in arriving] == [len(pixels()), 7]
