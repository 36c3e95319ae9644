"""Which teachers there are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.artifacts.layouts import CELL
from pipeline.config.settings import Settings
from pipeline.config.teacher_names import check_teacher
from pipeline.teachers.teacher import Teacher


@dataclass(frozen=True)
class Request:
    """For whom a teacher is made. `recorded_weights`: see `make_teacher`."""

    settings: Settings
    category: str
    recorded_weights: str | None

    @property
    def cells(self) -> int:
        """Cells along a map's edge."""
        return self.settings.camera.size // CELL


def _daisy(request: Request) -> Teacher:
    from pipeline.teachers.daisy import DaisyTeacher

    return DaisyTeacher(request.settings.daisy.radius)


def _dino(request: Request) -> Teacher:
    from pipeline.teachers.vit import DINO, vit_teacher

    settings = request.settings
    precision = settings.cache_teachers.precision
    return vit_teacher(DINO, settings.dino, precision, request.cells, request.recorded_weights)


def _dinov2(request: Request) -> Teacher:
    from pipeline.teachers.vit import DINOV2, vit_teacher

    settings = request.settings
    precision = settings.cache_teachers.precision
    return vit_teacher(DINOV2, settings.dinov2, precision, request.cells, request.recorded_weights)


def _dinov3(request: Request) -> Teacher:
    from pipeline.teachers.vit import DINOV3, vit_teacher

    settings = request.settings
    precision = settings.cache_teachers.precision
    return vit_teacher(DINOV3, settings.dinov3, precision, request.cells, request.recorded_weights)


def _ldm(request: Request) -> Teacher:
    from pipeline.teachers.latent_diffusion import latent_diffusion_teacher

    settings = request.settings
    precision = settings.cache_teachers.precision
    return latent_diffusion_teacher(settings.ldm, request.category, precision, request.cells, request.recorded_weights)


TEACHERS: Mapping[str, Callable[[Request], Teacher]] = {
    "daisy": _daisy,
    "dino": _dino,
    "dinov2": _dinov2,
    "dinov3": _dinov3,
    "ldm": _ldm,
}


def make_teacher(settings: Settings, name: str, category: str, recorded_weights: str | None = None) -> Teacher:
    """The teacher called `name`, as the settings have it, for one category.

    `recorded_weights` is the sha256 of the weights that existing maps were made with: it counts where the weights are
    not on this machine, so that maps can be read without them. Raises UserError if there is no such teacher, its
    settings do not fit the camera, or its weights are missing and nothing is recorded.
    """
    check_teacher(name)
    return TEACHERS[name](Request(settings, category, recorded_weights))
