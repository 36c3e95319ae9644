"""Check that the weights of the teachers, of the encoder and of LPIPS are on this machine. Nothing is downloaded."""

from collections.abc import Callable, Iterator
from functools import partial

from pipeline.artifacts.project import Project
from pipeline.artifacts.runs import initial_weights_file
from pipeline.config.setting_types import LpipsNetwork
from pipeline.teachers.registry import find_weights
from pipeline.upkeep.doctor.finding import Finding, tried
from pipeline.upkeep.host import Host


def check_weights(project: Project, _host: Host) -> Iterator[Finding]:
    """Find each file that a stage will load, and compare the checksums that the settings name."""
    from train.network.encoder_file import encoder_weights_file

    settings, train = project.settings, project.settings.train
    searches: dict[str, Callable[[], object]] = {name: partial(_teacher, project, name) for name in settings.teachers}
    if (weights := train.encoder_weights) is not None:
        searches["encoder"] = partial(encoder_weights_file, train.encoder, weights)
    if (checkpoint := train.initial_checkpoint) is not None:
        searches["initial"] = partial(initial_weights_file, checkpoint)
    if settings.evaluate.lpips is not None:
        searches["lpips"] = partial(_lpips, settings.evaluate.lpips)
    yield from (tried(f"weights: {name}", find) for name, find in searches.items())


def _teacher(project: Project, teacher: str) -> str:
    settings = project.settings
    synsets = [settings.category(name).synset for name in settings.categories]
    return "; ".join(dict.fromkeys(find_weights(teacher, settings.network(teacher), synset) for synset in synsets))


def _lpips(network: LpipsNetwork) -> str:
    import torch

    from eval.synthesis.perceptual_distance import open_lpips

    open_lpips(network, torch.device("cpu"))
    return network
