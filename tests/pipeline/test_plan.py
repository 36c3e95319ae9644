"""What a plan says: sizes and times by hand, the network's own counts, and what does not fit."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from torch import nn

from pipeline.artifacts.layouts import labels_layout, views_layout
from pipeline.artifacts.project import Project
from pipeline.config.profiles import NAMES, profile_text
from pipeline.config.settings import Settings, parse_settings
from pipeline.teachers.registry import raw_channels
from pipeline.upkeep.plan import plan as plan_module
from pipeline.upkeep.plan.load import Load, category_load
from pipeline.upkeep.plan.needs import (
    Host,
    map_bytes,
    object_needs,
    rays_per_second,
    run_needs,
    stored_bytes,
    teacher_needs,
)
from pipeline.upkeep.plan.plan import plan_text, this_machine
from train.network.model import new_model

TWO_CORES = Host(cores=2, workers=2, gpus=0, memory=24 * 10**9, free=60 * 10**9)
H100 = Host(cores=16, workers=16, gpus=1, memory=128 * 10**9, free=10**13)
STAGES = ["manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report", "total"]


def settings_of(name: str, **sections: dict[str, object]) -> Settings:
    tree = yaml.safe_load(profile_text(name))
    for section, values in sections.items():
        tree[section.replace("_", "-")] |= values
    return parse_settings(tree, name)


PAPER, DEFAULTS = settings_of("paper"), settings_of("defaults")
PLANES = Load("plane", 100, 70, 20, 0.25, "a test", "assumed")


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def planned(settings: Settings, host: Host, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, list[str]], list[str]]:
    """The cells of the table by stage, and the remarks below it."""
    monkeypatch.setattr(plan_module, "this_machine", lambda *_: host)
    _, table, remarks = plan_text(Project(settings)).split("\n\n")
    rows = [re.split(r"  +", line) for line in table.splitlines()]
    assert rows[0] == ["stage", "objects", "views", "disk", "memory", "time", "rate"]
    return {name: cells for name, *cells in rows[1:]}, remarks.splitlines()


def maps_of(settings: Settings, teacher: str, load: Load = PLANES) -> float:
    raw = raw_channels(teacher, settings.network(teacher))
    return map_bytes(load, min(raw, settings.fit_projection.channels or raw), settings.camera, settings.cache_teachers)


# --- disk


def test_images_and_depth_count_by_their_foreground_and_poses_in_full() -> None:
    pixels = 50 * 128 * 128
    assert stored_bytes(views_layout(PAPER.camera), 0.25) == pixels * (4 + 4) / 4 + 50 * (16 + 4) * 4


def test_of_labels_the_part_map_alone_counts_by_its_foreground() -> None:
    layout = labels_layout(PAPER.camera, keypoints=2, part_points=10, candidates=20)
    points = 2 * 12 + 50 * 2 * 8 + 50 * 2 + 2 + 10 * (12 + 1) + 4 + 20 * 12 + 4
    assert stored_bytes(layout, 0.5) == 50 * 128 * 128 / 2 + points


def test_maps_count_by_their_foreground_cells() -> None:
    view = 32 * 32 * 384 * 2  # cells, channels, bytes: 768 KiB
    nearest = settings_of("paper", cache_teachers={"foreground": "nearest"})
    assert maps_of(nearest, "dino") == 50 * view / 4
    assert 1.1 < maps_of(PAPER, "dino") / maps_of(nearest, "dino") < 1.3  # a cell counts if any of its pixels does
    assert maps_of(PAPER, "dino", replace(PLANES, foreground=1.0)) == 50 * view


@pytest.mark.parametrize("radius", [24, 32, 48])
def test_cells_that_a_disk_touches(radius: int) -> None:
    v, u = np.mgrid[:128, :128] + 0.5 - 64
    disk = (u - 1.3) ** 2 + (v - 2.1) ** 2 < radius**2
    touched = disk.reshape(32, 4, 32, 4).any(axis=(1, 3)).mean()
    load = replace(PLANES, foreground=float(disk.mean()))
    assert maps_of(PAPER, "dino", load) == pytest.approx(touched * 50 * 32 * 32 * 384 * 2, rel=0.1)


def test_diffusion_features_are_projected_unless_all_channels_are_kept() -> None:
    assert maps_of(PAPER, "ldm") == maps_of(PAPER, "dino")
    everything = settings_of("paper", fit_projection={"channels": None})
    assert maps_of(everything, "ldm") == pytest.approx(maps_of(everything, "dino") * 960 / 384)


def test_int8_maps_take_half() -> None:
    def cached(settings: Settings) -> float:
        maps, cache = maps_of(settings, "dino"), settings.cache_teachers
        needs = teacher_needs(PLANES, PAPER.network("dino"), maps, PAPER.camera, PAPER.fit_projection, cache, H100)
        return next(need.disk for need in needs if need.stage == "cache-teachers")

    assert cached(PAPER) == 100 * maps_of(PAPER, "dino")
    assert cached(settings_of("paper", cache_teachers={"dtype": "int8"})) == cached(PAPER) / 2


# --- memory and time


def test_training_keeps_the_train_split_in_memory() -> None:
    maps, images = maps_of(PAPER, "dino"), 50 * 128 * 128 * 4
    train, evaluate, _ = run_needs(PLANES, maps, 384, PAPER.camera, PAPER.train, PAPER.evaluate, H100)
    assert train.memory == pytest.approx(1e9 + 70 * (maps + images))
    assert evaluate.memory == pytest.approx(1e9 + 20 * 50 * 32 * 32 * 384 * 2)


def test_the_published_views_by_each_backend() -> None:
    def hours(settings: Settings) -> float:
        load = replace(PLANES, objects=27_663)
        needs = object_needs(load, "shapenet-v1", settings.camera, settings.render, 16)
        return next(need.seconds for need in needs if need.stage == "render") / 3600

    assert hours(PAPER) == pytest.approx(1_383_150 / (16 * 7.5) / 3600, rel=0.01)
    assert hours(settings_of("paper", render={"backend": "pyrender"})) < 1
    assert hours(settings_of("paper", camera={"size": 256})) == pytest.approx(4 * hours(PAPER), rel=0.01)


def test_teachers_work_on_gpus_where_there_are_some() -> None:
    def seconds(teacher: str, host: Host, settings: Settings = PAPER) -> float:
        section, cache = settings.network(teacher), settings.cache_teachers
        needs = teacher_needs(PLANES, section, 1.0, settings.camera, settings.fit_projection, cache, host)
        return next(need.seconds for need in needs if need.stage == "cache-teachers") - 5

    assert seconds("dino", H100) == pytest.approx(5000 / 5000)
    assert seconds("dino", TWO_CORES) == pytest.approx(5000 / (2 * 2.3))
    assert seconds("daisy", H100) == pytest.approx(5000 / (16 * 10))
    assert seconds(
        "ldm", H100, settings_of("paper", networks={"ldm": {**PAPER.network("ldm").model_dump(), "noises": 3}})
    ) == pytest.approx(2 * seconds("ldm", H100))


@pytest.mark.parametrize("name", NAMES)
def test_multiply_adds_are_the_networks_own(name: str) -> None:
    train = settings_of(name).train.model_copy(update={"encoder_weights": None})
    network = new_model(train, 384).network
    trunk = [network.entry, *network.injections, *(linear for b in network.blocks for linear in (b.first, b.second))]
    sample = sum(linear.weight.numel() for linear in trunk if isinstance(linear, nn.Linear))
    samples = train.coarse_samples + train.importance_samples + train.depth_samples
    assert rays_per_second(train, TWO_CORES) == pytest.approx(2 * 15e9 / (samples * sample))


@pytest.mark.parametrize(("settings", "host", "measured"), [(DEFAULTS, TWO_CORES, 10.2), (PAPER, H100, 153.9)])
def test_the_measured_training_steps_are_met_within_a_factor_of_two(
    settings: Settings, host: Host, measured: float
) -> None:
    train, *_ = run_needs(PLANES, 1.0, 384, settings.camera, settings.train, settings.evaluate, host)
    assert 0.5 < settings.train.steps / train.seconds / measured < 2


# --- objects


def test_without_a_manifest_and_a_source_objects_are_those_published() -> None:
    chairs = category_load(Project(PAPER), "chair")
    assert str(chairs) == (
        "chair: 6,778 objects (4,744 train, 1,356 test; counted in the published data), "
        "12.4% of pixels foreground (assumed)"
    )
    limited = category_load(Project(settings_of("paper", manifest={"objects": 100})), "chair")
    assert (limited.objects, limited.train, limited.test) == (100, 70, 20)


# --- the text


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_has_a_plan(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, _ = planned(settings_of(name), TWO_CORES, monkeypatch)
    assert [stage for stage in rows if stage != "synthesize"] == STAGES
    assert ("synthesize" in rows) == (name not in ("paper", "released"))


def test_the_plan_of_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, remarks = planned(DEFAULTS, TWO_CORES, monkeypatch)
    assert rows["render"] == ["24", "1,200", "26 MB", "480 MB", "20.0 s", "60 views/s a core"]
    # Two categories of 8 train objects: docs/performance.md has 10.2 steps/s and 316 s in all, 2.22 GiB at most.
    assert rows["train"] == ["16", "800", "14 MB", "1.1 GB", "1.5 min", "14.5 steps/s"]
    assert rows["total"] == ["24", "1,200", "187 MB", "2.4 GB", "4.9 min"]
    assert remarks[1] == "Planned for 2 workers, networks on 2 cores, 24 GB of memory and 60 GB of free disk."
    assert len(remarks) == 2


def test_an_ablation_is_trained_and_evaluated_too(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = yaml.safe_load(profile_text("defaults")) | {"fields": ["whole", "pixelnerf"]}
    rows, _ = planned(parse_settings(tree, "defaults"), TWO_CORES, monkeypatch)
    assert (rows["cache-teachers"][0], rows["train"][0], rows["train"][2]) == ("24", "32", "28 MB")


def test_what_does_not_fit_is_a_warning_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    _, remarks = planned(PAPER, replace(TWO_CORES, gpus=1), monkeypatch)
    disk, memory = (line for line in remarks if line.startswith("Warning"))
    assert disk.startswith("Warning: 383 GB do not fit the disk: put storage.root on a larger one, or set cache-")
    assert memory.startswith("Warning: train needs 68 GB of memory, more than there is: it streams its objects")


# --- the machine


def test_workers_are_no_more_than_cores_unless_a_cluster_has_them(tmp_path: Path) -> None:
    many = DEFAULTS.machine.model_copy(update={"workers": 1000})
    here = this_machine(many, tmp_path / "not" / "there" / "yet")
    assert here.workers == here.cores
    assert here.memory > 10**8
    assert here.free > 0
    cluster = many.model_copy(update={"scheduler": "tcp://10.0.0.1:8786"})
    assert this_machine(cluster, tmp_path).workers == 1000


@pytest.mark.parametrize(
    ("device", "visible", "gpus"),
    [("auto", None, 2), ("auto", "", 0), ("auto", "-1", 0), ("auto", "1", 1), ("cpu", None, 0), ("cuda", "", 1)],
)
def test_gpus_are_those_that_the_settings_and_cuda_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, visible: str | None, gpus: int
) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    monkeypatch.setattr(plan_module, "DEVICE_FILES", tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert this_machine(DEFAULTS.machine.model_copy(update={"device": device}), tmp_path).gpus == gpus


def test_a_containers_limit_of_memory_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(plan_module, "MEMORY_LIMIT", limit)
    physical = this_machine(DEFAULTS.machine, tmp_path).memory
    for text, memory in (("max\n", physical), ("123456789\n", 123456789)):
        limit.write_text(text)
        assert this_machine(DEFAULTS.machine, tmp_path).memory == memory
