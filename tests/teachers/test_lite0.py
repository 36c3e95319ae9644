"""The real weights of lite0, from the installed package: the network knows what is in two photographs."""

from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from torch.nn import functional as F

from pipeline.artifacts.project import Project
from pipeline.config.settings import parse_settings
from pipeline.teachers.registry import make_teacher
from pipeline.teachers.weights import MissingWeightsError

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def teacher() -> Any:
    settings = parse_settings({"categories": ["plane"], "teachers": ["lite0"], "fields": ["whole"]}, "test")
    try:
        return make_teacher(Project(settings), "lite0", "plane")
    except MissingWeightsError as error:
        pytest.skip(str(error))


def photograph(name: str) -> torch.Tensor:
    """The square in the middle of one of scikit-image's photographs (1, 224, 224, 3), sRGB 0..1."""
    image = getattr(skimage.data, name)()
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    square = torch.from_numpy(np.ascontiguousarray(image[top : top + side, left : left + side])).float() / 255
    small = F.interpolate(
        square.permute(2, 0, 1)[None], (224, 224), mode="bilinear", align_corners=False, antialias=True
    )
    return small.permute(0, 2, 3, 1)


@pytest.mark.parametrize(
    ("name", "imagenet_class", "probability"),
    [("chelsea", 285, 0.40), ("coffee", 967, 0.94)],  # Egyptian cat, espresso
)
def test_it_knows_a_cat_and_a_cup_of_coffee(teacher: Any, name: str, imagenet_class: int, probability: float) -> None:
    network = teacher.load(CPU).model
    mean, std = (torch.tensor(network.pretrained_cfg[key]) for key in ("mean", "std"))
    with torch.no_grad():
        scores = network(((photograph(name) - mean) / std).permute(0, 3, 1, 2)).softmax(dim=1)[0]
    assert int(scores.argmax()) == imagenet_class
    assert float(scores.max()) == pytest.approx(probability, abs=0.01)


def test_its_maps_are_those_of_the_ends_of_two_stages(teacher: Any) -> None:
    assert teacher.channels == 112 + 320
    assert teacher.recipe["weights"].startswith("57934424")  # as its name says
    maps = teacher.load(CPU)(photograph("chelsea"), ["a/b/0"])
    assert maps.shape == (1, 32, 32, 432)
    for level in maps.split([112, 320], dim=-1):  # resampled unit vectors
        lengths = level.norm(dim=-1)
        assert float(lengths.max()) <= 1 + 1e-5
        assert float(lengths.mean()) > 0.8
