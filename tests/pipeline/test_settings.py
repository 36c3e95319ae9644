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

DEMO = Path(__file__).resolve().parents[2] / "params.yaml"
LISTS = {"categories": ["plane"], "teachers": ["daisy"], "fields": ["whole"]}
# Settings of text that are no paths; of all others `~` is expanded.
NO_PATH = {"categories", "teachers", "networks", "machine.scheduler", "evaluate.other_teachers", "source.co3d.set_list"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.widht=3", "unknown key 'train.widht'; did you mean 'train.width'?"),
        ("render.blender.sample=2", "unknown key 'render.blender.sample'; did you mean 'render.blender.samples'?"),
        ("fit_projection.views=3", "unknown key 'fit_projection'; did you mean 'fit-projection'?"),
        ("networks.dino.blok=3", "unknown key 'networks.dino.blok'; did you mean 'networks.dino.block'?"),
        ("networks.dino.strides=[8]", "unknown key 'networks.dino.strides'; known here: licence, model, weights,"),
        ("networks.dino.kind=vit", "networks.dino.kind is vit: it must be one of timm-cnn, timm-vit, latent-diffusion"),
        ("networks.mine.model=resnet18", "networks.mine.kind is missing: it must be one of timm-cnn, timm-vit,"),
        ("networks.mine.kind=timm-vit", "the key 'networks.mine.model' is missing."),
        ("networks.mine=3", "networks.mine is 3: it must be a section with keys."),
        ("networks=3", "networks is 3: it must be a section with keys."),
        ("networks.my-own.kind=daisy", "'my-own' cannot name a teacher: use small letters, digits and _, a letter"),
        ("networks.dino.block=-1", "networks.dino.block is -1: it must be greater than or equal to 0."),
        ("networks.lite0.sha256=5793", "networks.lite0.sha256 is 5793: it must be text; put it in quotes"),
        ("networks.lite0.sha256=abc", "networks.lite0.sha256 is 'abc': it must be 64 digits of 0-9 and a-f."),
        ("networks.lite0.strides=[]", "networks.lite0.strides is []: the list is too short."),
        ('networks.ldm.prompt="{category.name}"', "prompt may hold {category} and no other braces"),
        ('networks.ldm.prompt="a {"', "prompt may hold {category} and no other braces"),
        ("networks.ldm.up_blocks=[3, 2]", "up_blocks must ascend"),
        ("teachers=[mine]", "teacher 'mine' is unknown; the teachers are lite0, dino, dinov2, dinov3, ldm, daisy; `ne"),
        ("evaluate.other_teachers=[dion]", "teacher 'dion' is unknown"),
        ("categories=[boat]", "category 'boat' is unknown; the categories are plane, chair"),
        ("categories=[]", "categories is []: the list is too short."),
        ("categories=[plane, plane]", "categories names one of them twice"),
        ("categories=plane", "categories is 'plane': it must be a list."),
        ("categories.plane=1", "'categories' is no section"),
        ("fields=[pixelnerf]", "fields lacks 'whole', the field that ablations are compared with"),
        ("train.width=many", "train.width is 'many': it must be a whole number."),
        ("train.width=1.5", "train.width is 1.5: it must be a whole number."),
        ("train.learning_rate=fast", "train.learning_rate is 'fast': it must be a number."),
        ("camera.radius=.inf", "camera.radius is inf"),
        ("train=3", "train is 3: it must be a section with keys."),
        ("train.precision=fp16", "train.precision is 'fp16': it must be 'fp32' or 'bf16'."),
        ("machine.compile=maybe", "machine.compile is 'maybe': it must be true or false."),
        ("manifest.fractions=[1, 0]", "the list is too short"),
        ("manifest.fractions=[1, 0, 0, 0]", "the list is too long"),
        ("manifest.fractions=[1, 1, 1]", "fractions must sum to 1"),
        ("evaluate.pck_edges=[0.1, 0.1000000001]", "evaluate.pck_edges: the thresholds do not ascend"),
        ("evaluate.pck_pixels=[]", "evaluate.pck_pixels is []"),
        ("evaluate.other_camera=100", "evaluate.other_camera is 100, a multiple of camera.views (50), so"),
        ("evaluate.lpips=vgg16", "evaluate.lpips is 'vgg16'"),
        ("train.source_views=0", "train.source_views: give a whole number of at least 1, or a list of 1 to 8 such"),
        ("train.source_views=[]", "train.source_views: give a whole number"),
        ("train.source_views=[1, 1.5]", "train.source_views: give a whole number"),
        ("train.source_views=[1, 2, 3, 4, 5, 6, 7, 8, 9]", "train.source_views: give a whole number"),
        ("train.held_out_views=49", "train.held_out_views is 49, but camera.views is 50: lower it until at least 2 vi"),
        ("source.kind=shapenet-v2", "mesh_root is missing"),
        ("source.kind=renders", "views_root is missing: give the folder of the views"),
        ("source={kind: renders, views_root: x}", "layout is missing: say how the views are laid out, srn, transforms"),
        ("source={kind: folder, mesh_root: x, partnet_root: y}", "partnet_root is given, but published annotations"),
        ("source.scale=0", "source.scale is 0"),
        ("camera.size=126", "size must be a multiple of 4"),
        ("camera.size=4", "camera.size is 4"),
        ("camera.near=2", "near must be below far"),
        ("train.steps", "write it as section.key=value"),
        ("train.steps=[1", "the value is not valid yaml"),
        ("storage.root=", "the value is missing; write null for none."),
        ('storage.root=""', "storage.root is '': it must not be empty."),
        ("storage.root=$HOME/stores", "is not replaced as in a shell: write the path itself"),
        ("storage.root=a/$(id)", "is not replaced as in a shell: write the path itself"),
        ("storage.root=~nobody-of-this-name/stores", "is not replaced as in a shell: write the path itself"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(override: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        load_settings(DEMO, (override,))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_one_view_is_no_mistake_though_it_has_no_other_camera() -> None:
    assert load_settings(DEMO, ("camera.views=1", "train.held_out_views=0")).camera.views == 1


@pytest.mark.parametrize("key", LISTS)
def test_a_list_that_dvc_reads_must_stand_in_the_file(key: str) -> None:
    with pytest.raises(UserError, match=f"the key '{key}' is missing; it has no default, because dvc.yaml reads it"):
        parse_settings({name: names for name, names in LISTS.items() if name != key}, "params.yaml")


def test_what_is_not_given_is_the_default_and_like_the_same_value_in_the_file() -> None:
    default = parse_settings(LISTS, "lists")
    for rest in ("train:", "train: {}", "render: {blender: }"):  # headings without keys
        assert parse_settings(LISTS | yaml.safe_load(rest), rest) == default
    given = {"train": {"final_learning_rate": 0.0}, "evaluate": {"pck_pixels": [2.5, 5, 7.5, 10]}}
    # 5.0, not 5: one fingerprint
    assert repr(parse_settings(LISTS | given, "written").model_dump()) == repr(default.model_dump())


def test_overrides_change_what_they_name_and_nothing_else() -> None:
    plain, changed = load_settings(DEMO), load_settings(DEMO, ("train.steps=7", "storage.root=/elsewhere"))
    assert (changed.train.steps, changed.storage.root) == (7, "/elsewhere")
    assert changed.model_copy(update={"train": plain.train, "storage": plain.storage}) == plain


def leaves(section: type[BaseModel], above: str = "") -> Iterator[tuple[str, object]]:
    for field, info in section.model_fields.items():
        key = above + (info.alias or field)
        if isinstance(info.default, Section):
            yield from leaves(type(info.default), f"{key}.")
        else:
            yield key, info.annotation


def holds_text(kind: object) -> bool:
    return kind is str or any(holds_text(part) for part in get_args(kind))


def test_home_is_expanded_in_every_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/user")
    texts = {key for key, kind in leaves(Settings) if holds_text(kind)}
    assert texts > NO_PATH
    assert texts > {"storage.root", "source.mesh_root", "manifest.splits", "train.encoder_weights"}
    for key in sorted(texts - NO_PATH):
        settings: Any = load_settings(DEMO, (f"{key}=~/data",))
        assert reduce(getattr, key.split("."), settings) == "/home/user/data", key
    network: Any = load_settings(DEMO, ("networks.dinov3.weights=~/data",)).network("dinov3")
    assert network.weights == "/home/user/data"


def test_an_entry_changes_some_keys_of_a_built_in_network_or_replaces_it_by_another_kind() -> None:
    changed = parse_settings({**LISTS, "networks": {"dino": {"block": 3}, "daisy": None}}, "test")
    assert changed.network("dino") == BUILT_IN["dino"].model_copy(update={"block": 3})
    assert changed.network("daisy") == BUILT_IN["daisy"]
    assert list(changed.networks) == list(BUILT_IN)
    other = parse_settings({**LISTS, "networks": {"dino": {"kind": "timm-cnn", "model": "resnet18"}}}, "test")
    assert other.network("dino") == TimmCnn(model="resnet18")
