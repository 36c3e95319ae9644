"""One problem at a time is planted in a healthy project: the doctor sees it, nothing else, and says the remedy."""

import errno
import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
import torch

from pipeline.artifacts.project import Project
from pipeline.cli import main
from pipeline.config.profiles import profile_text
from pipeline.config.settings import load_settings
from pipeline.errors import UserError
from pipeline.upkeep.doctor import installation, resources, store_folder
from pipeline.upkeep.doctor.doctor import CHECKS, examine, table
from pipeline.upkeep.doctor.finding import Finding, finding_of
from tests.stages.conftest import run_command

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "doctor.md").read_text()
Patch = pytest.MonkeyPatch


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=test", "-c", "user.email=test@localhost", *words], check=True)


@pytest.fixture
def healthy(tmp_path: Path, monkeypatch: Patch) -> Path:
    """A project of the smoke profile in a git repository with a commit. PATH has the commands of the stages."""
    monkeypatch.chdir(tmp_path)
    for name in ("dvc", "pipeline"):
        command = tmp_path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    # A user's caches and settings of git do not count.
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    Path("params.yaml").write_text(profile_text("smoke"))
    shutil.copy(ROOT / "dvc.yaml", "dvc.yaml")
    (tmp_path / ".dvc" / "tmp").mkdir(parents=True)
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "start")
    return tmp_path


def findings(*overrides: str) -> dict[str, Finding]:
    """What the doctor sees of the project in this folder, by name; overrides are `section.key=value`."""
    seen = examine(Project(load_settings(Path("params.yaml"), overrides)))
    return {finding.name: finding for finding in seen}


def problems(*overrides: str) -> list[Finding]:
    return [finding for finding in findings(*overrides).values() if finding.state == "problem"]


def test_a_healthy_project_has_no_problem_and_nothing_is_changed(healthy: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in [healthy, *healthy.rglob("*")]}

    before = state()
    seen = findings("machine.device=cpu")
    assert {finding.state for finding in seen.values()} == {"ok"}
    assert seen["weights: daisy"].saw == "it has no weights"
    assert run_command("doctor").exit_code == 0
    assert state() == before


def mesh_tree(inner: str) -> None:
    file = Path("raw/02691156/a1") / inner
    file.parent.mkdir(parents=True)
    file.touch()


def version_of_zarr(patch: Patch, version: str | None) -> None:
    truth = metadata.version

    def planted(name: str) -> str:
        if name == "zarr" and version is None:
            raise metadata.PackageNotFoundError(name)
        return str(version) if name == "zarr" else truth(name)

    patch.setattr(metadata, "version", planted)


def broken_bpy(patch: Patch, error: str) -> None:
    Path("stub").mkdir()
    Path("stub/bpy.py").write_text(f"raise {error}\n")
    patch.setenv("PYTHONPATH", str(Path("stub").resolve()))


def broken_installation(_name: str) -> str:
    raise RuntimeError("half an installation")


def without_commit() -> None:
    shutil.rmtree(".git")
    git("init", "-q")


CONFLICT = "schema: '2.0'\n<<<<<<< HEAD\nstages:\n=======\n>>>>>>> other\n"
V1 = ("source.kind=shapenet-v1", "source.mesh_root=raw")
NEEDS_PARTS = (*V1, "source.shapenet_part_root=parts")
# What is planted, the settings, and parts of the name, of what is seen and of the remedy.
PLANTED: dict[str, tuple[Callable[[Patch], object], tuple[str, ...], str, str, str]] = {
    "an old python": (
        lambda patch: patch.setattr(installation.platform, "python_version", lambda: "3.10.12"), (),
        "python", "3.10.12, not >=3.11", "make install PYTHON=python3.11"),
    "an old package": (lambda patch: version_of_zarr(patch, "3.0.1"), (),
        "packages", "zarr is 3.0.1, not <3.2,>=3.1", "make install"),
    "no package": (lambda patch: version_of_zarr(patch, None), (), "packages", "zarr is not installed", "make install"),
    "half an installation": (lambda patch: patch.setattr(metadata, "version", broken_installation), (),
        "packages", "the check stopped: RuntimeError: half an installation", "make install"),
    "no cuda": (lambda patch: patch.setattr(torch.cuda, "is_available", lambda: False), ("machine.device=cuda",),
        "cuda", "torch finds no CUDA device here", "machine.device"),
    # as where no EGL can be loaded: the import fails
    "no egl": (lambda patch: patch.setitem(sys.modules, "pyrender", None), ("render.backend=pyrender",),
        "render: pyrender", "backend pyrender finds no working EGL", "apt-get install libegl1 libgl1-mesa-dri"),
    "no bpy": (lambda patch: broken_bpy(patch, "ModuleNotFoundError('', name='bpy')"), ("render.backend=blender",),
        "render: blender", "bpy", 'pip install -e ".[blender]"'),
    "no library of bpy": (lambda patch: broken_bpy(patch, "ImportError('libXi.so.6: cannot open shared object')"),
        ("render.backend=blender",), "render: blender", "libXi", "install the system library that it names"),
    "no weights": (lambda _: None, ("teachers=[ldm]",),
        "weights: ldm", "", "get them with `hf download stable-diffusion-v1-5"),
    "other weights": (lambda _: Path("o.pth").write_bytes(b"o"), ("teachers=[lite0]", "networks.lite0.weights=o.pth"),
        "weights: lite0", "have sha256", "bring the right file back"),
    "no weights of the encoder": (lambda _: None, ("train.encoder=resnet34", "train.encoder_weights=imagenet"),
        "weights: encoder", "", '`python -c "import torchvision; torchvision.models.resnet34'),
    "no root": (lambda _: None, V1,
        "source: mesh_root", "source.mesh_root is raw, which is no folder", "correct it in params.yaml or with --set."),
    "another release": (lambda _: mesh_tree("models/model_normalized.obj"), V1, "source: plane",
        "raw holds no object of plane, none of its 1 folders is one, such as a1, which has no model.obj",
        "it is laid out as shapenet-v2, so set source.kind to shapenet-v2."),
    "no annotations": (lambda _: (mesh_tree("model.obj"), Path("parts").mkdir()), NEEDS_PARTS, "source: plane",
        "parts holds neither 02691156/points nor 02691156/*.txt", "name the folder that holds ShapeNet part's synset"),
    "no splits": (lambda _: None, ("manifest.splits=splits",),
        "splits", "splits/02691156.json is missing", "set manifest.splits to 'seeded'"),
    "a file as store folder": (lambda _: Path("stores").touch(), (),
        "stores", "stores cannot be written", "name another folder"),
    "no commit": (lambda _: without_commit(), (),
        "git", "the git repository has no commit: training cannot write its curves", "git commit"),
    "no repository": (lambda _: shutil.rmtree(".git"), (), "git", "this folder is in no git repository", "`git init"),
    "a tab in dvc.yaml": (lambda _: Path("dvc.yaml").write_text("stages:\n  render:\n\tcmd: x\n"), (),
        "dvc", "dvc.yaml is not valid yaml in line 3", "git checkout dvc.yaml"),
    "a conflict in dvc.lock": (lambda _: Path("dvc.lock").write_text(CONFLICT), (),
        "dvc", "dvc.lock is not valid yaml in line", "delete it"),
    "a named pipe as dvc.lock": (lambda _: os.mkfifo("dvc.lock"), (), "dvc", "is a named pipe", "put a plain file"),
    "a list as dvc.lock": (lambda _: Path("dvc.lock").write_text("- a"), (), "dvc", "holds no mapping", "delete it"),
    "no folder of dvc": (lambda _: shutil.rmtree(".dvc"), (), "dvc", "no folder .dvc", "`dvc init`"),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_problem_is_the_only_one(healthy: Path, monkeypatch: Patch, planted: str) -> None:
    plant, overrides, name, saw, remedy = PLANTED[planted]
    plant(monkeypatch)
    (problem,) = problems(*overrides)
    assert problem.name == name
    assert saw in problem.saw and remedy in problem.remedy


def test_a_root_that_cannot_be_read(healthy: Path, monkeypatch: Patch) -> None:
    mesh_tree("model.obj")
    assert findings(*V1)["source: plane"].saw == "1 objects"
    truth = os.access  # root has rights all the same
    monkeypatch.setattr(os, "access", lambda path, asked: Path(path) != Path("raw") and truth(path, asked))
    (problem,) = problems(*V1)
    assert (problem.name, problem.saw) == ("source: mesh_root", "raw cannot be read")
    assert "chmod -R u+rX raw" in problem.remedy


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, None])
def test_a_file_system_without_locks(healthy: Path, monkeypatch: Patch, number: int | None) -> None:
    def planted(_file: object, _operation: int) -> None:  # it fails, or does nothing
        if number is not None:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", planted)
    seen = problems()
    assert [problem.name for problem in seen] == ["dvc", "stores"]
    assert all("does not lock files" in problem.saw and "with flock" in problem.remedy for problem in seen)


@pytest.mark.parametrize(
    ("mount", "state"),
    [
        ("server:/export {} nfs4", "warning"),
        ("//server/share {} cifs", "warning"),
        ("server:/export {}/stores nfs4", "ok"),  # there is no such folder yet: stores would be made beside it
        ("server:/export {} nfs4 rw 0 0\n/dev/sdb {} ext4", "ok"),  # mounted over the first
        ("server:/export {}-other nfs4", "ok"),
        (r"C:\134 {} 9p", "ok"),
    ],
)
def test_a_network_file_system_is_a_warning(healthy: Path, monkeypatch: Patch, mount: str, state: str) -> None:
    folder = healthy / "on a disk"
    folder.mkdir()
    mounts = healthy / "mounts"
    mounts.write_text(
        f"/dev/sda / ext4 rw 0 0\n{mount.replace('{}', str(folder).replace(' ', chr(92) + '040'))} rw 0 0\n"
    )
    monkeypatch.setattr(store_folder, "MOUNTS", mounts)
    seen = findings(f"storage.root={folder}/stores")["stores"]
    assert seen.state == state
    assert (state == "ok") == ("network file system" not in seen.saw) and ("mount it" in seen.remedy) == (state != "ok")


def test_a_full_disk_and_a_run_of_months(healthy: Path, monkeypatch: Patch) -> None:
    assert findings()["time"].state == "ok"
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
    (problem,) = problems()
    assert (problem.name, "do not fit the disk" in problem.saw) == ("disk", True)
    assert problem.remedy.startswith("put storage.root on a larger one")
    # What is stored already is not taken off the estimate, so with stores it may be wrong.
    (healthy / "stores" / "views").mkdir(parents=True)
    monkeypatch.setattr(resources, "LONG", 0)
    assert (findings()["disk"].state, findings()["time"].state) == ("warning", "warning")
    # But not if all that the disk holds is less than what is lacking.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2000, 1000, 1000))
    assert findings()["disk"].state == "problem"


def test_a_problem_is_exit_code_1_with_its_remedy(healthy: Path) -> None:
    result = run_command("doctor", "--set", "manifest.splits=splits")
    assert result.exit_code == 1
    assert "splits/02691156.json is missing" in result.output
    assert " remedy  set manifest.splits to 'seeded'" in result.output
    assert "1 problem, " in result.output.splitlines()[-1]


@pytest.mark.parametrize(
    ("sentence", "saw", "remedy"),
    [
        ("a is missing: name another.", "a is missing", "name another."),
        ("in a: b is missing; name c, or d.", "in a: b is missing", "name c, or d."),
        ("no EGL (Error: none (a: b)): install x.", "no EGL (Error: none (a: b))", "install x."),
        ("a is missing; get it with `x; y: z`.", "a is missing", "get it with `x; y: z`."),
        ("10:30 is a;b", "10:30 is a;b", "the sentence above names what to correct"),
    ],
)
def test_the_last_clause_of_a_sentence_is_the_remedy(sentence: str, saw: str, remedy: str) -> None:
    assert finding_of("x", UserError(sentence)) == Finding("x", "problem", saw, remedy)


def test_a_remedy_stands_below_what_was_seen() -> None:
    warned = Finding("locks", "warning", "none", "mount it.")
    assert table([Finding("git", "ok", "commit abc"), warned]).splitlines() == [
        "check  state    seen",
        "git    ok       commit abc",
        "locks  warning  none",
        "        remedy  mount it",
        "",
        "0 problems, 1 warning: nothing stops a stage of these settings.",
    ]


def test_the_page_has_a_row_for_each_check_and_its_commands_are_understood() -> None:
    named = {name for row in re.findall(r"^\| (`[^|]*) \|", PAGE, re.M) for name in re.findall(r"`(\w+)`", row)}
    shown = {"plan": {"disk", "memory", "time"}, "source": {"source", "splits"}}
    assert named == set().union(*(shown.get(name, {name}) for name in CHECKS))
    (block,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        program, command, *words = shlex.split(line, comments=True)
        assert (program, command) == ("pipeline", "doctor")
        main.commands[command].make_context(command, words)  # raises for an unknown option or a wrong value
