"""The fast path against the method as published, in double precision: each loss term and the gradient of each weight.

Both see the same weights, images, rays and draws. What is rearranged must agree up to rounding.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.config.settings import Camera, Train
from render.cameras import hemisphere_poses
from tests.train.conftest import own_cameras
from tests.train.reference_field import reference_losses
from train.network.model import FeatureField, new_model
from train.network.upsampling import upsampled
from train.objects.batches import RayBatch
from train.rendering.volume import SampleDraws, Sampling, random_draws
from train.step.batch_losses import batch_losses

OBJECTS, RAYS, CHANNELS = 2, 5, 4
TOLERANCE = 1e-9  # rounding makes 1e-14, one place in single precision 1e-7; the bar is 1e-6
SHOWS = 1e-4
SMALL = {
    "coarse_samples": 6,
    "importance_samples": 3,
    "depth_samples": 3,
    "width": 7,
    "feature_weight": 0.3,
    "coordinate_weight": 0.7,
}
HEADS = {f"network.{head}.{part}" for head in ("feature", "coordinate") for part in ("weight", "bias")}


@dataclass(frozen=True)
class Case:
    model: FeatureField
    batch: RayBatch
    draws: SampleDraws
    settings: Train
    camera: Camera

    @staticmethod
    def of(settings: Train, camera: Camera, **changes: Any) -> "Case":
        """Random weights, images and rays of the small sizes, with changed settings."""
        settings = settings.model_copy(update=SMALL | changes)
        model = new_model(settings, CHANNELS).double().train()
        torch.manual_seed(1)
        randomise(model)
        views = settings.source_views
        poses = torch.from_numpy(hemisphere_poses(np.random.default_rng(2), OBJECTS * (views + RAYS), camera.radius))
        batch = RayBatch(
            source_images=2 * torch.rand(OBJECTS, views, 3, camera.size, camera.size, dtype=torch.float64) - 1,
            source_poses=poses[: OBJECTS * views].reshape(OBJECTS, views, 4, 4),
            source_intrinsics=torch.from_numpy(own_cameras(camera, OBJECTS, views)),
            pixels=torch.randint(camera.size, (OBJECTS, RAYS, 2)),
            poses=poses[OBJECTS * views :].reshape(OBJECTS, RAYS, 4, 4),
            intrinsics=torch.from_numpy(own_cameras(camera, OBJECTS, RAYS)),
            rgb=torch.rand(OBJECTS, RAYS, 3, dtype=torch.float64),
            feature=torch.randn(OBJECTS, RAYS, CHANNELS, dtype=torch.float64),
        )
        single = random_draws(Sampling.of(settings, camera), (OBJECTS, RAYS), torch.Generator().manual_seed(3))
        draws = SampleDraws(single.coarse.double(), single.importance.double(), single.guided.double())
        return Case(model, batch, draws, settings, camera)

    def fast(self, camera: Camera | None = None, **changes: Any) -> "Answer":
        settings = self.settings.model_copy(update=changes)
        return answer(self.model, batch_losses(self.model, self.batch, settings, camera or self.camera, self.draws))

    def reference(self, **variant: Any) -> "Answer":
        terms = reference_losses(self.model, self.batch, self.settings, self.camera, self.draws, **variant)
        return answer(self.model, terms)


@dataclass(frozen=True)
class Answer:
    terms: dict[str, Tensor]
    gradients: dict[str, Tensor]

    def differences(self, expected: "Answer") -> dict[str, float]:
        """By name, |found - expected| / |expected| of each gradient, and of each term that was found."""
        pairs = [(name, term, expected.terms[name]) for name, term in self.terms.items()]
        pairs += [(name, self.gradients[name], gradient) for name, gradient in expected.gradients.items()]
        return {
            name: float((found - wanted).norm() / wanted.norm()) if wanted.any() else float(found.norm())
            for name, found, wanted in pairs
        }

    @property
    def zeros(self) -> set[str]:
        return {name for name, gradient in self.gradients.items() if not gradient.any()}


def answer(model: FeatureField, terms: dict[str, Tensor]) -> Answer:
    """The terms, and the gradient of their total to each weight: zero where a weight was not used."""
    parameters = dict(model.named_parameters())
    found = torch.autograd.grad(terms["total"], list(parameters.values()), materialize_grads=True)
    return Answer({name: term.detach() for name, term in terms.items()}, dict(zip(parameters, found, strict=True)))


def randomise(model: FeatureField) -> None:
    """No layer at zero, where gradients would be, and running statistics that differ from none."""
    for parameter in model.network.parameters():
        nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5)
    nn.init.constant_(model.network.density.bias, 2.0)
    for module in model.encoder.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)


def assert_same(found: Answer, expected: Answer) -> None:
    wrong = {name: value for name, value in found.differences(expected).items() if not value < TOLERANCE}
    assert not wrong


@pytest.mark.parametrize("batch_statistics", ["step", "frozen"])
@pytest.mark.parametrize("blocks", [3, 5])
@pytest.mark.parametrize("source_views", [1, 3])
@pytest.mark.parametrize("encoder", ["small", "resnet34"])
def test_losses_and_gradients_are_the_references(
    settings: Train, camera: Camera, encoder: str, source_views: int, blocks: int, batch_statistics: str
) -> None:
    case = Case.of(
        settings,
        camera,
        encoder=encoder,
        source_views=source_views,
        blocks=blocks,
        batch_statistics=batch_statistics,
    )
    assert case.model.encoder.training == (batch_statistics == "step")
    found, expected = case.fast(), case.reference()
    assert found.terms.keys() == expected.terms.keys()
    assert expected.zeros == set()
    assert_same(found, expected)


@pytest.mark.parametrize(
    ("without", "unused"),
    [
        (("feature",), {name for name in HEADS if "feature" in name}),
        (("coordinate",), {name for name in HEADS if "coordinate" in name}),
        (("feature", "coordinate"), HEADS),
    ],
)
def test_a_loss_of_weight_zero_may_be_left_out(
    settings: Train, camera: Camera, without: tuple[str, ...], unused: set[str]
) -> None:
    case = Case.of(settings, camera, **{f"{name}_weight": 0.0 for name in without})
    found, expected = case.fast(), case.reference()
    kept = {name for name in expected.terms if not name.startswith(without)}
    assert kept <= found.terms.keys() <= expected.terms.keys()
    assert found.zeros == expected.zeros == unused
    assert_same(found, expected)


def test_samples_that_are_clamped_to_near_and_far_agree(settings: Train, camera: Camera) -> None:
    case = Case.of(settings, camera, depth_std=0.5)
    # The expected depth lies between 0 and far: +-10 standard deviations of 0.5 lie outside. One ray has ties.
    case.draws.guided[..., 0] = -10
    case.draws.guided[..., 1] = 10
    case.draws.guided[0, 0] = 10
    found, expected = case.fast(), case.reference()
    assert expected.zeros == set()
    assert_same(found, expected)


def test_an_almost_empty_and_an_almost_opaque_field_agree(settings: Train, camera: Camera) -> None:
    for bias in (-2.0, 60.0):
        case = Case.of(settings, camera)
        nn.init.constant_(case.model.network.density.bias, bias)
        assert_same(case.fast(), case.reference())


def test_the_gradient_flows_through_the_depth_guided_samples(settings: Train, camera: Camera) -> None:
    case = Case.of(settings, camera)
    found, expected, detached = case.fast(), case.reference(), case.reference(detach_depth=True)
    assert_same(found, expected)
    assert detached.terms == expected.terms
    apart = detached.differences(expected)
    # To every weight but those of the heads that answer after the depths are known.
    assert {name for name in expected.gradients if apart[name] < SHOWS} == HEADS | {
        "network.rgb.weight",
        "network.rgb.bias",
    }
    assert max(apart.values()) > 1e-2


@pytest.mark.parametrize("changed", ["near", "far", "depth_std", "feature_weight", "coordinate_weight"])
def test_a_change_of_a_thousandth_shows(settings: Train, camera: Camera, changed: str) -> None:
    case = Case.of(settings, camera)
    expected = case.reference()
    if changed in Camera.model_fields:
        other = camera.model_copy(update={changed: getattr(camera, changed) + 1e-3})
        found = case.fast(other)
    else:
        found = case.fast(**{changed: getattr(case.settings, changed) + 1e-3})
    assert max(found.differences(expected).values()) > SHOWS


@pytest.mark.parametrize("name", ["intrinsics", "source_intrinsics"])
@pytest.mark.parametrize("which", range(4))
def test_a_thousandth_of_a_focal_length_or_of_a_principal_point_shows(
    settings: Train, camera: Camera, name: str, which: int
) -> None:
    case = Case.of(settings, camera)
    changed = getattr(case.batch, name).clone()
    changed[..., which] *= 1.001
    found = replace(case, batch=replace(case.batch, **{name: changed})).fast()
    assert max(found.differences(case.reference()).values()) > SHOWS


@pytest.mark.parametrize("name", ["network.entry.weight", "network.blocks.4.second.bias", "network.density.bias"])
def test_a_changed_weight_shows(settings: Train, camera: Camera, name: str) -> None:
    case = Case.of(settings, camera)
    expected = case.reference()
    with torch.no_grad():
        case.model.get_parameter(name).view(-1)[0] += 1e-3
    assert max(case.fast().differences(expected).values()) > SHOWS


def test_the_references_interpolation_is_the_librarys(settings: Train, camera: Camera) -> None:
    def library(maps: Tensor, uv: Tensor) -> Tensor:
        taken = F.grid_sample(maps, 2 * uv[:, :, None] - 1, padding_mode="border", align_corners=False)
        return taken[..., 0].mT

    case = Case.of(settings, camera)
    assert_same(case.reference(interpolate=library), case.reference())


def test_upsampling_and_its_gradient_are_the_librarys() -> None:
    # The reference borrows the model's encoder, and so this part of it is held here.
    torch.manual_seed(0)
    for size in ((1, 1), (2, 3), (4, 4), (8, 8)):
        map_ = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)
        found, expected = upsampled(map_, 8, 8), F.interpolate(map_, (8, 8), mode="bilinear", align_corners=True)
        torch.testing.assert_close(found, expected)
        along = torch.randn_like(found)
        gradients = [torch.autograd.grad((result * along).sum(), map_)[0] for result in (found, expected)]
        torch.testing.assert_close(*gradients)
