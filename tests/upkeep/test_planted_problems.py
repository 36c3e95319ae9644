"""One problem at a time is planted in a healthy project: the doctor sees it, nothing else, and says the remedy."""

import errno
import fcntl
import os
import shutil
import sys
from collections import namedtuple
from importlib import metadata
from pathlib import Path

import pytest

from pipeline.upkeep.doctor import installation
from tests.stages.conftest import run_command
from tests.upkeep.conftest import findings, git, sole_problem

PLANE = "02691156"


def no_rights(monkeypatch: pytest.MonkeyPatch, folder: Path, mode: int, denied: int) -> None:
    """Take rights from a folder; root has them all the same, so it is told that it has not."""
    folder.chmod(mode)
    if os.geteuid() == 0:
        truth = os.access
        monkeypatch.setattr(
            os, "access", lambda path, asked: not (Path(path) == folder and asked & denied) and truth(path, asked)
        )


def mesh_tree(root: Path, inner: str) -> None:
    file = root / PLANE / "a1" / inner
    file.parent.mkdir(parents=True)
    file.touch()


def test_a_healthy_project_has_no_problem(healthy: Path) -> None:
    seen = findings("machine.device=cpu")
    assert {finding.state for finding in seen.values()} == {"ok"}
    assert seen["weights: daisy"].saw == "it has no weights"
    assert run_command("doctor").exit_code == 0


def test_nothing_is_changed(healthy: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in [healthy, *healthy.rglob("*")]}

    before = state()
    assert findings()["locks: stores"].state == "ok"
    assert state() == before


# --- the installation


def test_an_old_python(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation.platform, "python_version", lambda: "3.10.12")
    problem = sole_problem()
    assert problem.saw == "3.10.12, not >=3.11"
    assert "make install PYTHON=python3.11" in problem.remedy


@pytest.mark.parametrize(
    ("version", "saw"), [("3.0.1", "zarr is 3.0.1, not <3.2,>=3.1"), (None, "zarr is not installed")]
)
def test_an_old_or_missing_package(
    healthy: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, saw: str
) -> None:
    truth = metadata.version

    def planted(name: str) -> str:
        if name != "zarr":
            return truth(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, "version", planted)
    problem = sole_problem()
    assert problem.saw == saw
    assert "make install" in problem.remedy


def test_cuda_that_is_asked_for_and_absent(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    problem = sole_problem("machine.device=cuda")
    assert problem.saw == "torch finds no CUDA device here"
    assert "machine.device" in problem.remedy


# --- render backends


def test_egl_that_the_backend_needs(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrender", None)  # as where no EGL can be loaded: the import fails
    problem = sole_problem("render.backend=pyrender")
    assert problem.saw.startswith("backend pyrender finds no working EGL")
    assert "apt-get install libegl1 libgl1-mesa-dri" in problem.remedy


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("ModuleNotFoundError('', name='bpy')", 'pip install -e ".[blender]"'),
        ("ImportError('libXi.so.6: cannot open shared object file')", "install the system library that it names"),
    ],
)
def test_blender_or_its_libraries(healthy: Path, monkeypatch: pytest.MonkeyPatch, error: str, remedy: str) -> None:
    (healthy / "stub").mkdir()
    (healthy / "stub" / "bpy.py").write_text(f"raise {error}\n")
    monkeypatch.setenv("PYTHONPATH", str(healthy / "stub"))
    problem = sole_problem("render.backend=blender")
    assert "bpy" in problem.saw
    assert remedy in problem.remedy


# --- weights


def test_missing_weights_of_a_teacher(healthy: Path) -> None:
    problem = sole_problem("teachers=[ldm]")
    assert problem.name == "weights: ldm"
    assert problem.remedy.startswith("get them with `hf download stable-diffusion-v1-5")


def test_weights_with_another_checksum(healthy: Path) -> None:
    Path("other.pth").write_bytes(b"other weights")
    problem = sole_problem("teachers=[lite0]", "networks.lite0.weights=other.pth")
    assert "have sha256" in problem.saw
    assert problem.remedy.startswith("bring the right file back")


def test_missing_weights_of_the_encoder(healthy: Path) -> None:
    problem = sole_problem("train.encoder=resnet34", "train.encoder_weights=imagenet")
    assert problem.name == "weights: encoder"
    assert '`python -c "import torchvision; torchvision.models.resnet34' in problem.remedy


# --- raw data


def test_a_missing_root(healthy: Path) -> None:
    problem = sole_problem("source.kind=shapenet-v1", "source.mesh_root=away")
    assert problem.saw == "source.mesh_root is away, which is no folder"
    assert problem.remedy == "correct it in params.yaml or with --set."


def test_a_root_in_the_layout_of_another_release(healthy: Path) -> None:
    mesh_tree(healthy / "raw", "models/model_normalized.obj")
    problem = sole_problem("source.kind=shapenet-v1", "source.mesh_root=raw")
    assert (
        "raw holds no object of plane, none of its 1 folders is one, such as a1, which has no model.obj" in problem.saw
    )
    assert problem.remedy == "it is laid out as shapenet-v2, so set source.kind to shapenet-v2."
    assert findings("source.kind=shapenet-v2", "source.mesh_root=raw")["source: plane"].saw == "1 objects"


def test_a_root_without_the_annotations(healthy: Path) -> None:
    mesh_tree(healthy / "raw", "model.obj")
    (healthy / "parts").mkdir()
    words = "source.kind=shapenet-v1", "source.mesh_root=raw", "source.shapenet_part_root=parts"
    problem = sole_problem(*words)
    assert "parts holds neither 02691156/points nor 02691156/*.txt" in problem.saw
    assert problem.remedy == "name the folder that holds ShapeNet part's synset folders."


def test_a_root_that_cannot_be_read(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh_tree(healthy / "raw", "model.obj")
    no_rights(monkeypatch, Path("raw"), 0o000, os.R_OK)
    seen = findings("source.kind=shapenet-v1", "source.mesh_root=raw")
    (healthy / "raw").chmod(0o755)
    assert seen["source: mesh_root"].state == "problem"
    assert seen["source: mesh_root"].saw == "raw cannot be read"
    assert "chmod -R u+rX raw" in seen["source: mesh_root"].remedy


def test_missing_splits(healthy: Path) -> None:
    problem = sole_problem("manifest.splits=splits")
    assert problem.saw == f"splits/{PLANE}.json is missing"
    assert problem.remedy.startswith("set manifest.splits to 'seeded'")


# --- the store folder and the disk


def test_a_store_folder_that_cannot_be_written_to(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (healthy / "full").mkdir()
    no_rights(monkeypatch, healthy / "full", 0o555, os.W_OK)
    problem = sole_problem("storage.root=full/stores")
    assert problem.saw.endswith("full cannot be written to")
    assert "set storage.root to a folder that you may write to" in problem.remedy


def test_a_store_folder_that_is_a_file(healthy: Path) -> None:
    (healthy / "stores").touch()
    assert sole_problem().remedy == "set storage.root to a folder, or move that file away"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, None])
def test_a_file_system_without_locks(healthy: Path, monkeypatch: pytest.MonkeyPatch, number: int | None) -> None:
    def planted(_file: object, _operation: int) -> None:  # it fails, or does nothing
        if number is not None:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", planted)
    problems = [finding for finding in findings().values() if finding.state == "problem"]
    assert [problem.name for problem in problems] == ["locks: dvc", "locks: stores"]
    assert all("mount this one with flock" in problem.remedy for problem in problems)


def test_a_full_disk(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
    problem = sole_problem()
    assert problem.name == "disk"
    assert "do not fit the disk" in problem.saw
    assert problem.remedy.startswith("put storage.root on a larger one")
    # What is stored already is not taken off the estimate, so with stores it may be wrong.
    (healthy / "stores" / "views").mkdir(parents=True)
    assert findings()["disk"].state == "warning"
    # But not if all that the disk holds is less than what is lacking.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2000, 1000, 1000))
    assert findings()["disk"].state == "problem"


def test_a_run_of_months_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings()["time"].state == "ok"
    monkeypatch.setattr("pipeline.upkeep.doctor.resources.LONG", 0)
    assert (findings()["time"].state, findings()["time"].remedy[:9]) == ("warning", "use a GPU")


# --- git and DVC


def test_no_commit(healthy: Path) -> None:
    shutil.rmtree(".git")
    git("init", "-q")
    problem = sole_problem()
    assert problem.saw.startswith("the git repository has no commit: training cannot write its curves")
    assert "git commit" in problem.remedy


def test_no_git_repository(healthy: Path) -> None:
    shutil.rmtree(".git")
    problem = sole_problem()
    assert problem.name == "git"
    assert problem.remedy.startswith("`git init")


def test_a_dvc_yaml_that_cannot_be_parsed(healthy: Path) -> None:
    Path("dvc.yaml").write_text("stages:\n  render:\n\tcmd: x\n")
    problem = sole_problem()
    assert "dvc.yaml is not valid yaml in line 3" in problem.saw
    assert "git checkout dvc.yaml" in problem.remedy


def test_a_dvc_lock_with_the_marks_of_a_conflict(healthy: Path) -> None:
    Path("dvc.lock").write_text("schema: '2.0'\n<<<<<<< HEAD\nstages:\n=======\n>>>>>>> other\n")
    problem = sole_problem()
    assert problem.saw.startswith("dvc.lock is not valid yaml in line")
    assert "delete it" in problem.remedy


def test_no_folder_of_dvc(healthy: Path) -> None:
    shutil.rmtree(".dvc")
    assert sole_problem().remedy == "`git checkout .dvc`, or `dvc init`"


def test_a_problem_is_exit_code_1_with_its_remedy(healthy: Path) -> None:
    result = run_command("doctor", "--set", "manifest.splits=splits")
    assert result.exit_code == 1
    assert f"splits/{PLANE}.json is missing" in result.output
    assert " remedy  set manifest.splits to 'seeded'" in result.output
    assert "1 problem, " in result.output.splitlines()[-1]


def test_a_check_that_stops_is_a_problem_and_the_others_go_on(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_name: str) -> str:
        raise RuntimeError("half an installation")

    monkeypatch.setattr(metadata, "version", broken)
    problem = sole_problem()
    assert problem.saw == "the check stopped: RuntimeError: half an installation"
    assert findings()["git"].state == "ok"
