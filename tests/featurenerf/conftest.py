"""A field of random weights, and what it sees: the coloured balls of the trainer's tests."""

from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import Float32, UInt8

import featurenerf
from eval.opened_field import OpenedField, open_field
from pipeline.artifacts.project import Project
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Camera, Train, load_settings
from tests.stages.conftest import project, walked  # noqa: F401  (fixtures)
from tests.train.conftest import ball_arrays, camera, settings  # noqa: F401  (fixtures)
from train.model_files import save_model
from train.network.model import new_model


@pytest.fixture
def model_folder(settings: Train, camera: Camera, tmp_path: Path) -> Path:  # noqa: F811
    model = new_model(settings, 6)
    torch.manual_seed(0)
    for parameter in model.network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    torch.nn.init.constant_(model.network.density.bias, 1.0)
    save_model(tmp_path / "models" / "ball", model, settings, camera)
    return tmp_path / "models" / "ball"


@pytest.fixture
def field(model_folder: Path) -> featurenerf.Field:
    return featurenerf.load_field(model_folder, device="cpu")


@pytest.fixture
def balls(camera: Camera) -> tuple[UInt8[np.ndarray, "n v h w 4"], Float32[np.ndarray, "n v 4 4"]]:  # noqa: F811
    rgba, pose, *_ = ball_arrays(camera, [0.2, 0.35])
    return rgba, pose


@pytest.fixture
def opened(project: Path) -> OpenedField:  # noqa: F811
    """The field of a walked project, as the evaluator opens it."""
    here = load_settings()
    return open_field(Project(here), FieldName(here.categories[0], here.teachers[0]))


@pytest.fixture
def first(field: featurenerf.Field, balls) -> featurenerf.SeenObject:
    return field.see(balls[0][0, 0], pose=balls[1][0, 0])


@pytest.fixture
def second(field: featurenerf.Field, balls) -> featurenerf.SeenObject:
    return field.see(balls[0][1, 0], pose=balls[1][1, 0])
