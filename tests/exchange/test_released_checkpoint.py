"""Checkpoints of the authors' code: an imported model is theirs, by a plain forward pass on their own state dict."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import Result

from pipeline.config.profiles import profile_settings
from pipeline.config.settings import Camera
from pipeline.errors import UserError
from pipeline.exchange.released_checkpoint import export_checkpoint, import_checkpoint
from pipeline.stores.weight_files import load_weights
from render.cameras import centred_intrinsics, focal, hemisphere_poses
from tests.exchange import plain_released as plain
from tests.stages.conftest import run_command
from train.model_files import load_model, save_model
from train.trained_field import TrainedField

CAMERA = Camera(size=128)
FOCAL = focal(CAMERA.size, CAMERA.angle_x)
WIDTH, CHANNELS = 32, 5
RELEASED = profile_settings("released")


def saved(state: dict[str, torch.Tensor], path: Path) -> Path:
    torch.save(state, path)
    return path


def imported(state: dict[str, torch.Tensor], folder: Path, network: str | None = None) -> TrainedField:
    import_checkpoint(saved(state, folder / "pixel_nerf_latest"), folder / "model", {}, CAMERA, CHANNELS, network)
    return load_model(folder / "model", torch.device("cpu"))


def views(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random images over black in 0..1 (n, h, w, 3), and poses that look at the object."""
    images = torch.rand(count, CAMERA.size, CAMERA.size, 3, generator=torch.Generator().manual_seed(3))
    return images, torch.from_numpy(hemisphere_poses(np.random.default_rng(4), count, CAMERA.radius)).float()


def intrinsics(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.asarray(centred_intrinsics(CAMERA.size, CAMERA.angle_x), np.float32)).expand(*shape, 4)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return plain.random_checkpoint(WIDTH, CHANNELS)


@pytest.fixture(scope="module")
def field(state: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> TrainedField:
    return imported(state, tmp_path_factory.mktemp("imported"))


@pytest.mark.parametrize("count", [1, 2])
def test_points_are_answered_as_the_authors_network_does(state, field: TrainedField, count: int) -> None:
    images, poses = views(count)
    maps = plain.encoded(state, images.movedim(-1, 1) * 2 - 1)
    points = torch.rand(50, 3, generator=torch.Generator().manual_seed(1)) - 0.5
    # Each is seen along the ray of the pixel that it projects to, truncated and clamped.
    x, y, z = ((points - poses[0, :3, 3]) @ poses[0, :3, :3]).T
    columns, rows = (
        (64 + sign * FOCAL * along / -z).long().clamp(0, 127).tolist() for sign, along in ((1, x), (-1, y))
    )
    rays = [plain.ray(poses[0], FOCAL, 128, row, column)[1] for row, column in zip(rows, columns, strict=True)]
    expected = plain.answers(state, maps, poses, FOCAL, 128, points, torch.stack(rays))
    source = field.encode(images, poses, intrinsics(count))
    given = field.query_points(source, points, poses[0], intrinsics(), 20)
    answers = (given.rgb, given.density, given.feature, given.coordinate, given.internal)
    for ours, theirs in zip(answers, expected, strict=True):
        assert theirs.abs().max() > 0.1
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("own", [True, False], ids=["own camera", "other camera"])
def test_pixels_are_rendered_as_the_authors_renderer_does(state, field: TrainedField, own: bool) -> None:
    images, poses = views(2)
    source = field.encode(images[:1], poses[:1], intrinsics(1))
    maps = plain.encoded(state, images[:1].movedim(-1, 1) * 2 - 1)
    pixels = torch.tensor([[0, 0], [127, 127], [64, 64], [30, 90]])
    target = poses[0 if own else 1]
    given = field.render_pixels(source, target, intrinsics(), pixels, 3)
    for number, (row, column) in enumerate(pixels.tolist()):
        expected = plain.rendered(state, maps, poses[:1], FOCAL, 128, target, row, column)
        answers = (given.rgb, given.depth, given.feature, given.internal)
        for ours, theirs in zip(answers, expected, strict=True):
            torch.testing.assert_close(ours[number], theirs, rtol=0, atol=1e-5)


def test_the_released_conventions_are_recorded(field: TrainedField) -> None:
    settings, released = field.settings, RELEASED.train
    assert (settings.pixel_centres, settings.feature_border, settings.density_start) == ("corner", "zero", "kaiming")
    assert (settings.width, settings.blocks, settings.frequencies) == (WIDTH, 5, 6)
    assert (settings.coarse_samples, settings.importance_samples, settings.depth_samples) == (64, 16, 16)
    assert (settings.steps, settings.epochs, settings.encoder_weights) == (0, None, None)
    assert settings.settling_steps == released.settling_steps == 0
    assert field.camera == CAMERA


def test_export_and_import_are_the_identity(field: TrainedField, state, tmp_path: Path) -> None:
    save_model(tmp_path / "first", field.model, field.settings, CAMERA)
    export_checkpoint(tmp_path / "first", tmp_path / "checkpoint")
    written = load_weights((tmp_path / "checkpoint").read_bytes(), safe=False)
    assert written.keys() == state.keys()  # what the authors' strict load asks for
    assert all(written[name].shape == value.shape for name, value in state.items())
    unread = ("encoder.model.layer4.", "code.")
    assert all(torch.equal(written[name], value) for name, value in state.items() if not name.startswith(unread))
    assert written["code._freqs"][0, :4, 0].tolist() == [1.5, 1.5, 3, 3]
    assert written["code._phases"][0, :4, 0].tolist() == pytest.approx([0, np.pi / 2, 0, np.pi / 2])
    names = [name for name in state if name.startswith(("mlp_fine.", *unread))]  # the network's other name, and unread
    for given in (written, without(state, *names)):
        back = imported(given, tmp_path).model.state_dict()
        assert back.keys() == field.model.state_dict().keys()
        assert all(torch.equal(back[name], value) for name, value in field.model.state_dict().items())


def without(state, *names: str) -> dict[str, torch.Tensor]:
    return {name: value for name, value in state.items() if name not in names}


def test_pixel_nerf_has_two_networks_and_no_feature(tmp_path: Path) -> None:
    state = plain.random_checkpoint(WIDTH, 0, heads=False)
    state = {n: v + (0.5 if n == "mlp_fine.lin_z.1.bias" else 0) for n, v in state.items()}
    with pytest.raises(UserError, match=r"two networks: 'mlp_fine.lin_z.1.bias' .* --network coarse or fine"):
        imported(state, tmp_path)
    for network in ("coarse", "fine"):
        field = imported(state, tmp_path, network)
        own = field.model.network
        assert torch.equal(own.injections[1].bias, state[f"mlp_{network}.lin_z.1.bias"])
        assert torch.equal(own.rgb.weight, state["mlp_coarse.lin_out.weight"][:3])
        assert torch.equal(own.density.bias, state["mlp_coarse.lin_out.bias"][3:])
        assert own.feature.weight.shape == (CHANNELS, WIDTH)
        assert not own.feature.weight.any()
        assert not own.coordinate.bias.any()
        assert field.settings.feature_weight == field.settings.coordinate_weight == 0


class Call:
    """Pickled, it makes a file when it is loaded by a reader that executes."""

    def __reduce__(self):
        return Path.touch, (Path("executed"),)


LAST, ENTRY = "mlp_coarse.lin_out.weight", "mlp_coarse.lin_in.weight"
BIAS, ONE_BLOCK = "mlp_coarse.lin_in.bias", re.compile(r"\.blocks\.[1-9]")
WRONG = [
    (lambda s: without(s, "encoder.model.bn1.bias"), "lack 'encoder.model.bn1.bias'"),
    (lambda s: without(s, ENTRY), f"lack '{ENTRY}'"),
    (lambda s: without(s, "mlp_coarse.blocks.2.fc_1.bias"), "lack 'mlp_coarse.blocks.2.fc_1.bias'"),
    (lambda s: without(s, *filter(ONE_BLOCK.search, s)), "hold 1 residual blocks"),
    (lambda s: {**s, "global_encoder.fc.bias": torch.zeros(3)}, "hold 'global_encoder.fc.bias'"),
    (lambda s: {**s, BIAS: torch.zeros(3)}, rf"have \(3,\) for '{BIAS}', not \(32,\)"),
    (lambda s: {**s, BIAS: s[BIAS] * float("nan")}, f"hold values in '{BIAS}' that are not finite"),
    (lambda s: {**s, ENTRY: torch.zeros(3)}, f"have .* for '{ENTRY}', which should be a matrix"),
    (lambda s: {**s, ENTRY: torch.zeros(WIDTH, 40)}, "no positional code"),
    (lambda s: {**s, LAST: torch.zeros(6, WIDTH)}, "have 6 rows in 'mlp_coarse.lin_out.weight'"),
    (lambda s: {**s, ENTRY: s[ENTRY].double()}, f"have '{ENTRY}' as torch.float64, not torch.float32"),
    (lambda s: {**s, ENTRY: torch.zeros(1, 1).expand(10**6, 10**6)}, "claim more numbers"),
    (lambda _: {"epoch": 3}, "are no state dict"),
    (lambda _: {BIAS: Call()}, r"cannot be read as a .pth file of plain tensors"),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_what_does_not_fit_is_named_and_not_executed(
    state, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    unread = ("mlp_fine.", "encoder.model.layer4.")
    changed = without(change(state), *(name for name in state if name.startswith(unread)))
    with pytest.raises(UserError, match=sentence):
        imported(changed, tmp_path)
    assert not (tmp_path / "model").exists() and not Path("executed").exists()


def test_a_packed_checkpoint_is_refused_before_it_is_unpacked(state, tmp_path: Path) -> None:
    path, packed = saved(state, tmp_path / "a.pth"), tmp_path / "packed.pth"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            archive.writestr(name, bytes(len(whole.read(name))))
    with pytest.raises(UserError, match="cannot be read"):
        import_checkpoint(packed, tmp_path / "model", {}, CAMERA, 4)


def test_a_model_that_was_trained_here_is_not_replaced(field: TrainedField, state, tmp_path: Path) -> None:
    path, folder = saved(state, tmp_path / "a.pth"), tmp_path / "model"
    save_model(folder, field.model, field.settings, CAMERA)
    with pytest.raises(UserError, match="holds other files than an imported model"):
        import_checkpoint(path, folder, {}, CAMERA, 4)
    import_checkpoint(path, tmp_path / "other", {}, CAMERA, 4)
    first = {file.name: file.read_bytes() for file in (tmp_path / "other").iterdir()}
    (tmp_path / "other" / "model.json").unlink()  # as if killed
    import_checkpoint(path, tmp_path / "other", {}, CAMERA, 4)
    assert {file.name: file.read_bytes() for file in (tmp_path / "other").iterdir()} == first


def run(*words: object) -> Result:
    return run_command(*map(str, words))


def test_the_commands(state, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    saved(state, Path("pixel_nerf_latest"))
    assert run("profile", "released").exit_code == 0
    asked = ("import", "released-checkpoint", "pixel_nerf_latest", "--category", "chair")
    done = run(*asked, "--teacher", "dino")
    assert done.exit_code == 0, done.output
    assert "models/chair-dino-released: width 32, 5 blocks, 6 frequencies" in done.output
    origin = json.loads(Path("models/chair-dino-released/origin.json").read_text())
    assert origin.pop("sha256")
    assert origin == {"category": "chair", "teacher": "dino", "network": "both", "file": "pixel_nerf_latest"}
    done = run("export", "released-checkpoint", "models/chair-dino-released", "--out", "again/checkpoint")
    assert done.exit_code == 0, done.output
    assert "loses" not in done.output
    assert len(load_weights(Path("again/checkpoint").read_bytes(), safe=False)) == len(state)
    assert run(*asked).exit_code == 2  # of which teacher?
    missing = run("import", "released-checkpoint", "no-such-file", "-c", "chair", "-t", "dino")
    assert (missing.exit_code, "no-such-file is missing" in missing.output) == (2, True)


def test_an_export_warns_of_the_other_convention(field: TrainedField, tmp_path: Path) -> None:
    half = field.settings.model_copy(update={"pixel_centres": "half"})
    save_model(tmp_path / "half", field.model, half, CAMERA)
    said = run("export", "released-checkpoint", tmp_path / "half", "--out", tmp_path / "c")
    assert "loses up to 4 points" in said.output
    save_model(tmp_path / "small", field.model, half.model_copy(update={"encoder": "small"}), CAMERA)
    refused = run("export", "released-checkpoint", tmp_path / "small", "--out", tmp_path / "d")
    assert refused.exit_code == 2
