"""Check that the weights of the teachers, of the encoder and of LPIPS are on this machine. Nothing is downloaded."""

from collections.abc import Callable, Iterator
from functools import partial

from pipeline.artifacts.project import Project
from pipeline.artifacts.runs import initial_weights_file
from pipeline.config.setting_types import LpipsNetwork
from pipeline.config.settings import Train
from pipeline.errors import UserError
from pipeline.teachers.registry import find_weights
from pipeline.upkeep.doctor.finding import Finding, problem_of
from pipeline.upkeep.host import Host


def check_weights(project: Project, _host: Host) -> Iterator[Finding]:
    """Find each file that a stage will load, and compare the checksums that the settings name."""
    settings = project.settings
    for teacher in settings.teachers:
        yield _search(f"weights: {teacher}", partial(_teacher, project, teacher))
    yield from _training(settings.train)
    if settings.evaluate.lpips is not None:
        yield _search("weights: lpips", partial(_lpips, settings.evaluate.lpips))


def _search(name: str, find: Callable[[], str]) -> Finding:
    try:
        return Finding(name, "ok", find())
    except UserError as error:
        return problem_of(name, error)


def _teacher(project: Project, teacher: str) -> str:
    settings = project.settings
    synsets = [settings.category(name).synset for name in settings.categories]
    return "; ".join(dict.fromkeys(find_weights(teacher, settings.network(teacher), synset) for synset in synsets))


def _training(train: Train) -> Iterator[Finding]:
    from train.network.encoder_file import encoder_weights_file

    if (weights := train.encoder_weights) is not None:
        yield _search("weights: encoder", lambda: str(encoder_weights_file(train.encoder, weights)))
    if (checkpoint := train.initial_checkpoint) is not None:
        yield _search("weights: initial", lambda: str(initial_weights_file(checkpoint)))


def _lpips(network: LpipsNetwork) -> str:
    import torch

    from eval.synthesis.perceptual_distance import open_lpips

    open_lpips(network, torch.device("cpu"))
    return network
