"""pixel-nerf's evaluation on a made-up folder of SRN's layout, beside a plain loop."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import featurenerf
from eval.given_views import GivenViewTask, over_background, true_view
from featurenerf.measured.views import GivenObjects, open_objects
from pipeline.cli import main
from pipeline.datasets.views.view_source import Intrinsics
from tests.datasets.views.view_folders import known_views, write_srn
from train.model_files import load_model
from train.rendering.rendered_rays import RenderedRays

OFF_CENTRE = Intrinsics(36.0, 36.0, 15.25, 17.5)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two test objects of 4 and 6 views of 32 x 32 pixels, and one to train on."""
    root = tmp_path / "srn"
    for folder, count in (("cars_test/a", 4), ("cars_test/b", 6), ("cars_train/c", 4)):
        write_srn(root / folder, known_views(count, OFF_CENTRE, 32, 32))
    return root


def evaluated(root: Path, model: Path, *more: str) -> Result:
    usual = {"--field": str(model), "--category": "car", "--device": "cpu"}
    words = ["evaluate-views", str(root), *more, *(w for k, v in usual.items() if k not in more for w in (k, v))]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def read_plainly(folder: Path, number: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture in 0..1 over white, and its camera-to-world with OpenGL axes."""
    picture = np.asarray(Image.open(folder / f"rgb/{number:06}.png").convert("RGB"), dtype=np.float32) / 255
    pose = np.array(list(map(float, (folder / f"pose/{number:06}.txt").read_text().split()))).reshape(4, 4)
    return picture, (pose @ np.diag([1.0, -1.0, -1.0, 1.0])).astype(np.float32)


def plain_object(field: featurenerf.Field, folder: Path, count: int, sources: list[int]) -> tuple[float, float]:
    """pixel-nerf's loop over one object, by the model's own functions and scikit-image's with its arguments."""
    trained, k = field.renderer.field, torch.tensor([36.0, 36.0, 15.25, 17.5])
    pictures, poses = zip(*(read_plainly(folder, number) for number in range(count)), strict=True)
    black = [np.where((pictures[s] == 1).all(-1, keepdims=True), 0, pictures[s]) for s in sources]
    encoded = trained.encode(
        torch.from_numpy(np.stack(black)),
        torch.from_numpy(np.stack([poses[s] for s in sources])),
        k.expand(len(sources), 4),
    )
    pixels = torch.cartesian_prod(torch.arange(32), torch.arange(32))
    psnr, ssim = [], []
    for number in range(count):
        if number in sources:
            continue
        rays = trained.render_pixels(encoded, torch.from_numpy(poses[number]), k, pixels, 512)
        image = (rays.rgb + 1 - rays.weight_sum[:, None]).clamp(0, 1).reshape(32, 32, 3).numpy()
        psnr.append(peak_signal_noise_ratio(pictures[number], image, data_range=1))
        ssim.append(structural_similarity(image, pictures[number], channel_axis=-1, data_range=1))
    return float(np.mean(psnr)), float(np.mean(ssim))


@pytest.mark.parametrize("sources", [[1], [2, 0]])
def test_the_numbers_are_those_of_a_plain_loop(
    root: Path, model_folder: Path, tmp_path: Path, sources: list[int]
) -> None:
    out = tmp_path / "out.json"
    result = evaluated(root, model_folder, "--sources", ",".join(map(str, sources)), "--out", str(out))
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    field = featurenerf.load_field(model_folder, device="cpu")
    expected = [plain_object(field, root / f"cars_test/{name}", count, sources) for name, count in (("a", 4), ("b", 6))]
    measured = [(each["means"]["psnr"], each["means"]["ssim"]) for each in found["objects"]]
    np.testing.assert_allclose(measured, expected, rtol=2e-4)
    assert [each["views"] for each in found["objects"]] == [4 - len(sources), 6 - len(sources)]
    # Objects count alike, however many views they have.
    psnr, ssim = np.mean(expected, axis=0)
    assert found["summary"]["psnr"]["mean"] == pytest.approx(psnr, rel=2e-4)
    assert found["summary"]["ssim"]["mean"] == pytest.approx(ssim, rel=2e-4)
    assert found["model"] == load_model(model_folder, torch.device("cpu")).digest
    assert f"PSNR {psnr:.2f} (too few objects for an interval)" in result.output
    assert "2 objects" in result.output


def test_views_are_put_over_their_background() -> None:
    def of(*values: float) -> torch.Tensor:
        return torch.tensor(values).reshape(1, 1, -1)

    nothing = torch.zeros(1, 1, 0)
    rays = RenderedRays(of(0.2, 0.1, 0.0), torch.ones(1, 1), torch.full((1, 1), 0.25), nothing, nothing, nothing)
    np.testing.assert_allclose(over_background(rays, "white"), [[[0.95, 0.85, 0.75]]])
    np.testing.assert_allclose(over_background(rays, "black"), [[[0.2, 0.1, 0.0]]])
    rgba = np.array([[[255, 0, 51, 51]]], dtype=np.uint8)  # a fifth opaque
    np.testing.assert_allclose(true_view(rgba, "black"), [[[0.2, 0.0, 0.04]]], atol=1e-6)
    np.testing.assert_allclose(true_view(rgba, "white"), [[[1.0, 0.8, 0.84]]], atol=1e-6)


def test_targets_are_all_other_views_or_some_at_even_distances() -> None:
    assert GivenViewTask((64,)).target_views(251).tolist() == [n for n in range(251) if n != 64]
    assert len(GivenViewTask((64, 104)).target_views(251)) == 249
    assert GivenViewTask((1,), targets=2).target_views(5).tolist() == [0, 4]
    assert GivenViewTask((1,), targets=9).target_views(3).tolist() == [0, 2]
    with pytest.raises(ValueError, match="has 64 views, so none with the number 64"):
        GivenViewTask((64,)).target_views(64)
    with pytest.raises(ValueError, match="no view beside"):
        GivenViewTask((0,)).target_views(1)


def test_bad_objects_are_skipped_with_the_reason(root: Path, model_folder: Path, tmp_path: Path) -> None:
    (root / "cars_test/b/pose/000003.txt").write_text("1 2 3")
    write_srn(root / "cars_test/short", known_views(2, OFF_CENTRE, 32, 32))
    out = tmp_path / "out.json"
    result = evaluated(root, model_folder, "--sources", "2", "--targets", "3", "--out", str(out))
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    assert [each["key"]["id"] for each in found["objects"]] == ["a"]
    assert "has 3 numbers, not 16" in found["skipped"]["b"]
    assert "has 2 views, so none with the number 2" in found["skipped"]["short"]
    assert "skipped short" in result.output


def test_results_have_a_place_of_their_own(
    root: Path, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = evaluated(root, model_folder, "--sources", "0 2", "--targets", "1", "--objects", "1")
    assert result.exit_code == 0, result.output
    assert Path("results/views/ball.car-test-0-2.json").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sources", "a"], "give numbers of views"),
        (["--sources", "1,1"], "view 1 is named twice"),
        (["--sources", "64"], "no object of car could be measured; a: "),
        (["--layout", "zip"], "--layout must be one of srn"),
        (["--split", "val"], "has no object of car in the split val"),
        (["--category", "chair"], "has no folder"),
        (["--field", "gone"], "gone is no folder"),
    ],
)
def test_a_mistake_is_a_sentence(root: Path, model_folder: Path, words: list[str], message: str) -> None:
    result = evaluated(root, model_folder, *words)
    assert result.exit_code == 2
    assert message in result.output


def test_the_cameras_unit_is_scaled_into_the_fields(root: Path, camera) -> None:
    source, keys = open_objects(GivenObjects(root, "srn", "car", scale=0.5), camera)
    assert [key.id for key in keys] == ["a", "b"]
    np.testing.assert_allclose(np.linalg.det(source.world_from_source(keys[0])[:3, :3]), 0.125)
