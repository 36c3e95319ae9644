"""Check that Python and the packages have the versions that pyproject.toml asks for."""

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
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host

PYPROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"
DISTRIBUTION = "featurenerf-pipeline"
INSTALL = "`make install`, or `pip install --constraint constraints.txt --editable .` in the project's folder"


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
