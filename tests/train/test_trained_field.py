import json
from pathlib import Path

import pytest
import torch

from pipeline.errors import UserError
from pipeline.settings import Camera, Train
from train.network.model import new_model
from train.objects.host_objects import HostObjects
from train.objects.over_black import over_black
from train.trained_field import TrainedField, load_model, save_model

CPU = torch.device("cpu")


@pytest.fixture
def field(settings: Train, camera: Camera) -> TrainedField:
    model = new_model(settings, 6)
    torch.manual_seed(0)
    for parameter in model.network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    torch.nn.init.constant_(model.network.density.bias, 1.0)
    return TrainedField(model.eval(), settings, camera)


def pixels() -> torch.Tensor:
    return torch.stack(torch.meshgrid(torch.arange(9, 21), torch.arange(5, 15), indexing="ij"), dim=-1).reshape(-1, 2)


def test_a_saved_model_answers_as_before(field: TrainedField, objects: HostObjects, tmp_path: Path) -> None:
    save_model(tmp_path / "model", field.model, field.settings, field.camera)
    loaded = load_model(tmp_path / "model", CPU)
    assert (loaded.settings, loaded.camera) == (field.settings, field.camera)
    assert not loaded.model.training
    answers = [
        one.render_pixels(
            one.encode(objects.object(0).rgba[:2], objects.object(0).pose[:2]),
            objects.object(0).pose[2],
            pixels(),
            1000,
        )
        for one in (field, loaded)
    ]
    assert torch.equal(answers[0].rgb, answers[1].rgb)
    assert torch.equal(answers[0].internal, answers[1].internal)


def test_a_saved_model_does_not_need_its_first_encoder_weights(field: TrainedField, tmp_path: Path) -> None:
    settings = field.settings.model_copy(update={"encoder_weights": "gone.safetensors"})
    save_model(tmp_path, field.model, settings, field.camera)
    assert load_model(tmp_path, CPU).settings.encoder_weights == "gone.safetensors"


def test_answers_repeat_whatever_the_batch_and_change_nothing(field: TrainedField, objects: HostObjects) -> None:
    before = {name: tensor.clone() for name, tensor in field.model.state_dict().items()}
    source = field.encode(objects.object(0).rgba[:1], objects.object(0).pose[:1])
    answers = [field.render_pixels(source, objects.object(0).pose[1], pixels(), size) for size in (7, 1000)]
    for name in ("rgb", "depth", "weight_sum", "internal", "feature"):
        torch.testing.assert_close(getattr(answers[0], name), getattr(answers[1], name))
        assert not getattr(answers[0], name).requires_grad
    assert answers[0].rgb.shape == (120, 3)
    assert answers[0].depth.shape == answers[0].weight_sum.shape == (120,)
    assert answers[0].internal.shape == (120, field.settings.width)
    assert answers[0].feature.shape == (120, 6)
    assert all(torch.equal(tensor, before[name]) for name, tensor in field.model.state_dict().items())


def test_rgba_and_its_colour_over_black_are_the_same_source(field: TrainedField, objects: HostObjects) -> None:
    rgba = field.encode(objects.object(0).rgba[:2], objects.object(0).pose[:2])
    rgb = field.encode(over_black(objects.object(0).rgba[:2]), objects.object(0).pose[:2])
    assert torch.equal(rgba.features, rgb.features)


def test_a_solid_wall_renders_at_near_with_its_own_answer(field: TrainedField, objects: HostObjects) -> None:
    network = field.model.network
    with torch.no_grad():
        network.density.weight.zero_()
        network.density.bias.fill_(1e6)
        network.feature.weight.zero_()
        network.feature.bias.copy_(torch.arange(6.0))
    source = field.encode(objects.object(0).rgba[:1], objects.object(0).pose[:1])
    answer = field.render_pixels(source, objects.object(0).pose[1], pixels(), 50)
    torch.testing.assert_close(answer.weight_sum, torch.ones(120))
    # All coarse weight lies in the first of 8 bins; the first of its two quantiles is a quarter of the bin from near.
    near = 0.8 + 0.25 / 8
    torch.testing.assert_close(answer.depth, torch.full((120,), near), rtol=0, atol=2e-4)
    torch.testing.assert_close(answer.feature, torch.arange(6.0).expand(120, 6))


def test_empty_space_is_black(field: TrainedField, objects: HostObjects) -> None:
    with torch.no_grad():
        field.model.network.density.weight.zero_()
        field.model.network.density.bias.fill_(-1.0)
    source = field.encode(objects.object(0).rgba[:1], objects.object(0).pose[:1])
    answer = field.render_pixels(source, objects.object(0).pose[1], pixels(), 50)
    for name in ("rgb", "depth", "weight_sum", "internal", "feature"):
        assert not getattr(answer, name).any()


@pytest.mark.parametrize("name", ["model.safetensors", "model.json"])
def test_a_model_that_is_not_whole_is_a_sentence(field: TrainedField, tmp_path: Path, name: str) -> None:
    save_model(tmp_path, field.model, field.settings, field.camera)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="no whole model"):
        load_model(tmp_path, CPU)
    (tmp_path / name).unlink()
    with pytest.raises(UserError, match="no whole model"):
        load_model(tmp_path, CPU)


def test_the_record_is_enough_to_read_by_eye(field: TrainedField, tmp_path: Path) -> None:
    save_model(tmp_path, field.model, field.settings, field.camera)
    record = json.loads((tmp_path / "model.json").read_text())
    assert record["teacher_channels"] == 6
    assert record["train"]["width"] == 16
    assert record["camera"]["angle_x"] == field.camera.angle_x
