"""A teacher's own map of a photo: a baseline for the field that learned from it."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float32

from eval.photos.seen_photo import SeenPhoto
from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.executors.devices import device_named
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.registry import make_teacher


def open_photo_teacher(
    project: Project, name: str, category: str, size: int
) -> Callable[[SeenPhoto, str], Float32[np.ndarray, "r c channels"]]:
    """Load a teacher of the project's settings. It maps images of this size, which are framed as training views.

    Maps are raw, without projection and scale; cells off the object are 0, as in the cached maps. Raises UserError if
    the settings are of another size, or the weights are missing.
    """
    if project.settings.camera.size != size:
        raise UserError(
            f"the field sees images of {size} pixels, and camera.size is {project.settings.camera.size}: switch to the "
            f"profile that the field was trained with, or leave out --teacher."
        )
    teacher = make_teacher(project, name, category)
    device = device_named(project.settings.machine.device) if teacher.on_gpu else torch.device("cpu")
    network, rule = teacher.load(device), project.settings.cache_teachers.foreground

    def map_of(seen: SeenPhoto, photo: str) -> Float32[np.ndarray, "r c channels"]:
        rgb = torch.from_numpy(seen.posed.rgb).to(device)
        with torch.inference_mode():
            raw = network(rgb[None], [photo])[0].float().cpu().numpy()
        return np.asarray(raw * foreground_cells(seen.foreground[None], rule)[0][..., None], dtype=np.float32)

    return map_of
