"""One conformance suite for every colour backend."""

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.datasets.records import Material
from pipeline.errors import UserError
from pipeline.settings import Camera, load_settings
from render.backends.backend import BACKENDS, Backend, make_backend
from render.cameras import camera_directions, hemisphere_poses, look_at
from render.prepared_mesh import prepare
from render.raycast import RayCaster
from tests.render.meshes import cube, square

RED, GREEN = (200, 40, 30), (20, 160, 60)
MARKS = {"pyrender": [pytest.mark.egl]}


def egl_missing() -> str | None:
    settings = load_settings()
    try:
        make_backend(settings.camera, settings.render.model_copy(update={"backend": "pyrender"})).close()
    except UserError as error:
        return str(error)
    return None


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=MARKS.get(name, [])) for name in BACKENDS if name != "blender"]
)
def name(request: pytest.FixtureRequest) -> str:
    if request.param == "pyrender" and (missing := egl_missing()):
        pytest.skip(missing)
    return str(request.param)


@pytest.fixture(scope="module")
def camera() -> Camera:
    return load_settings().camera


@pytest.fixture
def unlit(name: str, camera: Camera) -> Iterator[Backend]:
    backend = make_backend(camera, load_settings().render.model_copy(update={"backend": name, "lighting": "unlit"}))
    yield backend
    backend.close()


@pytest.fixture
def shaded(name: str, camera: Camera) -> Iterator[Backend]:
    backend = make_backend(camera, load_settings().render.model_copy(update={"backend": name, "lighting": "shaded"}))
    yield backend
    backend.close()


def checker() -> Material:
    texture = np.full((64, 64, 3), RED, dtype=np.uint8)
    texture[:32, :32] = texture[32:, 32:] = GREEN
    return Material((1.0, 1.0, 1.0), texture)


def test_unlit_checker_has_its_own_colours_the_right_way_up(unlit: Backend) -> None:
    # The camera at +Z sees u to the right and v upwards: green is upper left and lower right.
    mesh = prepare(square(0.0, 0.8, checker()), np.eye(4))
    image = unlit.draw(mesh, look_at(np.array([0.0, 0.0, 1.3]))[None])[0]
    for row, column, colour in ((50, 50, GREEN), (50, 77, RED), (77, 50, RED), (77, 77, GREEN)):
        assert np.abs(image[row, column, :3].astype(int) - colour).max() <= 3
        assert image[row, column, 3] == 255


def test_textures_repeat(unlit: Backend) -> None:
    mesh = prepare(square(0.0, 0.8, checker(), tiles=2.0), np.eye(4))
    image = unlit.draw(mesh, look_at(np.array([0.0, 0.0, 1.3]))[None])[0]
    # Two tiles of 43 pixels across: the upper half of each is green at the left, red at the right.
    for column, colour in ((32, GREEN), (53, RED), (75, GREEN), (96, RED)):
        assert np.abs(image[32, column, :3].astype(int) - colour).max() <= 3


def test_both_sides_of_a_face_are_drawn(unlit: Backend) -> None:
    mesh = prepare(square(0.0, 0.8, Material((1.0, 0.0, 0.0), None)), np.eye(4))
    images = unlit.draw(mesh, np.stack([look_at(np.array([0.0, 0.0, z])) for z in (1.3, -1.3)]))
    assert images[:, 64, 64].tolist() == [[255, 0, 0, 255]] * 2


def test_light_falls_on_the_side_that_is_seen(shaded: Backend) -> None:
    # A square seen from above lies in the light, from below in the ambient light alone, whatever its winding.
    mesh = cube(0.4, (Material((1.0, 1.0, 1.0), None),))
    top, bottom = (
        int(shaded.draw(prepare(mesh, np.eye(4)), look_at(np.array([0.02, y, 0.02]))[None])[0, 64, 64, 0])
        for y in (1.3, -1.3)
    )
    assert bottom == pytest.approx(255 * 0.42 ** (1 / 2.2), abs=2)
    assert top > bottom + 30


def test_silhouette_agrees_with_four_times_supersampled_rays(unlit: Backend, camera: Camera) -> None:
    mesh = prepare(cube(0.4), np.eye(4))
    poses = hemisphere_poses(np.random.default_rng(0), 6, camera.radius)
    images = unlit.draw(mesh, poses)
    caster = RayCaster(mesh)
    for image, pose in zip(images, poses, strict=True):
        hits = caster.cast(pose[:3, 3], camera_directions(camera.size, camera.angle_x, 4) @ pose[:3, :3].T)
        coverage = np.zeros((camera.size * 4) ** 2)
        coverage[hits.ray] = 1
        coverage = coverage.reshape(camera.size, 4, camera.size, 4).mean(axis=(1, 3))
        a, b = image[..., 3] >= 128, coverage >= 0.5
        assert (a & b).sum() / (a | b).sum() >= 0.97


def test_alpha_is_straight_and_background_is_black(unlit: Backend, camera: Camera) -> None:
    mesh = prepare(cube(0.4, (Material((1.0, 1.0, 1.0), None),)), np.eye(4))
    image = unlit.draw(mesh, hemisphere_poses(np.random.default_rng(1), 1, camera.radius))[0]
    alpha = image[..., 3]
    assert (image[alpha == 0] == 0).all()
    edge = (alpha > 0) & (alpha < 255)
    assert edge.sum() > 20
    assert (image[edge][:, :3] >= 250).all()  # white stays white where the pixel is half covered


def test_drawing_twice_gives_the_same_bytes(shaded: Backend, camera: Camera) -> None:
    mesh = prepare(cube(0.4, (checker(),)), np.eye(4))
    poses = hemisphere_poses(np.random.default_rng(2), 3, camera.radius)
    np.testing.assert_array_equal(shaded.draw(mesh, poses), shaded.draw(mesh, poses))
