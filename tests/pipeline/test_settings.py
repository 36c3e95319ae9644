"""params.yaml: what is checked, and what a user is told."""

from pathlib import Path

import pytest
import yaml

from pipeline.config.profiles import NAMES, list_profiles, profile_text, use_profile
from pipeline.config.settings import Settings, load_settings, parse_settings
from pipeline.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_is_valid(name: str) -> None:
    assert isinstance(parse_settings(yaml.safe_load(profile_text(name)), name), Settings)


def test_params_yaml_as_committed_is_the_demo_profile() -> None:
    assert (ROOT / "params.yaml").read_text() == profile_text("demo")


def test_the_paper_profile_has_the_published_sizes() -> None:
    paper = parse_settings(yaml.safe_load(profile_text("paper")), "paper")
    t = paper.train
    assert (t.width, t.blocks, t.frequencies, t.encoder) == (512, 5, 6, "resnet34")
    assert (t.objects_per_step, t.rays_per_object) == (4, 128)
    assert (t.coarse_samples, t.importance_samples, t.depth_samples, t.depth_std) == (64, 16, 16, 0.01)
    assert (t.feature_weight, t.coordinate_weight, t.learning_rate) == (0.25, 0.25, 1e-4)
    assert (paper.camera.views, paper.camera.size, paper.camera.near, paper.camera.far) == (50, 128, 0.8, 1.8)
    assert set(paper.categories) == {"plane", "bottle", "car", "chair", "motorcycle", "table"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.widht=3", "unknown key 'train.widht'; did you mean 'width'?"),
        ("fit-projection.view=3", "did you mean 'views'?"),
        ('ldm.prompt="{category.name}"', "prompt may hold {category} and no other braces"),
        ('ldm.prompt="{category[0]}"', "prompt may hold {category} and no other braces"),
        ('ldm.prompt="a {"', "prompt may hold {category} and no other braces"),
        ("ldm.up_blocks=[3, 2]", "up_blocks must ascend"),
        ("train.width=many", "train.width is 'many'"),
        ("evaluate.pck_pixels=[10, 5]", "evaluate.pck_pixels: the thresholds do not ascend"),
        ("evaluate.pck_edges=[0.1, 0.1000000001]", "evaluate.pck_edges: the thresholds do not ascend"),
        ("evaluate.other_teachers=[dion]", "teacher 'dion' is unknown"),
        ("evaluate.lpips=vgg16", "evaluate.lpips is 'vgg16'"),
        ("train.width=0", "train.width is 0"),
        ("source.kind=shapenet-v2", "mesh_root is missing"),
        ("categories=[boat]", "category 'boat' is unknown; the categories are plane, chair"),
        ("camera.size=126", "size must be a multiple of 4"),
        ("camera.near=2", "near must be below far"),
        ("manifest.fractions=[1, 1, 1]", "fractions must sum to 1"),
        ("trian.steps=1", "there is no section 'trian'"),
        ("train.steps", "write it as section.key=value"),
        ("train.steps=[1", "the value is not valid yaml"),
        ("teachers=[daisy, clip]", "teacher 'clip' is unknown; the teachers are daisy, dino, dinov2, dinov3, ldm"),
        ("teachers=[]", "teachers is []"),
        ("categories=[]", "categories is []"),
        ("categories=[plane, plane]", "categories names one of them twice"),
        ("categories=plane", "categories is 'plane'"),
        ("camera.radius=.inf", "camera.radius is inf"),
        ("camera.size=4", "camera.size is 4"),
        ("evaluate.pck_pixels=[]", "evaluate.pck_pixels is []"),
        ("storage.root=", "storage.root is None"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(override: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        load_settings(ROOT / "params.yaml", (override,))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    tree = yaml.safe_load(profile_text("demo"))
    del tree["train"]["width"]
    with pytest.raises(UserError, match=r"the key 'train\.width' is missing"):
        parse_settings(tree, "params.yaml")


def test_a_file_that_is_absent_or_no_yaml(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing"):
        load_settings(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [1")
    with pytest.raises(UserError, match="not valid yaml"):
        load_settings(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="no text in UTF-8"):
        load_settings(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("- 1")
    with pytest.raises(UserError, match="no mapping"):
        load_settings(tmp_path / "params.yaml")


def test_overrides_change_what_they_name_and_nothing_else() -> None:
    plain = load_settings(ROOT / "params.yaml")
    changed = load_settings(ROOT / "params.yaml", ("train.steps=7", "storage.root=/elsewhere"))
    assert changed.train.steps == 7
    assert changed.storage.root == "/elsewhere"
    assert changed.model_copy(update={"train": plain.train, "storage": plain.storage}) == plain


def test_profiles_switch_and_protect_edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    use_profile("smoke", force=False)
    assert [line[0] for line in list_profiles()] == [" ", "*", " "]
    edited = profile_text("smoke").replace("seed: 0", "seed: 1")
    Path("params.yaml").write_text(edited)
    with pytest.raises(UserError, match="edits of your own"):
        use_profile("demo", force=False)
    assert Path("params.yaml").read_text() == edited
    use_profile("demo", force=True)
    assert Path("params.yaml").read_text() == profile_text("demo")
    with pytest.raises(UserError, match="profile 'big' is unknown"):
        use_profile("big", force=False)
