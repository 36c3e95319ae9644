"""Profiles: short files of differences, which one command switches between or prints in full."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.config.profiles import (
    NAMES,
    list_profiles,
    profile_file,
    profile_settings,
    profile_text,
    use_profile,
)
from pipeline.config.settings import load_settings, parse_settings
from pipeline.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = yaml.safe_load(profile_text("defaults"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def profile(*words: str) -> str:
    result = CliRunner().invoke(main, ["profile", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_params_yaml_as_committed_is_the_demo_profile() -> None:
    assert (ROOT / "params.yaml").read_text() == profile_file("demo")


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_holds_differences_alone_and_expanded_every_key(name: str) -> None:
    assert len(profile_file(name).splitlines()) < 60
    for section, values in yaml.safe_load(profile_file(name)).items():
        if isinstance(values, dict):
            same = {key for key, value in values.items() if value == DEFAULTS[section][key]}
            assert not same, f"{name}: {section} repeats defaults"
    tree = yaml.safe_load(profile_text(name))
    assert parse_settings(tree, name) == profile_settings(name)
    assert list(tree) == list(DEFAULTS)
    assert all(not isinstance(tree[key], dict) or list(tree[key]) == list(DEFAULTS[key]) for key in tree)


def test_the_paper_profile_has_the_published_sizes() -> None:
    paper = profile_settings("paper")
    t = paper.train
    assert (t.width, t.blocks, t.frequencies, t.encoder) == (512, 5, 6, "resnet34")
    assert (t.objects_per_step, t.rays_per_object) == (4, 128)
    assert (t.coarse_samples, t.importance_samples, t.depth_samples, t.depth_std) == (64, 16, 16, 0.01)
    assert (t.feature_weight, t.coordinate_weight, t.learning_rate) == (0.25, 0.25, 1e-4)
    assert (paper.camera.views, paper.camera.size, paper.camera.near, paper.camera.far) == (50, 128, 0.8, 1.8)
    assert set(paper.categories) == {"plane", "bottle", "car", "chair", "motorcycle", "table"}


def test_profiles_switch_and_protect_edits(folder: Path) -> None:
    params = Path("params.yaml")
    use_profile("smoke", force=False)
    assert [line[0] for line in list_profiles()] == [" ", "*", " ", " ", " "]
    # A comment or a written default is no edit.
    params.write_text("# mine\n" + profile_file("smoke") + "label: {part_distance: 0.05}\n")
    use_profile("demo", force=False)
    assert params.read_text() == profile_file("demo")
    # A file that cannot be read is one.
    for edited in (profile_file("smoke") + "label: {part_distance: 0.04}\n", "categories: ["):
        params.write_text(edited)
        assert [line[0] for line in list_profiles()] == [" ", " ", " ", " ", " "]
        with pytest.raises(UserError, match="edits of your own"):
            use_profile("demo", force=False)
        assert params.read_text() == edited
    use_profile("demo", force=True)
    assert params.read_text() == profile_file("demo")
    with pytest.raises(UserError, match="profile 'big' is unknown"):
        use_profile("big", force=False)


def test_expand_prints_every_key_and_changes_nothing(folder: Path) -> None:
    Path("params.yaml").write_text(profile_file("smoke") + "label: {part_distance: 0.04}\n")
    before = Path("params.yaml").read_text()
    tree = yaml.safe_load(profile("--expand"))
    assert tree["label"] == DEFAULTS["label"] | {"part_distance": 0.04}
    assert parse_settings(tree, "expanded") == load_settings()
    assert yaml.safe_load(profile("paper", "--expand")) == yaml.safe_load(profile_text("paper"))
    assert Path("params.yaml").read_text() == before
