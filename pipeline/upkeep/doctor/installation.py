"""Check Python, the packages, the GPU that torch finds, and that the render backend of the settings can draw."""

import platform
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from pipeline.artifacts.project import Project
from pipeline.upkeep.doctor.finding import Finding, tried
from pipeline.upkeep.host import Host, visible_gpus
from render.backends.backend import make_backend

PYPROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"
DISTRIBUTION = "featurenerf-pipeline"
INSTALL = "`make install`, or `pip install --constraint constraints.txt --editable .` in the project's folder"
GIB = 2**30
NO_GPU = "teachers and training take the CPU; see `pipeline plan` for the time, and docs/training.md"


def check_python(_project: Project, _host: Host) -> Iterator[Finding]:
    """Compare the running Python."""
    version, wanted = platform.python_version(), _wanted()["requires-python"]
    if SpecifierSet(wanted).contains(version, prereleases=True):
        yield Finding("python", "ok", version)
    else:
        remedy = f"make the environment with a Python {wanted}: `rm -r .venv; make install PYTHON=python3.11`"
        yield Finding("python", "problem", f"{version}, not {wanted}", remedy)


def check_packages(_project: Project, _host: Host) -> Iterator[Finding]:
    """Compare the installed versions of the dependencies. Optional packages belong to the checks that need them."""
    wanted = [Requirement(line) for line in _wanted()["dependencies"]]
    wrong = [unmet for requirement in wanted if (unmet := _unmet(requirement)) is not None]
    if wrong:
        yield Finding("packages", "problem", "; ".join(wrong), INSTALL)
    else:
        yield Finding("packages", "ok", f"{len(wanted)} dependencies, torch {metadata.version('torch')}")


def _unmet(requirement: Requirement) -> str | None:
    """Say how an installed package differs from what is required; None if it does not."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is not installed"
    if requirement.specifier.contains(version, prereleases=True):
        return None
    return f"{requirement.name} is {version}, not {requirement.specifier}"


@cache
def _wanted() -> dict[str, Any]:
    """Read the requirements: those of the checkout, which may be newer than the installation; else the installed."""
    if PYPROJECT.is_file():
        project: dict[str, Any] = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
        return project
    about = metadata.metadata(DISTRIBUTION)
    needed = [line for line in metadata.requires(DISTRIBUTION) or [] if "extra ==" not in line]
    return {"requires-python": about["Requires-Python"], "dependencies": needed}


def check_cuda(project: Project, _host: Host) -> Iterator[Finding]:
    """Describe each CUDA device. torch is asked only where there may be one: its import takes seconds."""
    wanted = project.settings.machine.device
    if wanted == "cpu":
        yield Finding("cuda", "ok", "not used: machine.device is cpu")
    elif wanted == "auto" and not visible_gpus():
        yield Finding("cuda", "warning", "this machine shows no NVIDIA GPU", NO_GPU)
    else:
        yield from _devices(wanted)


def _devices(wanted: str) -> Iterator[Finding]:
    import torch

    from pipeline.executors.devices import device_named

    if device_named(wanted).type == "cpu":  # raises UserError if the settings want cuda
        saw = f"there is an NVIDIA GPU, but torch {torch.__version__} cannot use it"
        yield Finding("cuda", "warning", saw, "compare the driver (`nvidia-smi`) with the CUDA version of torch")
        return
    for number in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(number)
        saw = f"{about.name}, capability {about.major}.{about.minor}, {about.total_memory / GIB:.0f} GiB"
        yield Finding(f"cuda:{number}", "ok", f"{saw}; torch {torch.__version__} for CUDA {torch.version.cuda}")


def check_backend(project: Project, _host: Host) -> Iterator[Finding]:
    """Open the backend, which may need EGL or bpy, and close it again. Blender draws a trial image then."""
    settings = project.settings

    def open_backend() -> str:
        backend = make_backend(settings.camera, settings.render, settings.machine.device)
        backend.close()
        return backend.name

    if settings.source.kind == "renders":
        yield Finding("render", "ok", "nothing is drawn: source.kind is renders")
    else:
        yield tried(f"render: {settings.render.backend}", open_backend)
