"""params.yaml: what is checked, and what a user is told."""

from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from pipeline.config.networks import BUILT_IN
from pipeline.config.sections.teachers import TimmCnn
from pipeline.config.setting_types import Section
from pipeline.config.settings import Settings, load_settings, parse_settings
from pipeline.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


PARAMS = "categories: [plane]\nteachers: [daisy]\nfields: [whole]\n"
# Settings of text that are no paths; of all others `~` is expanded.
NO_PATH = {"categories", "teachers", "networks", "machine.scheduler", "evaluate.other_teachers", "source.co3d.set_list"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.widht=3", "unknown key 'train.widht'; did you mean 'train.width'?"),
        ("fit-projection.view=3", "did you mean 'fit-projection.views'?"),
        ('networks.ldm.prompt="{category.name}"', "prompt may hold {category} and no other braces"),
        ('networks.ldm.prompt="{category[0]}"', "prompt may hold {category} and no other braces"),
        ('networks.ldm.prompt="a {"', "prompt may hold {category} and no other braces"),
        ("networks.ldm.up_blocks=[3, 2]", "up_blocks must ascend"),
        ("networks.dino.blok=3", "unknown key 'networks.dino.blok'; did you mean 'networks.dino.block'?"),
        ("networks.dino.block=-1", "networks.dino.block is -1: it must be greater than or equal to 0."),
        ("networks.dino.strides=[8]", "unknown key 'networks.dino.strides'; known here: licence, model, weights,"),
        (
            "networks.dino.kind=vit",
            "networks.dino.kind is vit: it must be one of timm-cnn, timm-vit, latent-diffusion,",
        ),
        ("networks.mine.model=resnet18", "networks.mine.kind is missing: it must be one of timm-cnn, timm-vit,"),
        ("networks.mine.kind=timm-vit", "the key 'networks.mine.model' is missing."),
        ("networks.mine=3", "networks.mine is 3: it must be a section with keys."),
        ("networks=3", "networks is 3: it must be a section with keys."),
        ("networks.my-own.kind=daisy", "'my-own' cannot name a teacher: use small letters, digits and _, a letter"),
        ("networks.lite0.sha256=5793", "networks.lite0.sha256 is 5793: it must be text; put it in quotes"),
        ("networks.lite0.sha256=abc", "networks.lite0.sha256 is 'abc': it must be 64 digits of 0-9 and a-f."),
        ("networks.lite0.strides=[]", "networks.lite0.strides is []: the list is too short."),
        (
            "teachers=[mine]",
            "teacher 'mine' is unknown; the teachers are lite0, dino, dinov2, dinov3, ldm, daisy; `net",
        ),
        ("train.width=many", "train.width is 'many': it must be a whole number."),
        ("train.width=1.5", "train.width is 1.5: it must be a whole number."),
        ("train.learning_rate=fast", "train.learning_rate is 'fast': it must be a number."),
        ("train.blocks=2", "train.blocks is 2: it must be greater than or equal to 3."),
        ("train=3", "train is 3: it must be a section with keys."),
        ("train.precision=fp16", "train.precision is 'fp16': it must be 'fp32' or 'bf16'."),
        ("machine.compile=maybe", "machine.compile is 'maybe': it must be true or false."),
        ("manifest.fractions=[1, 0]", "the list is too short"),
        ("manifest.fractions=[1, 0, 0, 0]", "the list is too long"),
        ("render.blender.sample=2", "unknown key 'render.blender.sample'; did you mean 'render.blender.samples'?"),
        ("render.bledner.samples=2", "unknown key 'render.bledner'; did you mean 'render.blender'?"),
        ("fit_projection.views=3", "unknown key 'fit_projection'; did you mean 'fit-projection'?"),
        ("categories.plane=1", "'categories' is no section"),
        ("evaluate.pck_pixels=[10, 5]", "evaluate.pck_pixels: the thresholds do not ascend"),
        ("evaluate.pck_edges=[0.1, 0.1000000001]", "evaluate.pck_edges: the thresholds do not ascend"),
        ("evaluate.other_teachers=[dion]", "teacher 'dion' is unknown"),
        ("evaluate.other_camera=100", "evaluate.other_camera is 100, a multiple of camera.views (50), so"),
        ("evaluate.other_camera=0", "evaluate.other_camera is 0: it must be greater than or equal to 1."),
        ("camera.views=17", "evaluate.other_camera is 17, a multiple of camera.views (17)"),
        ("evaluate.lpips=vgg16", "evaluate.lpips is 'vgg16'"),
        ("train.width=0", "train.width is 0"),
        ("train.source_views=0", "train.source_views: give a whole number of at least 1, or a list of 1 to 8 such"),
        ("train.source_views=[]", "train.source_views: give a whole number"),
        ("train.source_views=[1, 0]", "train.source_views: give a whole number"),
        ("train.source_views=[1, 1.5]", "train.source_views: give a whole number"),
        ("train.source_views=[1, 2, 3, 4, 5, 6, 7, 8, 9]", "train.source_views: give a whole number"),
        ("source.kind=shapenet-v2", "mesh_root is missing"),
        ("source.kind=renders", "views_root is missing: give the folder of the views"),
        ("source={kind: renders, views_root: x}", "layout is missing: say how the views are laid out, srn, transforms"),
        ("source.layout=nerf", "source.layout is 'nerf'"),
        ("source.scale=0", "source.scale is 0"),
        ("cache-teachers.foreground_from=colour", "cache-teachers.foreground_from is 'colour'"),
        ("categories=[boat]", "category 'boat' is unknown; the categories are plane, chair"),
        ("camera.size=126", "size must be a multiple of 4"),
        ("camera.near=2", "near must be below far"),
        ("manifest.fractions=[1, 1, 1]", "fractions must sum to 1"),
        ("trian.steps=1", "unknown key 'trian'; did you mean 'train'?"),
        ("train.steps", "write it as section.key=value"),
        ("train.steps=[1", "the value is not valid yaml"),
        (
            "teachers=[daisy, clip]",
            "teacher 'clip' is unknown; the teachers are lite0, dino, dinov2, dinov3, ldm, daisy",
        ),
        ("teachers=[]", "teachers is []: the list is too short."),
        ("categories=[]", "categories is []"),
        ("categories=[plane, plane]", "categories names one of them twice"),
        ("categories=plane", "categories is 'plane': it must be a list."),
        (
            "train.held_out_views=49",
            "train.held_out_views is 49, but camera.views is 50: lower it until at least 2 views",
        ),
        ("camera.views=3", "train.held_out_views is 2, but camera.views is 3"),
        ("camera.radius=.inf", "camera.radius is inf"),
        ("camera.size=4", "camera.size is 4"),
        ("evaluate.pck_pixels=[]", "evaluate.pck_pixels is []"),
        ("storage.root=", "the value is missing; write null for none."),
        ("camera=", "the value is missing; write null for none."),
        ('storage.root=""', "storage.root is '': it must not be empty."),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(override: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        load_settings(ROOT / "params.yaml", (override,))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_one_view_is_no_mistake_though_it_has_no_other_camera() -> None:
    assert (
        load_settings(
            ROOT / "params.yaml",
            (
                "camera.views=1",
                "train.held_out_views=0",
            ),
        ).camera.views
        == 1
    )


@pytest.mark.parametrize("key", ["categories", "teachers", "fields"])
def test_a_list_that_dvc_reads_must_stand_in_the_file(key: str) -> None:
    tree = yaml.safe_load(PARAMS)
    del tree[key]
    with pytest.raises(UserError, match=f"the key '{key}' is missing; it has no default, because dvc.yaml reads it"):
        parse_settings(tree, "params.yaml")


@pytest.mark.parametrize("rest", ["train:", "train: {}", "render: {blender: }"])
def test_a_heading_without_keys_changes_nothing(tmp_path: Path, rest: str) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS + rest)
    assert load_settings(tmp_path / "params.yaml") == parse_settings(yaml.safe_load(PARAMS), "lists")


def test_a_default_is_like_the_same_value_in_the_file() -> None:
    lists = yaml.safe_load(PARAMS)
    given = {"train": {"final_learning_rate": 0.0}, "evaluate": {"pck_pixels": [2.5, 5, 7.5, 10]}}
    written, default = parse_settings(lists | given, "written"), parse_settings(lists, "default")
    assert repr(written.model_dump()) == repr(default.model_dump())  # 5.0, not 5: one fingerprint


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train:\n  steps: 1\n  seed: 0\n  steps: 2\n", "line 7: the key 'steps' stands twice."),
        ("train: {steps: 1}\ntrain: {seed: 1}\n", "line 5: the key 'train' stands twice."),
        ("train:\n\tsteps: 1\n", "line 5: a tab; indent with spaces."),
        ("train: {steps: 1\n", "line 5: expected ',' or '}', but got '<stream end>'."),
        ("? [a]\n: 1\n", "line 4: found unhashable key."),
        ("a: \0", "not valid yaml"),
    ],
)
def test_a_slip_in_the_file_is_one_sentence_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS + text)
    with pytest.raises(UserError) as error:
        load_settings(tmp_path / "params.yaml")
    assert message in str(error.value) and "\n" not in str(error.value)


def leaves(section: type[BaseModel], above: str = "") -> Iterator[tuple[str, object]]:
    for field, info in section.model_fields.items():
        key = above + (info.alias or field)
        if isinstance(info.default, Section):
            yield from leaves(type(info.default), f"{key}.")
        else:
            yield key, info.annotation


def holds_text(kind: object) -> bool:
    return kind is str or any(holds_text(part) for part in get_args(kind))


TEXTS = {key for key, kind in leaves(Settings) if holds_text(kind)}


@pytest.mark.parametrize("key", sorted(TEXTS - NO_PATH))
def test_home_is_expanded_in_every_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("HOME", "/home/user")
    settings: Any = load_settings(ROOT / "params.yaml", (f"{key}=~/data",))
    assert reduce(getattr, key.split("."), settings) == "/home/user/data"


@pytest.mark.parametrize("path", ["$HOME/stores", "${DATA}", "a/$(id)", "~nobody-of-this-name/stores"])
def test_what_only_a_shell_replaces_is_refused_in_a_path(path: str) -> None:
    with pytest.raises(UserError, match=r"storage.root: .* is not replaced as in a shell: write the path itself"):
        load_settings(ROOT / "params.yaml", (f"storage.root={path}",))


def test_home_is_expanded_in_the_path_of_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/user")
    network: Any = load_settings(ROOT / "params.yaml", ("networks.dinov3.weights=~/data",)).network("dinov3")
    assert network.weights == "/home/user/data"


def test_an_entry_changes_some_keys_of_a_built_in_network_or_replaces_it_by_another_kind() -> None:
    lists = yaml.safe_load(PARAMS)
    changed = parse_settings({**lists, "networks": {"dino": {"block": 3}, "daisy": None}}, "test")
    assert changed.network("dino") == BUILT_IN["dino"].model_copy(update={"block": 3})
    assert changed.network("daisy") == BUILT_IN["daisy"]
    assert list(changed.networks) == list(BUILT_IN)
    other = parse_settings({**lists, "networks": {"dino": {"kind": "timm-cnn", "model": "resnet18"}}}, "test")
    assert other.network("dino") == TimmCnn(model="resnet18")


def test_the_paths_are_those_that_are_known() -> None:
    assert NO_PATH < TEXTS
    assert {"storage.root", "source.mesh_root", "manifest.splits", "train.encoder_weights"} <= TEXTS
