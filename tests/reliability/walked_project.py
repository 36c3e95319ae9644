"""A project that every stage has walked through, what its stages make, and commands in processes of their own."""

import shutil
import sys
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from pipeline.artifacts.project import Project
from pipeline.cli import main
from pipeline.config.profiles import profile_text
from pipeline.config.settings import load_settings
from pipeline.datasets.views.view_source import GivenView, Intrinsics
from tests.datasets.views.view_folders import write_srn
from tests.stages.tree import contents

STAGES = (
    "synthesize", "survey", "manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate",
    "report",
)  # fmt: skip
# What a stage makes, and so what is removed before it is run again.
MADE: dict[str, tuple[str, ...]] = {
    "synthesize": ("stores/made-up",),
    "manifest": ("data_manifests",),
    "render": ("stores/views", "stores/meshes"),
    "label": ("stores/labels",),
    "fit-projection": ("stores/projections",),
    "cache-teachers": ("stores/maps",),
    "train": ("stores/runs", "models", "curves"),
    "evaluate": ("results",),
    "report": ("report",),
}
# Locks are empty; versions of tools, seconds, and the curves of killed steps are recorded and are no content.
NOT_CONTENT = (
    ".lock", "/lock", "checkpoint.json", "runs/plane-daisy-whole/", "about.json", "failures.jsonl", "profile.json",
)  # fmt: skip


@dataclass(frozen=True)
class Walked:
    """The folder, the words that every command gets, and its content stage by stage."""

    folder: Path
    words: tuple[str, ...]
    content: dict[str, dict[str, str]]


def walk(folder: Path) -> Walked:
    """Run every stage on made-up objects."""
    folder.mkdir(parents=True)
    (folder / "params.yaml").write_text(profile_text("smoke"))
    return _walked(folder, ())


def walk_given_views(made_up: Walked, folder: Path) -> Walked:
    """Run every stage on views that were made elsewhere: those of the made-up objects, as a folder of SRN."""
    folder.mkdir(parents=True)
    with chdir(made_up.folder):
        stored = Project(load_settings())
        manifest, views = stored.manifest("plane"), stored.views("plane")
        for item in manifest.objects:
            rgba, poses, intrinsics = (
                views.read(name, manifest.key(item.id)) for name in ("rgba", "pose", "intrinsics")
            )
            given = [
                GivenView(image, pose.astype(np.float64), Intrinsics(*map(float, k)))
                for image, pose, k in zip(rgba, poses, intrinsics, strict=True)
            ]
            write_srn(folder / "srn" / f"planes_{item.split}" / item.id, given)
    (folder / "params.yaml").write_text(profile_text("smoke"))
    values = ("source.kind=renders", "source.views_root=srn", "source.layout=srn")
    return _walked(folder, tuple(word for value in values for word in ("--set", value)))


def _walked(folder: Path, words: tuple[str, ...]) -> Walked:
    for stage in STAGES:
        code, said = run(folder, stage, words)
        assert code == 0, f"{stage}: {said}"
    return Walked(folder, words, {stage: content_of(folder, stage) for stage in MADE})


def content_of(folder: Path, stage: str) -> dict[str, str]:
    """What a stage has made, by file."""
    return {
        f"{made}/{name}": sha
        for made in MADE[stage]
        for name, sha in contents(folder / made).items()
        if not any(part in f"/{made}/{name}" for part in NOT_CONTENT)
    }


def command(stage: str, words: Sequence[str]) -> list[str]:
    """A command as a user would start it."""
    return [sys.executable, "-m", "pipeline.cli", *stage.split(), *words]


def run(folder: Path, stage: str, words: Sequence[str]) -> tuple[int, str]:
    """Run a command to its end, in this process: most of the time of a small one are its imports."""
    with chdir(folder):
        result = CliRunner().invoke(main, [*stage.split(), *words])
    expected = result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output + ("" if expected else f"Traceback: {result.exception!r}")


def copied(walked: Walked, folder: Path, without: Sequence[str] = ()) -> Path:
    """A copy of the project to spoil, without what some stages have made."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(walked.folder, folder)
    for stage in without:
        for made in MADE[stage]:
            shutil.rmtree(folder / made, ignore_errors=True)
    return folder


def is_sentence(said: str) -> bool:
    """Whether a refused command says one sentence and no traceback."""
    return "Traceback" not in said and sum(line.startswith("error: ") for line in said.splitlines()) == 1
