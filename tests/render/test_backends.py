"""One conformance suite for every colour backend: facts with small meshes."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import UInt8

from pipeline.datasets.records import Material, Mesh
from pipeline.errors import UserError
from render.backends.backend import BACKENDS
from render.backends.clipping import clipping
from render.backends.pyrender import PyrenderBackend
from render.cameras import camera_directions, centred_intrinsics, hemisphere_poses, look_at, project
from render.prepared_mesh import PreparedMesh, prepare
from tests.render.backend_cases import Drawer, cases, every
from tests.render.meshes import cube, square
from tests.render.subjects import CAMERA

RED, GREEN = (200, 40, 30), (20, 160, 60)
WHITE = Material((1.0, 1.0, 1.0), None)
FRONT = look_at(np.array([0.0, 0.0, 1.3]))[None]
PIXEL = 2 * np.tan(CAMERA.angle_x / 2) * 1.3 / CAMERA.size  # world units, in the plane z = 0 seen from FRONT


def checker(colour: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Material:
    texture = np.full((64, 64, 3), RED, dtype=np.uint8)
    texture[:32, :32] = texture[32:, 32:] = GREEN
    return Material(colour, texture)


def test_every_backend_is_tried() -> None:
    assert {case.render.backend for case in cases("unlit")} == set(BACKENDS)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 3.0))
def test_clipping_planes_enclose_the_mesh(seed: int, radius: float) -> None:
    poses = hemisphere_poses(np.random.default_rng(seed), 3, radius)
    mesh = prepare(cube(0.7), np.eye(4))
    near, far = clipping(mesh, poses)
    depth = np.stack([-((mesh.vertices - pose[:3, 3]) @ pose[:3, 2]) for pose in poses])
    assert 0 < near < far and depth.max() <= far
    if radius > 0.7:  # the eye is outside
        assert near <= depth.min()


@every("unlit")
def test_unlit_checker_has_its_own_colours_the_right_way_up(drawer: Drawer) -> None:
    # The camera at +Z sees u to the right and v upwards: green is upper left and lower right.
    image = drawer.draw(prepare(square(0.0, 0.8, checker()), np.eye(4)), FRONT)[0]
    for row, column, colour in ((50, 50, GREEN), (50, 77, RED), (77, 50, RED), (77, 77, GREEN)):
        assert np.abs(image[row, column, :3].astype(int) - colour).max() <= 3
        assert image[row, column, 3] == 255


@every("unlit")
@pytest.mark.parametrize("tiles", [1.0, 3.0])
def test_unlit_checker_has_its_own_colours_from_every_side(drawer: Drawer, tiles: float) -> None:
    # Where the ray through a pixel's centre meets the plane z = 0 says in which field it is; no ray caster is asked.
    edge = 0.7
    poses = np.stack(
        [look_at(1.3 * np.array(eye)) for eye in ((0.6, 0.48, 0.64), (-0.48, 0.36, 0.8), (0.28, 0, -0.96))]
    )
    images = drawer.draw(prepare(square(0.0, edge, checker((0.5, 1.0, 0.8)), tiles), np.eye(4)), poses)
    for image, pose in zip(images, poses, strict=False):
        directions = camera_directions(CAMERA.size, CAMERA.angle_x) @ pose[:3, :3].T
        point = pose[:3, 3] - directions * (pose[2, 3] / directions[:, 2:])
        fields = (point[:, :2] / edge + 0.5) * 2 * tiles
        left, upper = (np.floor(fields) % 2 == (0, 1)).T
        away = (np.abs(fields - np.rint(fields)) * edge / (2 * tiles) > 0.025).all(axis=1)
        seen = (np.abs(point[:, :2]) < edge / 2).all(axis=1) & away
        assert seen.sum() > 500
        wanted = np.where((left == upper)[:, None], GREEN, RED) * (0.5, 1.0, 0.8)
        drawn = image.reshape(-1, 4)[seen]
        assert np.abs(drawn[:, :3] - wanted[seen]).max() <= 3
        assert (drawn[:, 3] == 255).all()


@every("unlit")
def test_textures_repeat(drawer: Drawer) -> None:
    image = drawer.draw(prepare(square(0.0, 0.8, checker(), tiles=2.0), np.eye(4)), FRONT)[0]
    # Two tiles of 43 pixels across: the upper half of each is green at the left, red at the right.
    for column, colour in ((32, GREEN), (53, RED), (75, GREEN), (96, RED)):
        assert np.abs(image[32, column, :3].astype(int) - colour).max() <= 3


@every("unlit")
def test_a_face_whose_corners_share_one_texture_point_has_its_colour(drawer: Drawer) -> None:
    image = drawer.draw(prepare(square(0.0, 0.8, checker(), tiles=0.0), np.eye(4)), FRONT)[0]
    # uv 0, 0 is where four texels meet, once repeated: lower left red, lower right green, upper left green, ...
    assert np.abs(image[64, 64, :3] - (np.array(RED) + GREEN) / 2).max() <= 3


@every("unlit")
def test_a_texture_much_finer_than_the_pixels_is_averaged(drawer: Drawer) -> None:
    # Black and white texels at random, a hundred and forty in a pixel: their mean has a spread of 255 / 2 / 12. Blender
    # keeps no smaller copies of a texture: it sees sixteen points, each a mix of four texels, 255 / 2 / 4 * 2 / 3.
    texture = np.random.default_rng(0).integers(0, 2, (1024, 1024, 1), dtype=np.uint8).repeat(3, axis=2) * np.uint8(255)
    image = drawer.draw(prepare(square(0.0, 0.8, Material((1.0, 1.0, 1.0), texture)), np.eye(4)), FRONT)[0]
    inside = image[image[..., 3] == 255][:, 0].astype(float)
    assert len(inside) > 5000
    assert inside.mean() == pytest.approx(127.5, abs=3)
    assert inside.std() < (22 if drawer.case.render.backend == "blender" else 16)


TILE = 3  # pixels: the middle one sees nothing of the tiles around


def mosaic(texture: UInt8[np.ndarray, "h w 3"]) -> Mesh:
    """A tile of TILE x TILE pixels for each texel, all of whose corners have the uv of the texel's middle."""
    height, width = texture.shape[:2]
    row, column = (index.ravel()[:, None] for index in np.mgrid[:height, :width])
    x = TILE * np.add(column, [0, 1, 1, 0]) - (TILE * width // 2)
    y = TILE * height // 2 - TILE * np.add(row, [1, 1, 0, 0])
    faces = (4 * np.arange(height * width)[:, None, None] + [[0, 1, 2], [0, 2, 3]]).reshape(-1, 3)
    middle = np.concatenate([(column + 0.5) / width, 1 - (row + 0.5) / height], axis=1)
    return Mesh(
        vertices=PIXEL * np.stack([x, y, 0 * x], axis=-1).reshape(-1, 3),
        faces=faces.astype(np.int32),
        uv=middle.repeat(6, axis=0).reshape(-1, 3, 2),
        face_material=np.zeros(len(faces), dtype=np.int32),
        materials=(Material((1.0, 1.0, 1.0), texture),),
    )


@every("unlit")
@pytest.mark.parametrize(("height", "width"), [(1, 7), (7, 1), (3, 5), (17, 33)])
def test_every_texel_is_in_its_place_whatever_the_size(drawer: Drawer, height: int, width: int) -> None:
    texture = np.random.default_rng(4).integers(0, 256, (height, width, 3), dtype=np.uint8)
    mesh = prepare(mosaic(texture), np.eye(4))
    image = drawer.draw(mesh, FRONT)[0]
    left, top = (CAMERA.size // 2 - (TILE * texels // 2) for texels in (width, height))
    np.testing.assert_array_equal(drawer.draw(mesh, FRONT)[0], image)
    middles = image[top + 1 : top + TILE * height : TILE, left + 1 : left + TILE * width : TILE]
    assert np.abs(middles[..., :3].astype(int) - texture).max() <= 3
    assert (middles[..., 3] == 255).all()


@every("unlit")
def test_a_texture_longer_than_any_driver_takes_is_drawn(drawer: Drawer) -> None:
    texture = np.full((4, 40_000, 3), RED, dtype=np.uint8)
    texture[:, 20_000:] = GREEN
    image = drawer.draw(prepare(square(0.0, 0.8, Material((1.0, 1.0, 1.0), texture)), np.eye(4)), FRONT)[0]
    for column, colour in ((32, RED), (53, RED), (75, GREEN), (96, GREEN)):
        assert np.abs(image[64, column, :3].astype(int) - colour).max() <= 3


def sharing() -> PreparedMesh:
    """A square of two triangles, lower right and upper left, whose materials share a texture but not their colour."""
    texture = np.full((2, 2, 3), RED, dtype=np.uint8)
    materials = (Material((1.0, 1.0, 1.0), texture), Material((0.5, 1.0, 1.0), texture))
    mesh = replace(square(0.0, 0.8, WHITE), face_material=np.array([0, 1], dtype=np.int32), materials=materials)
    return prepare(mesh, np.eye(4))


@every("unlit")
def test_materials_that_share_a_texture_keep_their_colours(drawer: Drawer) -> None:
    image = drawer.draw(sharing(), FRONT)[0]
    assert np.abs(image[75, 85, :3] - np.array(RED)).max() <= 1
    assert np.abs(image[53, 42, :3] - np.array(RED) * (0.5, 1.0, 1.0)).max() <= 1


@every("unlit")
def test_what_a_file_makes_transparent_is_drawn_opaque(drawer: Drawer) -> None:
    glass = Material((1.0, 0.0, 0.0), None, transparent=True)
    image = drawer.draw(prepare(square(0.0, 0.8, glass), np.eye(4)), look_at(np.array([0.0, 0.0, 1.3]))[None])[0]
    assert image[64, 64].tolist() == [255, 0, 0, 255]


@every("unlit")
def test_both_sides_of_a_face_are_drawn(drawer: Drawer) -> None:
    mesh = prepare(square(0.0, 0.8, Material((1.0, 0.0, 0.0), None)), np.eye(4))
    images = drawer.draw(mesh, np.stack([look_at(np.array([0.0, 0.0, z])) for z in (1.3, -1.3)]))
    assert images[:, 64, 64].tolist() == [[255, 0, 0, 255]] * 2


@every("unlit")
def test_what_is_outside_the_image_is_not_drawn(drawer: Drawer) -> None:
    far_off = np.eye(4)
    far_off[0, 3] = 5.0
    assert not drawer.draw(prepare(cube(0.4), far_off), FRONT).any()


@every("shaded")
def test_light_falls_on_the_side_that_is_seen(drawer: Drawer) -> None:
    # A square seen from above lies in the light, from below in the ambient light alone, whatever its winding.
    mesh = prepare(cube(0.4, (WHITE,)), np.eye(4))
    poses = np.stack([look_at(np.array([0.02, y, 0.02])) for y in (1.3, -1.3)])
    top, bottom = (int(image[64, 64, 0]) for image in drawer.draw(mesh, poses))
    assert bottom == pytest.approx(255 * 0.42 ** (1 / 2.2), abs=2)
    assert top > bottom + 30


@every("unlit")
def test_alpha_is_straight_and_background_is_black(drawer: Drawer) -> None:
    mesh = prepare(cube(0.4, (WHITE,)), np.eye(4))
    image = drawer.draw(mesh, hemisphere_poses(np.random.default_rng(1), 1, CAMERA.radius))[0]
    alpha = image[..., 3]
    assert (image[alpha == 0] == 0).all()
    edge = (alpha > 0) & (alpha < 255)
    assert edge.sum() > 20
    assert (image[edge][:, :3] >= 250).all()  # white stays white where the pixel is half covered


@every("unlit")
def test_alpha_is_the_share_of_the_pixel_that_is_covered(drawer: Drawer) -> None:
    # The square's edges run along the pixels, a quarter of a pixel inside rows and columns 27 and 100.
    image = drawer.draw(prepare(square(0.0, 72.5 * PIXEL, WHITE), np.eye(4)), FRONT)[0]
    sides = np.stack([image[27, 28:100, 3], image[28:100, 27, 3], image[100, 28:100, 3], image[28:100, 100, 3]])
    assert (sides == 64).all()
    assert (image[28:100, 28:100, 3] == 255).all()
    assert not image[:27].any()


@every("shaded")
def test_drawing_twice_gives_the_same_bytes(drawer: Drawer) -> None:
    mesh = prepare(cube(0.4, (checker(),)), np.eye(4))
    poses = hemisphere_poses(np.random.default_rng(2), 3, CAMERA.radius)
    np.testing.assert_array_equal(drawer.draw(mesh, poses), drawer.draw(mesh, poses))


def with_marker(point: np.ndarray, object_too: bool) -> PreparedMesh:
    """A red sphere of radius 0.02 at a point, below it or beside it a blue cube."""
    sphere = trimesh.creation.icosphere(subdivisions=3, radius=0.02)
    red, blue = Material((1.0, 0.0, 0.0), None), Material((0.0, 0.0, 1.0), None)
    vertices, faces = sphere.vertices + point, sphere.faces.astype(np.int32)
    material = np.zeros(len(faces), dtype=np.int32)
    if object_too:
        below = cube(0.4)
        faces = np.concatenate([faces, below.faces + np.int32(len(vertices))])
        vertices = np.concatenate([vertices, below.vertices - (0, 0.2, 0)])
        material = np.concatenate([material, np.ones(len(below.faces), dtype=np.int32)])
    return prepare(Mesh(vertices, faces, np.zeros((len(faces), 3, 2)), material, (red, blue)), np.eye(4))


# Above the cube, which no camera higher than they are sees in front of them: off the image's centre to all sides.
MARKED = [(0.0, 0.05, 0.0), (0.3, 0.1, -0.25), (-0.35, 0.05, 0.1), (0.1, 0.35, 0.3), (-0.2, 0.1, -0.35)]


@every("unlit")
@pytest.mark.parametrize("object_too", [False, True])
@pytest.mark.parametrize("point", MARKED)
def test_a_marker_is_seen_where_its_point_is_projected(
    drawer: Drawer, point: tuple[float, float, float], object_too: bool
) -> None:
    centre = np.array(point)
    poses = hemisphere_poses(np.random.default_rng(3), 40, CAMERA.radius)
    poses = poses[poses[:, 1, 3] > 0.45][:8]
    images = drawer.draw(with_marker(centre, object_too), poses).astype(float) / 255
    u, v = np.meshgrid(*[np.arange(CAMERA.size) + 0.5] * 2)
    for image, pose in zip(images, poses, strict=False):
        weight = image[..., 0] * image[..., 3]  # red is the marker's alone
        seen = np.array([(weight * u).sum(), (weight * v).sum()]) / weight.sum()
        (projected,), (depth,) = project(centre[None], pose, centred_intrinsics(CAMERA.size, CAMERA.angle_x))
        # Seen whole: as many pixels as the disk. Its image is an ellipse off the axis, by a few in a hundred larger.
        radius = 0.02 / depth * CAMERA.size / 2 / np.tan(CAMERA.angle_x / 2)
        assert weight.sum() == pytest.approx(np.pi * radius**2, rel=0.15)
        assert np.linalg.norm(seen - projected) < 0.2


@pytest.mark.egl
@pytest.mark.parametrize(
    "drawer", [case for case in cases("unlit") if case.label == "pyrender"], indirect=True, ids=["pyrender"]
)
def test_pyrender_uploads_once_what_materials_share(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyrender import Texture

    made = []
    monkeypatch.setattr("pyrender.Texture", lambda **facts: made.append(facts) or Texture(**facts))
    drawer.draw(sharing(), FRONT)
    assert len(made) == 1


@pytest.mark.egl
def test_an_image_larger_than_the_driver_makes_is_a_sentence() -> None:
    # In a process of its own: giving a context back ends EGL for the whole process, and other tests hold one.
    code = """
from pipeline.errors import UserError
from pipeline.config.settings import load_settings
from render.backends.pyrender import PyrenderBackend
try:
    PyrenderBackend(load_settings().camera.model_copy(update={"size": 1_000_000}), "unlit")
except UserError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    if "finds no working EGL" in told:
        pytest.skip(told)
    assert re.fullmatch(
        r"camera\.size is 1000000, but backend pyrender draws 4 times as large and this driver's limit is \d+ pixels: "
        r"set camera\.size to at most \d+, or render\.backend to raycast\.\n",
        told,
    )


@pytest.mark.parametrize("error", [ImportError, AttributeError, OSError])
def test_half_an_installation_of_graphics_libraries_is_a_sentence(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "pyrender":
                raise error("no attribute eglGetDisplay")

    monkeypatch.delitem(sys.modules, "pyrender", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(UserError, match=r"finds no working EGL \(no attribute eglGetDisplay\): install libegl1"):
        PyrenderBackend(CAMERA, "unlit")
