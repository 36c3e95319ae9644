"""The Blender backend: its child process, what the two say to each other, and each engine on a small mesh."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.settings import Blender, Device, load_settings
from pipeline.datasets.records import Material
from pipeline.errors import UserError
from render.backends.blender.blender import BlenderBackend
from render.backends.blender.drawing import drawing
from render.backends.blender.frames import receive, send
from render.backends.blender.pixels import to_image
from render.cameras import hemisphere_poses, look_at
from render.lighting import light
from render.prepared_mesh import PreparedMesh, prepare
from tests.dask_processes import is_alive
from tests.render.meshes import cube, square

CAMERA = load_settings().camera.model_copy(update={"size": 32})
FRONT = look_at(np.array([0.0, 0.0, 1.3]))[None]
BPY = importlib.util.find_spec("bpy")


def needs_bpy(test: Callable[..., None]) -> Callable[..., None]:
    absent = pytest.mark.skipif(BPY is None, reason='bpy is absent: pip install -e ".[blender]"')
    return pytest.mark.blender(absent(test))  # type: ignore[no-any-return]


def backend_of(
    engine: str = "cycles", samples: int = 16, lighting: str = "unlit", device: Device = "cpu"
) -> BlenderBackend:
    settings = Blender.model_validate({"engine": engine, "samples": samples})
    return BlenderBackend(CAMERA, lighting, settings, device)


def square_of(material: Material) -> PreparedMesh:
    return prepare(square(0.0, 0.8, material), np.eye(4))


def plain_square(colour: tuple[float, float, float] = (0.2, 0.4, 0.8)) -> PreparedMesh:
    return square_of(Material(colour, None))


# --- without bpy


def test_a_frame_arrives_as_it_was_sent() -> None:
    ours, theirs = socket.socketpair()
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {
        "image": rng.integers(0, 256, (4, 5, 3)).astype(np.uint8)[:, ::-1],
        "poses": rng.normal(size=(2, 4, 4)),
        "faces": np.zeros((0, 3), dtype=np.int32),
        "light": rng.random((3, 3)).astype(np.float32).T,
    }
    with ours, theirs:
        for facts in ({"near": 0.1, "name": "Blender"}, {}):
            send(ours, facts, arrays)
            frame = receive(theirs)
            assert frame.facts == facts
            assert frame.arrays.keys() == arrays.keys()
            for name, array in arrays.items():
                assert frame.arrays[name].dtype == array.dtype
                np.testing.assert_array_equal(frame.arrays[name], array)


@pytest.mark.parametrize("kept", [0, 5, 16, 20, -1])
def test_a_channel_that_closes_ends_the_wait(kept: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, {"near": 0.1}, {"light": np.ones(3)})
        whole = theirs.recv(10_000)
        ours.sendall(whole[:kept])
        ours.close()
        with pytest.raises(EOFError):
            receive(theirs)


def test_the_two_sides_of_a_face_get_their_own_light() -> None:
    mesh = prepare(cube(0.4), np.eye(4))
    arrays = drawing(mesh, FRONT, "shaded")
    up = np.einsum("fij,j->fi", mesh.normal, [0.0, 1.0, 0.0]).min(axis=1) > 0.9
    assert up.sum() == 2
    np.testing.assert_allclose(arrays["front"][up], light(np.array([[0.0, 1.0, 0.0]])).item(), rtol=1e-6)
    np.testing.assert_allclose(arrays["back"][up], 0.42 ** (1 / 2.2), rtol=1e-6)  # from below: ambient light alone
    unlit = drawing(mesh, FRONT, "unlit")
    assert (unlit["front"] == 1).all() and (unlit["back"] == 1).all()


def test_only_textures_of_faces_are_sent() -> None:
    texture = np.zeros((2, 2, 3), dtype=np.uint8)
    materials = (Material((1, 1, 1), None), Material((1, 1, 1), texture), Material((1, 1, 1), texture))
    mesh = replace(cube(0.4, materials), face_material=np.array([0, 1] * 6, dtype=np.int32))
    arrays = drawing(prepare(mesh, np.eye(4)), FRONT, "unlit")
    assert [name for name in arrays if name.startswith("texture")] == ["texture.0"]
    assert arrays["material_texture"].tolist() == [-1, 0, -1]


def test_a_texture_that_materials_share_is_sent_once() -> None:
    first, second = (np.full((2, 2, 3), value, dtype=np.uint8) for value in (1, 2))
    textures = (first, None, second, first, first.copy())
    materials = tuple(Material((1, 1, 1), texture) for texture in textures)
    mesh = replace(cube(0.4, materials), face_material=np.array([4, 3, 2, 1, 0, 0] * 2, dtype=np.int32))
    arrays = drawing(prepare(mesh, np.eye(4)), FRONT, "unlit")
    assert [name for name in arrays if name.startswith("texture.")] == ["texture.0", "texture.1", "texture.2"]
    for texture, number in zip(textures, arrays["material_texture"].tolist(), strict=True):
        assert number == -1 if texture is None else arrays[f"texture.{number}"] is texture


def test_the_mean_of_a_block_has_straight_alpha() -> None:
    fine = np.zeros((4, 4, 4), dtype=np.float32)
    fine[0, :2] = [1.0, 0.5, 0.0, 1.0]  # pixel (0, 0): half covered
    fine[:2, 2:] = [0.2, 0.2, 0.2, 1.0]
    fine[1, 3] = [0.8, 0.8, 0.8, 1.0]  # pixel (0, 1): the mean of coded values
    fine[2, 0] = [1.0, 1.0, 1.0, 1e-4]  # pixel (1, 0): alpha rounds to 0
    assert to_image(fine, 2).tolist() == [
        [[255, 128, 0, 128], [89, 89, 89, 255]],
        [[0, 0, 0, 0], [0, 0, 0, 0]],
    ]


@pytest.mark.parametrize(
    ("engine", "bpy", "sentence"),
    [
        (
            "cycles",
            "raise ModuleNotFoundError('', name='bpy')",
            r'needs bpy.*pip install -e "\.\[blender\]"',
        ),
        (
            "cycles",
            "raise ImportError('libXi.so.6: cannot open')",
            r"cannot load bpy \(libXi.*install the system library",
        ),
        ("cycles", "import os; os.abort()", r"engine cycles \(signal SIGABRT, .*machine.device to cpu"),
        ("workbench", "import os; os._exit(3)", r"engine workbench \(exit code 3, no word\): .*libegl1"),
    ],
)
def test_a_blender_that_cannot_start_is_a_sentence_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, bpy: str, sentence: str
) -> None:
    (tmp_path / "bpy.py").write_text(bpy)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(UserError, match=sentence):
        backend_of(engine)


# --- with bpy


@pytest.fixture(scope="module")
def cycles() -> Iterator[BlenderBackend]:
    backend = backend_of()
    yield backend
    backend.close()


@pytest.fixture
def own() -> Iterator[Callable[..., BlenderBackend]]:
    """Backends that the test may ruin."""
    made: list[BlenderBackend] = []

    def make(engine: str = "cycles", samples: int = 4, lighting: str = "unlit") -> BlenderBackend:
        made.append(backend_of(engine, samples, lighting))
        return made[-1]

    yield make
    for backend in made:
        backend.close()


ENGINES = [
    "cycles",
    pytest.param("workbench", marks=pytest.mark.egl),
    pytest.param("eevee", marks=[pytest.mark.egl, pytest.mark.long]),  # seconds a view without a GPU
]


def drawn_by(own: Callable[..., BlenderBackend], engine: str, lighting: str) -> BlenderBackend:
    try:
        return own(engine, lighting=lighting)
    except UserError as error:
        if engine == "cycles":
            raise
        pytest.skip(str(error))


@needs_bpy
@pytest.mark.parametrize("engine", ENGINES)
def test_each_side_shows_texture_times_colour_times_its_light(own: Callable[..., BlenderBackend], engine: str) -> None:
    colours = np.array([[[250, 40, 90], [30, 160, 60]], [[10, 20, 240], [128, 129, 130]]], dtype=np.uint8)
    tint = np.array([1.0, 0.5, 0.8])
    texture = colours.repeat(16, axis=0).repeat(16, axis=1)
    mesh = square_of(Material((1.0, 0.5, 0.8), texture))
    backend = drawn_by(own, engine, "shaded")
    assert backend.name.lower().startswith(f"blender 4.2.23 {engine} on ")
    for z in (1.3, -1.3):
        image = backend.draw(mesh, look_at(np.array([0.0, 0.0, z]))[None])[0]
        factor = light(np.array([[0.0, 0.0, np.sign(z)]])).item()
        for row in (0, 1):
            for column in (0, 1):
                pixel = image[13 + 6 * row, 13 + 6 * column]
                shown = colours[row, column if z > 0 else 1 - column]  # from behind u runs to the left
                np.testing.assert_allclose(pixel[:3], shown * tint * factor, atol=1)
                assert pixel[3] == 255


@needs_bpy
def test_texels_are_mixed_as_coded_values(cycles: BlenderBackend) -> None:
    # Halfway between a black and a white texel stands 127.5; in linear light it would be 188.
    texture = np.zeros((1, 2, 3), dtype=np.uint8)
    texture[:, 1] = 255
    mesh = square_of(Material((1.0, 1.0, 1.0), texture))
    row = cycles.draw(mesh, FRONT)[0, 16, :, 0].astype(float)
    assert row[15] + row[16] == pytest.approx(255, abs=4)
    assert 90 < row[15] < row[16] < 165


@needs_bpy
@pytest.mark.parametrize("engine", ENGINES[:2])
def test_the_same_bytes_from_another_process_and_after_other_objects(
    own: Callable[..., BlenderBackend], engine: str
) -> None:
    rng = np.random.default_rng(0)
    poses = hemisphere_poses(rng, 1, 1.3)
    # Alike in all but their texels: what an engine keeps of one must not show on the next.
    textures = rng.integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)
    meshes = [square_of(Material((1.0, 1.0, 1.0), texture)) for texture in textures]
    backend = drawn_by(own, engine, "unlit")
    drawn = [backend.draw(mesh, poses) for mesh in [*meshes, meshes[0]]]
    assert (drawn[0] != drawn[1]).any()
    np.testing.assert_array_equal(drawn[3], drawn[0])
    np.testing.assert_array_equal(drawn_by(own, engine, "unlit").draw(meshes[2], poses), drawn[2])
    assert "bpy" not in sys.modules


@needs_bpy
def test_a_child_that_dies_costs_one_object(own: Callable[..., BlenderBackend]) -> None:
    backend, mesh = own(), plain_square()
    image = backend.draw(mesh, FRONT)
    assert backend.pid is not None
    os.kill(backend.pid, signal.SIGSEGV)
    with pytest.raises(RuntimeError, match="Blender died while it drew: signal SIGSEGV"):
        backend.draw(mesh, FRONT)
    assert backend.pid is None
    np.testing.assert_array_equal(backend.draw(mesh, FRONT), image)


@needs_bpy
def test_an_object_that_cannot_be_drawn_leaves_the_child_fit(cycles: BlenderBackend) -> None:
    mesh, pid = plain_square(), cycles.pid
    image = cycles.draw(mesh, FRONT)
    hollow = Material((1.0, 1.0, 1.0), np.zeros((0, 4, 3), dtype=np.uint8))
    with pytest.raises(RuntimeError, match="Blender cannot draw this: TypeError"):
        cycles.draw(replace(mesh, materials=(hollow,)), FRONT)
    np.testing.assert_array_equal(cycles.draw(mesh, FRONT), image)
    assert cycles.pid == pid


@needs_bpy
def test_an_interrupt_does_not_reach_the_child(own: Callable[..., BlenderBackend]) -> None:
    backend, mesh = own(), plain_square()
    pid = backend.pid
    assert pid is not None and os.getpgid(pid) != os.getpgid(0)
    os.kill(pid, signal.SIGINT)
    assert backend.draw(mesh, FRONT)[0, 16, 16].tolist() == [51, 102, 204, 255]
    assert backend.pid == pid


@needs_bpy
def test_an_interrupted_draw_leaves_no_answer_for_the_next(
    own: Callable[..., BlenderBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    backend = own()
    pid = backend.pid
    monkeypatch.setattr("render.backends.blender.process.receive", interrupted)
    with pytest.raises(KeyboardInterrupt):
        backend.draw(plain_square((1.0, 0.0, 0.0)), FRONT)
    monkeypatch.undo()
    assert pid is not None and not is_alive(pid)
    assert backend.draw(plain_square(), FRONT)[0, 16, 16].tolist() == [51, 102, 204, 255]


@needs_bpy
def test_a_gpu_that_is_asked_for_and_absent_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"):
        monkeypatch.setenv(name, "-1")
    with pytest.raises(UserError, match=r"machine.device is cuda, but Cycles finds no GPU"):
        backend_of(device="cuda")
    backend = backend_of(device="auto")
    backend.close()
    assert backend.name.endswith("Cycles on CPU")


@needs_bpy
def test_close_ends_the_child_and_nothing_is_left(
    own: Callable[..., BlenderBackend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for kill in (False, True):
        backend = own()
        backend.draw(plain_square(), FRONT)
        pid = backend.pid
        assert pid is not None
        if kill:
            os.kill(pid, signal.SIGKILL)
        backend.close()
        backend.close()
        assert not is_alive(pid)
        assert list(tmp_path.iterdir()) == []


@needs_bpy
def test_the_child_ends_with_a_killed_parent_in_the_midst_of_a_render() -> None:
    code = """
import numpy as np
from tests.render.test_blender import FRONT, backend_of, plain_square
backend = backend_of(samples=4096)
print(backend.pid, flush=True)
backend.draw(plain_square(), FRONT.repeat(1000, axis=0))
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(1.0)  # it renders by now, for minutes
    assert is_alive(child)
    parent.kill()
    parent.communicate()
    until = time.monotonic() + 10
    while is_alive(child):
        assert time.monotonic() < until
        time.sleep(0.05)
