"""A teacher's own map of a photo."""

import numpy as np
import pytest
import yaml

from eval.photos.seen_photo import PhotoFrame, SeenPhoto
from pipeline.artifacts.project import Project
from pipeline.config.profiles import profile_text
from pipeline.config.settings import parse_settings
from pipeline.errors import UserError
from pipeline.teachers.daisy import DaisyTeacher
from pipeline.upkeep.photo_teacher import open_photo_teacher


def test_the_map_is_the_teachers_where_the_object_is_and_0_elsewhere() -> None:
    project = Project(parse_settings(yaml.safe_load(profile_text("smoke")), "smoke"))
    size = project.settings.camera.size
    rgba = np.random.default_rng(0).integers(0, 256, (size, size, 4), dtype=np.uint8)
    rgba[..., 3] = 0
    rgba[8:24, 8:24, 3] = 255
    seen = SeenPhoto(rgba, np.eye(4, dtype=np.float32), np.ones(4, np.float32), PhotoFrame(1.0, (0, 0)), by_box=False)
    shown = open_photo_teacher(project, "daisy", "chair", size)(seen, "chair/a")
    assert shown.shape == (size // 4, size // 4, DaisyTeacher.channels)
    inside = np.abs(shown).sum(axis=2) > 0
    assert inside[2:6, 2:6].all()
    assert inside.sum() == 16


def test_settings_of_another_size_are_a_sentence() -> None:
    project = Project(parse_settings(yaml.safe_load(profile_text("smoke")), "smoke"))
    with pytest.raises(UserError, match=r"the field sees images of 100 pixels, and camera\.size is"):
        open_photo_teacher(project, "daisy", "chair", 100)
