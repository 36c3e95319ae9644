"""The teachers by kind. Each is imported when it is asked for: their libraries take seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from pipeline.artifacts.layouts import CELL
from pipeline.config.sections.teachers import Daisy, LatentDiffusion, Network, StoredMaps, TimmCnn, TimmVit

if TYPE_CHECKING:
    from pipeline.artifacts.project import Project
    from pipeline.teachers.teacher import Teacher

STABLE_DIFFUSION_CHANNELS = (1280, 1280, 640, 320)  # of the up blocks of Stable Diffusion 1 and 2


def make_teacher(project: Project, name: str, category: str) -> Teacher:
    """Make the teacher called `name` for one category, as the project's settings have it.

    Raises UserError if there is no such teacher, its settings do not fit the camera, or its weights are missing.
    """
    section = project.settings.network(name)
    precision, cells = project.settings.cache_teachers.precision, project.settings.camera.size // CELL
    match section:
        case TimmCnn():
            from pipeline.teachers.cnn import cnn_teacher

            return cnn_teacher(name, section, precision, cells)
        case TimmVit():
            from pipeline.teachers.vit import vit_teacher

            return vit_teacher(name, section, precision, cells)
        case LatentDiffusion():
            from pipeline.teachers.latent_diffusion import latent_diffusion_teacher

            return latent_diffusion_teacher(name, section, category, precision, cells)
        case Daisy():
            from pipeline.teachers.daisy import DaisyTeacher

            return DaisyTeacher(section.radius)
        case StoredMaps():
            from pipeline.teachers.stored_maps import stored_maps_teacher

            synset, views = project.settings.category(category).synset, project.settings.camera.views
            return stored_maps_teacher(name, section, synset, cells, views)
    assert_never(section)


def raw_channels(name: str, section: Network) -> int:
    """Return the channels of a teacher's raw map; needs no weights. Raises UserError if it is not supported."""
    match section:
        case TimmCnn():
            from pipeline.teachers.cnn import cnn_levels

            return cnn_levels(name, section)[1]
        case TimmVit():
            from pipeline.teachers.vit import supported_network

            return int(supported_network(name, section).embed_dim)
        case LatentDiffusion():
            return sum(
                channels for block, channels in enumerate(STABLE_DIFFUSION_CHANNELS) if block in section.up_blocks
            )
        case Daisy():
            from pipeline.teachers.daisy import DaisyTeacher

            return DaisyTeacher.channels
        case StoredMaps():
            return section.channels
    assert_never(section)


def find_weights(name: str, section: Network, synset: str) -> str:
    """Find what a teacher needs on this machine to map a category, and say where it is. Loads no network.

    Raises UserError for weights with another checksum than the settings name, MissingWeightsError.
    """
    match section:
        case TimmCnn() | TimmVit():
            from pipeline.teachers.weights import trusted_weights, weights_file

            # a checksum takes a second a gigabyte: only where the settings name one
            if section.sha256 is not None:
                return str(trusted_weights(name, section)[0])
            return str(weights_file(name, section))
        case LatentDiffusion():
            from pipeline.teachers.diffusion_folder import diffusion_folder

            return str(diffusion_folder(name, section.weights).path)
        case Daisy():
            return "it has no weights"
        case StoredMaps():
            from pipeline.teachers.stored_maps import stored_map_files

            root, files = stored_map_files(name, section, synset)
            return f"{len(files)} files in {root / section.folder / synset}"
    assert_never(section)
