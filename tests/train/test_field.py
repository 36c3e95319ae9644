from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.config.settings import Train
from render.cameras import centred_intrinsics, hemisphere_poses
from train.map_tensors import map_tensors
from train.network.field import FieldNetwork
from train.network.model import new_model
from train.network.pixel_features import pixel_features
from train.network.relu_of_sum import relu_of_sum
from train.network.source import Source

SIZE, ANGLE = 16, 0.8575560450553894
TENSORS = ("features", "poses", "intrinsics")


def random_network(width: int = 8, blocks: int = 5) -> FieldNetwork:
    torch.manual_seed(0)
    network = FieldNetwork(pixel_channels=6, teacher_channels=5, width=width, blocks=blocks, frequencies=6).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return network


def random_source(views: int) -> Source:
    torch.manual_seed(1)
    poses = torch.from_numpy(hemisphere_poses(np.random.default_rng(0), views, 1.3))
    intrinsics = torch.from_numpy(centred_intrinsics(SIZE, ANGLE)) * (1 + 0.1 * torch.rand(1, views, 4).double())
    return Source(torch.randn(1, views, 6, 8, 8, dtype=torch.float64), poses[None], intrinsics, SIZE)


def points_and_directions() -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    points = 0.3 * torch.randn(1, 4, 3, 3, dtype=torch.float64)
    directions = torch.nn.functional.normalize(torch.randn(1, 4, 3, dtype=torch.float64), dim=-1)
    return points, directions


def test_the_published_network_has_its_parameters() -> None:
    network = FieldNetwork(pixel_channels=512, teacher_channels=384, width=512, blocks=5, frequencies=6)
    entry, injection, block = 42 * 512 + 512, 512 * 512 + 512, 2 * (512 * 512 + 512)
    heads = (512 + 1) * (3 + 1 + 384 + 3)
    assert entry + 3 * injection + 5 * block + heads == 3_637_127
    assert sum(p.numel() for p in network.parameters()) == 3_637_127


def test_the_order_of_source_views_does_not_matter() -> None:
    network, source, (points, directions) = random_network(), random_source(3), points_and_directions()
    order = torch.tensor([2, 0, 1])
    shuffled = replace(source, **{name: getattr(source, name)[:, order] for name in TENSORS})
    answer = network.query(source, points, directions)
    again = network.query(shuffled, points, directions)
    torch.testing.assert_close(again.internal, answer.internal, rtol=1e-12, atol=1e-12)
    one = replace(source, **{name: getattr(source, name)[:, :1] for name in TENSORS})
    assert not torch.allclose(network.query(one, points, directions).internal, answer.internal)


def test_the_same_source_view_twice_is_the_view_once() -> None:
    network, source, (points, directions) = random_network(), random_source(1), points_and_directions()
    twice = replace(source, **{name: torch.cat(2 * [getattr(source, name)], dim=1) for name in TENSORS})
    expected = network.query(source, points, directions).internal
    torch.testing.assert_close(network.query(twice, points, directions).internal, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("views", "blocks"), [(1, 5), (3, 5), (1, 3), (3, 3)])
@pytest.mark.parametrize("shared", [False, True])
def test_without_gradients_fewer_passes_over_memory_give_the_same(
    views: int, blocks: int, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, source, given = random_network(20, blocks), random_source(views), points_and_directions()
    shared = shared and views == 1
    expected = network.query(source, *given, one_pixel_a_ray=shared).internal
    in_place = []
    monkeypatch.setattr("train.network.field.can_be_in_place", lambda _: in_place.append(True) or True)

    def of_rows_side_by_side(x: torch.Tensor, terms: torch.Tensor) -> torch.Tensor:
        assert x.is_contiguous()  # as the kernel of a GPU takes it; a width of 20 was padded to 24 before
        return relu_of_sum(x, terms)

    monkeypatch.setattr("train.network.field.relu_of_sum", of_rows_side_by_side)
    with torch.no_grad():
        found = network.query(source, *given, one_pixel_a_ray=shared).internal
    assert in_place
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("width", [64, 20])
def test_on_a_gpu_they_give_the_same_up_to_rounding(width: int) -> None:
    network, (points, directions) = random_network(width).float().cuda(), points_and_directions()
    network.precision = "bf16"
    source = map_tensors(random_source(1), lambda tensor: tensor.float().cuda())
    source = replace(source, features=source.features.bfloat16())
    given = points.float().cuda(), directions.float().cuda()
    for shared in (False, True):
        expected = network.query(source, *given, one_pixel_a_ray=shared).internal.detach().float()
        with torch.no_grad():
            found = network.query(source, *given, one_pixel_a_ray=shared).internal.float()
        assert (found - expected).abs().max() <= 2**-5 * expected.abs().max()


def test_blocks_start_as_the_identity() -> None:
    torch.manual_seed(0)
    network = FieldNetwork(pixel_channels=6, teacher_channels=5, width=8, blocks=5, frequencies=1)
    x, pixel = torch.randn(1, 1, 2, 3), torch.randn(1, 1, 2, 6)
    direction = torch.randn(1, 1, 2, 3)
    code = torch.cat([x, (1.5 * x).sin(), (1.5 * x).cos(), direction], dim=-1)
    expected = network.entry(code) + sum(layer(pixel) for layer in network.injections)
    torch.testing.assert_close(network(x, direction, pixel), expected[:, 0])


def test_moving_the_world_does_not_change_the_field_but_moving_the_camera_along_does() -> None:
    # Coordinates are rotated, not translated: turning world and camera together is invisible, shifting them is not.
    network, source, (points, directions) = random_network(), random_source(1), points_and_directions()
    expected = network.query(source, points, directions).internal
    turn = torch.from_numpy(hemisphere_poses(np.random.default_rng(5), 1, 1.0))[0]
    turn[:3, 3] = 0
    turned = replace(source, poses=turn @ source.poses)
    rotation = turn[:3, :3].T
    torch.testing.assert_close(network.query(turned, points @ rotation, directions @ rotation).internal, expected)
    shift = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)
    poses = source.poses.clone()
    poses[..., :3, 3] += shift
    assert not torch.allclose(
        network.query(replace(source, poses=poses), points + shift, directions).internal, expected
    )


@pytest.mark.parametrize(
    ("u", "v", "expected"),
    [
        (3.0, 1.0, 1.0),  # the centre of feature column 1, row 0
        (4.0, 2.0, 1.5 + 5.0),  # halfway between columns 1 and 2, rows 0 and 1
        (0.2, 1.0, 0.0),  # left of the first centre: the border goes on
        (99.0, 1.0, 7.0),
    ],
)
def test_pixel_features_by_hand(u: float, v: float, expected: float) -> None:
    # An 8x8 map under a 16-pixel image: column j has its centre at u = 2j + 1. Its value is 10 * row + column.
    ramp = torch.arange(8.0)
    features = (10 * ramp[:, None] + ramp)[None, None, None]
    source = Source(features, torch.eye(4)[None, None], torch.tensor([[[8.0, 8.0, 8.0, 8.0]]]), 16)
    in_camera = torch.tensor([[[[(u - 8) / 8, (8 - v) / 8, -1.0]]]])
    assert pixel_features(source, in_camera).item() == pytest.approx(expected, abs=1e-5)
    assert pixel_features(source, torch.full_like(in_camera, torch.nan)).isnan().all()  # and no cell outside the map


def test_new_models_repeat_and_leave_torchs_generator_alone(settings: Train) -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first = new_model(settings, 6)
    assert torch.equal(torch.rand(1), expected)
    again, other = new_model(settings, 6), new_model(settings.model_copy(update={"seed": 1}), 6)
    assert torch.equal(first.network.entry.weight, again.network.entry.weight)
    assert not torch.equal(first.network.entry.weight, other.network.entry.weight)
