"""The whole loss against a slow one: loops over rays and samples, every point asked in each pass, plain products."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from jaxtyping import Float64

from pipeline.config.settings import Camera, Train
from render.cameras import hemisphere_poses
from tests.train.conftest import own_cameras
from train.network.model import FeatureField, new_model
from train.network.source import Source
from train.objects.batches import RayBatch
from train.rays import pixel_rays
from train.rendering.renderer import render_rays
from train.rendering.volume import SampleDraws, Sampling, random_draws
from train.step.losses import loss_outputs, losses

Array = Float64[np.ndarray, "..."]
OBJECTS, RAYS, VIEWS, CHANNELS = 2, 3, 2, 4


@dataclass(frozen=True)
class Scene:
    model: FeatureField
    source: Source
    batch: RayBatch
    draws: SampleDraws
    settings: Train
    camera: Camera

    def losses(self) -> dict[str, torch.Tensor]:
        rays = pixel_rays(self.batch.pixels, self.batch.poses, self.batch.intrinsics)
        sampling = Sampling.of(self.settings, self.camera)
        outputs = loss_outputs(self.settings)
        rendering = render_rays(self.model.network, self.source, rays, sampling, self.draws, outputs)
        return losses(rendering, self.batch.rgb, self.batch.feature, self.settings)


@pytest.fixture
def scene(settings: Train, camera: Camera) -> Scene:
    changes = {"coarse_samples": 5, "importance_samples": 2, "depth_samples": 3, "width": 6, "frequencies": 2}
    settings = settings.model_copy(update={**changes, "feature_weight": 0.3, "coordinate_weight": 0.7})
    model = new_model(settings, CHANNELS).double()
    torch.manual_seed(4)
    for parameter in model.network.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    torch.nn.init.constant_(model.network.density.bias, 2.0)
    rng = np.random.default_rng(0)
    poses = torch.from_numpy(hemisphere_poses(rng, OBJECTS * (VIEWS + RAYS), camera.radius))
    batch = RayBatch(
        source_images=2 * torch.rand(OBJECTS, VIEWS, 3, camera.size, camera.size, dtype=torch.float64) - 1,
        source_poses=poses[: OBJECTS * VIEWS].reshape(OBJECTS, VIEWS, 4, 4),
        source_intrinsics=torch.from_numpy(own_cameras(camera, OBJECTS, VIEWS)),
        pixels=torch.randint(8, 24, (OBJECTS, RAYS, 2)),
        poses=poses[OBJECTS * VIEWS :].reshape(OBJECTS, RAYS, 4, 4),
        intrinsics=torch.from_numpy(own_cameras(camera, OBJECTS, RAYS)),
        rgb=torch.rand(OBJECTS, RAYS, 3, dtype=torch.float64),
        feature=torch.randn(OBJECTS, RAYS, CHANNELS, dtype=torch.float64),
    )
    source = model.encode(batch.source_images, batch.source_poses, batch.source_intrinsics)
    sampling = Sampling.of(settings, camera)
    draws = random_draws(sampling, (OBJECTS, RAYS), torch.Generator().manual_seed(0))
    draws = SampleDraws(draws.coarse.double(), draws.importance.double(), draws.guided.double())
    return Scene(model, source, batch, draws, settings, camera)


class SlowField:
    """The network from its state dict, one point at a time."""

    def __init__(self, scene: Scene, which: int) -> None:
        self.state = {name: t.detach().numpy() for name, t in scene.model.network.state_dict().items()}
        self.maps = scene.source.features[which].detach().numpy()
        self.poses = scene.source.poses[which].numpy()
        self.intrinsics = scene.source.intrinsics[which].tolist()
        self.camera, self.frequencies = scene.camera, scene.settings.frequencies

    def linear(self, name: str, x: Array) -> Array:
        result: Array = self.state[f"{name}.weight"] @ x + self.state[f"{name}.bias"]
        return result

    def bilinear(self, view: int, u: float, v: float) -> Array:
        channels, height, width = self.maps[view].shape
        total = np.zeros(channels)
        x = min(max(u * width / self.camera.size - 0.5, 0), width - 1)
        y = min(max(v * height / self.camera.size - 0.5, 0), height - 1)
        for row in range(height):
            for col in range(width):
                total += max(0, 1 - abs(y - row)) * max(0, 1 - abs(x - col)) * self.maps[view, :, row, col]
        return total

    def trunk(self, point: Array, direction: Array) -> Array:
        branches = []
        for view, (pose, (fx, fy, cx, cy)) in enumerate(zip(self.poses, self.intrinsics, strict=True)):
            to_camera = np.linalg.inv(pose)
            x, y, z = (to_camera @ [*point, 1])[:3]
            u, v = cx + fx * x / -z, cy - fy * y / -z
            rotated = to_camera[:3, :3] @ point
            code = list(rotated)
            for k in range(self.frequencies):
                code += [math.sin(1.5 * 2**k * c) for c in rotated] + [math.cos(1.5 * 2**k * c) for c in rotated]
            h = self.linear("entry", np.array([*code, *(to_camera[:3, :3] @ direction)]))
            for block in range(3):
                h = h + self.linear(f"injections.{block}", self.bilinear(view, u, v))
                h = self.block(block, h)
            branches.append(h)
        h = np.mean(branches, axis=0)
        for block in (3, 4):
            h = self.block(block, h)
        return h

    def block(self, index: int, h: Array) -> Array:
        inner = self.linear(f"blocks.{index}.first", np.maximum(h, 0))
        result: Array = h + self.linear(f"blocks.{index}.second", np.maximum(inner, 0))
        return result

    def __call__(self, point: Array, direction: Array) -> tuple[float, Array, Array, Array]:
        """Density, rgb, teacher feature and coordinate at a point."""
        h = np.maximum(self.trunk(point, direction), 0)
        rgb = 1 / (1 + np.exp(-self.linear("rgb", h)))
        return self.linear("density", h)[0], rgb, self.linear("feature", h), self.linear("coordinate", h)


def slow_pass(
    field: SlowField, origin: Array, direction: Array, depths: list[float], far: float
) -> tuple[list[float], float, Array, Array, Array]:
    """Weights, expected depth, rgb, feature and coordinate error of one ray over sorted depths."""
    light, weights = 1.0, []
    rgb, feature, error = np.zeros(3), np.zeros(CHANNELS), np.zeros(3)
    for i, depth in enumerate(depths):
        point = origin + depth * direction
        density, colour, distilled, coordinate = field(point, direction)
        delta = (depths[i + 1] if i + 1 < len(depths) else far) - depth
        alpha = 1 - math.exp(-delta * max(density, 0))
        weights.append(light * alpha)
        light *= 1 - alpha
        rgb = rgb + weights[-1] * colour
        feature = feature + weights[-1] * distilled
        error = error + (coordinate - point) / len(depths)
    return weights, float(np.dot(weights, depths)), rgb, feature, error


def slow_importance(weights: list[float], draw: float, near: float, far: float) -> float:
    floored = [w + 1e-5 for w in weights]
    left, width = draw * sum(floored), (far - near) / len(weights)
    for index, weight in enumerate(floored):
        if left < weight:
            return near + width * (index + left / weight)
        left -= weight
    return far


def slow_losses(
    scene: Scene, importance: list[list[float]] | None = None
) -> tuple[dict[str, float], list[list[float]]]:
    """The loss terms, and the importance depths of each ray, which a second call may be given to keep them still."""
    names = [f"{kind}_{p}" for kind in ("rgb", "feature", "coordinate") for p in ("coarse", "fine")]
    terms, used = dict.fromkeys(names, 0.0), []
    near, far, coarse = scene.camera.near, scene.camera.far, scene.settings.coarse_samples
    for o in range(OBJECTS):
        field = SlowField(scene, o)
        for r in range(RAYS):
            row, col = scene.batch.pixels[o, r].tolist()
            pose = scene.batch.poses[o, r].numpy()
            fx, fy, cx, cy = scene.batch.intrinsics[o, r].tolist()
            direction = pose[:3, :3] @ np.array([(col + 0.5 - cx) / fx, -(row + 0.5 - cy) / fy, -1])
            direction = direction / np.linalg.norm(direction)
            draws = scene.draws.coarse[o, r].tolist()
            depths = [near + (far - near) * (i + draw) / coarse for i, draw in enumerate(draws)]
            first = slow_pass(field, pose[:3, 3], direction, depths, far)
            if importance is None:
                draws = scene.draws.importance[o, r].tolist()
                used.append([slow_importance(first[0], draw, near, far) for draw in draws])
            else:
                used.append(importance[o * RAYS + r])
            guided = [first[1] + scene.settings.depth_std * draw for draw in scene.draws.guided[o, r].tolist()]
            depths = sorted([*depths, *used[-1], *(min(max(d, near), far) for d in guided)])
            second = slow_pass(field, pose[:3, 3], direction, depths, far)
            rgb, feature = scene.batch.rgb[o, r].numpy(), scene.batch.feature[o, r].numpy()
            for name, (_, _, colour, distilled, error) in (("coarse", first), ("fine", second)):
                terms[f"rgb_{name}"] += ((colour - rgb) ** 2).sum() / (OBJECTS * RAYS * 3)
                terms[f"feature_{name}"] += ((distilled - feature) ** 2).sum() / (OBJECTS * RAYS * CHANNELS)
                terms[f"coordinate_{name}"] += (error**2).sum() / (OBJECTS * RAYS * 3)
    rgb_sum, feature_sum, coordinate_sum = (
        terms[f"{kind}_coarse"] + terms[f"{kind}_fine"] for kind in ("rgb", "feature", "coordinate")
    )
    terms["total"] = rgb_sum + 0.3 * feature_sum + 0.7 * coordinate_sum
    return terms, used


def test_losses_are_the_slow_ones(scene: Scene) -> None:
    expected, importance = slow_losses(scene)
    depths = np.array(importance)
    assert ((depths > scene.camera.near) & (depths < scene.camera.far)).all()
    found = {name: term.item() for name, term in scene.losses().items()}
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("name", ["density.bias", "entry.weight", "blocks.4.second.weight", "injections.0.weight"])
def test_gradients_flow_through_the_depth_guided_samples_and_not_through_the_importance_samples(
    scene: Scene, name: str
) -> None:
    # Finite differences of the slow loss with its importance depths held still, but its depth-guided ones moving.
    parameter = dict(scene.model.network.named_parameters())[name]
    (gradient,) = torch.autograd.grad(scene.losses()["total"], parameter)
    _, importance = slow_losses(scene)
    torch.manual_seed(5)
    along = torch.randn_like(parameter)
    step, values = 1e-6, []
    for sign in (1, -1):
        with torch.no_grad():
            parameter += sign * step * along
            values.append(slow_losses(scene, importance)[0]["total"])
            parameter -= sign * step * along
    expected = (values[0] - values[1]) / (2 * step)
    assert (gradient * along).sum().item() == pytest.approx(expected, rel=1e-6)
