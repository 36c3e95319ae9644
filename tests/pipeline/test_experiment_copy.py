"""In the copies that `dvc exp run` makes, paths of the settings are those of the project."""

from pathlib import Path

import pytest

from pipeline.config.experiment_copy import link_to_project
from pipeline.config.settings import Settings, load_settings

PARAMS = Path(__file__).parents[2] / "params.yaml"


def settings(tmp_path: Path) -> Settings:
    paths = ("source.mesh_root=raw/meshes", "source.partnet_root=tracked", f"source.keypointnet_root={tmp_path}")
    return load_settings(PARAMS, (*paths, "networks.lite0.weights=missing.pth", "train.encoder_weights=../encoder.pth"))


@pytest.mark.parametrize("copy", [".dvc/tmp/exps/tmp1", ".dvc/tmp/exps/standalone/tmp1", ".dvc/tmp/exps/tmp1/inside"])
def test_what_git_does_not_know_is_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy: str) -> None:
    project = tmp_path / "project"
    for name in ("raw/meshes", "tracked", f"{copy}/tracked"):
        (project / name).mkdir(parents=True)
    (tmp_path / "encoder.pth").touch()
    monkeypatch.chdir(project / copy)
    for _ in range(2):
        link_to_project(settings(tmp_path), settings(tmp_path).storage.root)
        assert Path("stores").readlink() == project / "stores" and (project / "stores").is_dir()
        assert Path("raw/meshes").readlink() == project / "raw" / "meshes"
        assert Path("../encoder.pth").samefile(tmp_path / "encoder.pth")
        assert not Path("tracked").is_symlink() and not Path("missing.pth").is_symlink()


def test_elsewhere_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    link_to_project(settings(tmp_path), settings(tmp_path).storage.root)
    assert list(tmp_path.iterdir()) == []
