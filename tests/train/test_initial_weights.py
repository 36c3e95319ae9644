from pathlib import Path

import pytest
import torch

from pipeline.config.settings import Camera, Train
from pipeline.errors import UserError
from train.model_files import save_model
from train.network.model import FeatureField, new_model
from train.run.checkpoint import Reached, save_checkpoint
from train.run.initial_weights import load_initial_weights


@pytest.fixture
def other(settings: Train) -> FeatureField:
    return new_model(settings.model_copy(update={"seed": 5}), 6)


@pytest.mark.parametrize("kind", ["checkpoint", "model"])
def test_weights_and_statistics_are_another_runs(
    settings: Train, camera: Camera, other: FeatureField, tmp_path: Path, kind: str
) -> None:
    other.encoder.train()(torch.rand(2, 3, 32, 32))  # so that its running statistics are not the first ones
    if kind == "model":
        save_model(tmp_path, other, settings, camera)
        folder = tmp_path
    else:
        save_checkpoint(tmp_path, "f", other, torch.optim.Adam(other.parameters()), Reached(3, 1.0, {}))
        folder = tmp_path / "step-00000003"
    model = new_model(settings, 6)
    load_initial_weights(model, str(folder))
    expected = other.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())


def test_another_architecture_is_named(settings: Train, camera: Camera, other: FeatureField, tmp_path: Path) -> None:
    save_model(tmp_path, other, settings, camera)
    wider = new_model(settings.model_copy(update={"width": 24}), 6)
    with pytest.raises(UserError, match=r"model\.safetensors .* have \(.*16.*\) for 'network\..*', not \(.*24.*\)"):
        load_initial_weights(wider, str(tmp_path))
    with pytest.raises(UserError, match=r"have \(6, 16\) for 'network\.feature\.weight', not \(7, 16\)"):
        load_initial_weights(new_model(settings, 7), str(tmp_path))


def test_no_weights_and_broken_weights_are_sentences(settings: Train, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"neither state\.safetensors nor model\.safetensors is: name the folder"):
        load_initial_weights(new_model(settings, 6), str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"half a file")
    with pytest.raises(UserError, match=r"cannot be read as a safetensors file \(SafetensorError\)"):
        load_initial_weights(new_model(settings, 6), str(tmp_path))


def test_weights_of_other_pixel_centres_are_refused(
    settings: Train, camera: Camera, other: FeatureField, tmp_path: Path
) -> None:
    save_model(tmp_path, other, settings.model_copy(update={"pixel_centres": "corner"}), camera)
    with pytest.raises(UserError, match=r"model\.json was trained with pixel_centres corner: set train\.pixel_centres"):
        load_initial_weights(new_model(settings, 6), str(tmp_path))
    corner = settings.model_copy(update={"pixel_centres": "corner"})
    load_initial_weights(new_model(corner, 6), str(tmp_path))
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(UserError, match=r"is no model's record \(KeyError\)"):
        load_initial_weights(new_model(corner, 6), str(tmp_path))
