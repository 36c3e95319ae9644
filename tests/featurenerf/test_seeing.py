from dataclasses import replace
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch

import featurenerf
from featurenerf import UserError
from render.cameras import centred_intrinsics, orbit_pose


def test_angles_stand_for_the_pose_of_the_orbit(field: featurenerf.Field, balls) -> None:
    image = balls[0][0, 0]
    by_angles = field.see(image, azimuth=30, elevation=20)
    by_pose = field.see(image, pose=orbit_pose(30, 20, field.camera.radius))
    assert np.array_equal(by_angles.pose, by_pose.pose)
    assert np.array_equal(by_angles.own_view.internal, by_pose.own_view.internal)
    # radius 1.3: 1.3 cos 20 sin 30, 1.3 sin 20, 1.3 cos 20 cos 30
    np.testing.assert_allclose(by_angles.pose[:3, 3], [0.610800, 0.444626, 1.057937], atol=1e-5)


def test_intrinsics_are_those_of_the_training_camera_or_given(field: featurenerf.Field, balls) -> None:
    image, pose = balls[0][0, 0], balls[1][0, 0]
    plain = field.see(image, pose=pose)
    same = field.see(image, pose=pose, intrinsics=centred_intrinsics(32, field.camera.angle_x).tolist())
    assert np.array_equal(plain.own_view.internal, same.own_view.internal)
    given = np.array([50, 40, 15, 18], np.float32)
    other = field.see(image, pose=pose, intrinsics=given)
    assert np.array_equal(other.intrinsics, given) and np.array_equal(other.own_view.intrinsics, given)
    trained, points = field.renderer.field, np.array([[0.1, 0.05, 0.0], [-0.1, 0.1, 0.1]], np.float32)
    camera = torch.from_numpy(pose), torch.from_numpy(given)
    source = trained.encode(torch.from_numpy(image)[None], *(of_view[None] for of_view in camera))
    expected = trained.query_points(source, torch.from_numpy(points), *camera, 100)
    np.testing.assert_allclose(other.at(points).internal, expected.internal.numpy(), rtol=1e-5, atol=1e-6)
    assert np.abs(other.at(points).internal - plain.at(points).internal).max() > 1e-3


def test_a_view_is_the_same_in_all_its_forms(field: featurenerf.Field, balls) -> None:
    rgba, pose = balls[0][0, 0], balls[1][0, 0]
    black = np.where(rgba[..., 3:] > 0, rgba[..., :3], 0).astype(np.uint8)  # a ball's alpha is 0 or 255
    forms = (rgba, black, rgba.astype(np.float32) / np.float32(255), black.astype(np.float64) / 255, rgba.tolist())
    images = [field.see(form, pose=pose).image for form in forms[:4]]
    for image in images[1:]:
        np.testing.assert_allclose(image, images[0], atol=1e-6)
    with pytest.raises(UserError, match=r"uint8, or floats from 0 to 1"):
        field.see(forms[4], pose=pose)  # a list of 0..255 has lost its type


def test_a_photo_fills_the_share_that_is_asked_for(field: featurenerf.Field, balls) -> None:
    photo = featurenerf.prepare_photo(balls[0][0, 0])
    seen = field.see(photo, azimuth=0, elevation=0, framing=0.5)
    rows = np.nonzero(seen.image.any(axis=(1, 2)))[0]
    assert rows.max() - rows.min() + 1 == 16  # half of 32 pixels
    with pytest.raises(UserError, match=r"framing must be above 0 and at most 1, not 1\.5"):
        field.see(photo, azimuth=0, elevation=0, framing=1.5)
    with pytest.raises(UserError, match="framing is for photos"):
        field.see(balls[0][0, 0], azimuth=0, elevation=0, framing=0.5)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((16, 16, 3), np.uint8), r"\(32, 32, 3 or 4\) .* not \(16, 16, 3\): use prepare_photo"),
        (np.zeros((32, 32), np.uint8), r"not \(32, 32\): use prepare_photo"),
        (np.full((32, 32, 3), np.nan), "image must be finite"),
        ("chair.jpg", "image is a file name, chair.jpg: open the photo with prepare_photo"),
        ([["a", "b"]], "image must be an array of numbers"),
    ],
)
def test_an_image_that_does_not_fit_is_a_sentence(field: featurenerf.Field, image: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        field.see(image, azimuth=0, elevation=0)  # type: ignore[arg-type]


def test_a_photo_needs_a_model_that_knows_how_large_objects_are(field: featurenerf.Field) -> None:
    photo = featurenerf.Photo(np.full((40, 40, 4), 255, np.uint8))
    with pytest.raises(UserError, match="does not record how large objects are in its training views"):
        field.see(photo, azimuth=0, elevation=0)


def test_a_photo_is_framed_as_training_views_are(field: featurenerf.Field) -> None:
    trained = replace(field.renderer.field, framing=0.5)
    framing = featurenerf.Field(replace(field.renderer, field=trained))
    seen = framing.see(featurenerf.Photo(np.full((40, 40, 4), 255, np.uint8)), azimuth=0, elevation=0)
    expected = np.zeros((32, 32, 3), np.float32)
    expected[8:24, 8:24] = 1
    np.testing.assert_array_equal(seen.image, expected)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give azimuth and elevation in degrees, or pose"),
        ({"azimuth": 30}, "give azimuth and elevation in degrees, or pose"),
        ({"azimuth": 30, "elevation": 91}, "elevation lie in -90..90 degrees, not 30 and 91"),
        ({"azimuth": float("nan"), "elevation": 20}, "azimuth must be finite .* not nan and 20"),
        ({"azimuth": 30, "elevation": 20, "pose": np.eye(4)}, "both given"),
        ({"pose": np.eye(3)}, r"pose must have the shape \(4, 4\), not \(3, 3\)"),
        ({"pose": 2 * np.eye(4)}, "pose is not a camera-to-world matrix"),
        ({"pose": np.diag([-1, 1, 1, 1])}, "pose is not a camera-to-world matrix"),
        (
            {"pose": np.eye(4), "intrinsics": np.eye(3)},
            r"intrinsics must have the shape \(4,\): fx, fy, cx, cy in pixels",
        ),
        ({"pose": np.eye(4), "intrinsics": [0, 9, 16, 16]}, "focal lengths above 0, not 0 and 9"),
    ],
)
def test_a_camera_that_is_none_is_a_sentence(field: featurenerf.Field, balls, given: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        field.see(balls[0][0, 0], **given)


def test_a_folder_comes_before_the_hub(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model_folder.parents[1])
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: pytest.fail("asked the hub"))
    assert featurenerf.load_field("models/ball").camera.size == 32
    Path("empty").mkdir()
    with pytest.raises(UserError, match="empty holds no model, there is no model"):
        featurenerf.load_field("empty")
    with pytest.raises(UserError, match="models/bal is no folder"):
        featurenerf.load_field("models/bal")  # a slip, since `models` is there


def test_a_model_of_the_hub_is_downloaded_without_its_other_files(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        huggingface_hub, "snapshot_download", lambda name, **more: (asked.append((name, more)), str(model_folder))[1]
    )
    assert featurenerf.load_field("owner/ball").camera.size == 32
    assert asked == [("owner/ball", {"allow_patterns": ["model.safetensors", "model.json", "README.md"]})]


def test_what_the_hub_refuses_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise huggingface_hub.errors.LocalEntryNotFoundError("offline")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(UserError, match="owner/ball is no folder here, and the hub gives no model of that name"):
        featurenerf.load_field("owner/ball")


@pytest.mark.parametrize(
    ("options", "message"), [({"device": "tpu"}, "device must be one of"), ({"rays_per_batch": 0}, "rays_per_batch")]
)
def test_options_that_are_none_are_a_sentence(model_folder: Path, options: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        featurenerf.load_field(model_folder, **options)
