"""The teachers by name. Each is imported when it is asked for: their libraries take seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pipeline.artifacts.layouts import CELL
from pipeline.config.names import check_teacher

if TYPE_CHECKING:
    from pipeline.artifacts.project import Project
    from pipeline.config.teacher_settings import Daisy, LatentDiffusion, VisionTransformer
    from pipeline.teachers.teacher import Teacher


def make_teacher(project: Project, name: str, category: str) -> Teacher:
    """Make the teacher called `name` for one category, as the project's settings have it.

    Raises UserError if there is no such teacher, its settings do not fit the camera, or its weights are missing.
    """
    check_teacher(name)
    section = project.teacher_section(name)
    precision, cells = project.settings.cache_teachers.precision, project.settings.camera.size // CELL
    if name == "daisy":
        from pipeline.teachers.daisy import DaisyTeacher

        return DaisyTeacher(cast("Daisy", section).radius)
    if name == "ldm":
        from pipeline.teachers.latent_diffusion import latent_diffusion_teacher

        return latent_diffusion_teacher(cast("LatentDiffusion", section), category, precision, cells)
    from pipeline.teachers.vit import MODELS, vit_teacher

    return vit_teacher(MODELS[name], cast("VisionTransformer", section), precision, cells)
