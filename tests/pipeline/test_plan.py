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
from pipeline.errors import UserError
from pipeline.upkeep import host as host_module
from pipeline.upkeep import plan as plan_module
from pipeline.upkeep.amounts import duration_of
from pipeline.upkeep.host import Host, this_machine
from pipeline.upkeep.plan import GPUS, Load, Need, map_bytes, plan_stages, plan_text, ray_multiply_adds, stored_bytes
from train.network.model import new_model

TWO_CORES = Host(cores=2, workers=2, gpus=0, memory=24 * 10**9, free=60 * 10**9)
H100 = Host(cores=16, workers=16, gpus=1, memory=128 * 10**9, free=10**13)
PLANES = Load(100, 70, 20, 0.25)
START = {"render": 3, "cache-teachers": 5, "train": 11}  # seconds


def settings_of(name: str, **sections: object) -> Settings:
    """A profile with changes, one teacher at a time."""
    tree = yaml.safe_load(profile_text(name))
    for section, values in sections.items():
        key = section.replace("_", "-")
        tree[key] = {**tree[key], **values} if isinstance(values, dict) else values
    return parse_settings(tree, name)


PAPER, DEFAULTS = settings_of("paper", teachers=["dino"]), settings_of("defaults")
MAPS = map_bytes(PLANES, 384, PAPER.camera, PAPER.cache_teachers)


def planned(settings: Settings, host: Host, load: Load = PLANES) -> dict[str, Need]:
    return {need.stage: need for need in plan_stages(Project(settings), [load], host)}


def work(stage: str, settings: Settings, host: Host, load: Load = PLANES) -> float:
    return planned(settings, host, load)[stage].seconds - START[stage]


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_is_black_in_the_background_counts_by_its_foreground_and_the_rest_in_full() -> None:
    pixels = 50 * 128 * 128
    assert stored_bytes(views_layout(PAPER.camera), 0.25) == pixels * (4 + 4) / 4 + 50 * (16 + 4) * 4
    points = 2 * 12 + 50 * 2 * 8 + 50 * 2 + 2 + 10 * (12 + 1) + 4 + 20 * 12 + 4
    labels = labels_layout(PAPER.camera, keypoints=2, part_points=10, candidates=20)
    assert stored_bytes(labels, 0.5) == pixels / 2 + points


@pytest.mark.parametrize("radius", [24, 48])
def test_cells_that_a_disk_touches(radius: int) -> None:
    v, u = np.mgrid[:128, :128] + 0.5 - 64
    disk = (u - 1.3) ** 2 + (v - 2.1) ** 2 < radius**2
    touched = disk.reshape(32, 4, 32, 4).any(axis=(1, 3)).mean()
    made = map_bytes(replace(PLANES, foreground=float(disk.mean())), 384, PAPER.camera, PAPER.cache_teachers)
    assert made == pytest.approx(touched * 50 * 32 * 32 * 384 * 2, rel=0.1)


@pytest.mark.parametrize(
    ("changes", "share"),
    [
        ({}, 1.0),
        ({"teachers": ["ldm"]}, 1.0),  # 960 channels are projected
        ({"teachers": ["ldm"], "fit_projection": {"channels": None}}, 960 / 384),
        ({"cache_teachers": {"dtype": "int8"}}, 0.5),
    ],
)
def test_bytes_of_maps(changes: dict[str, object], share: float) -> None:
    made = planned(settings_of("paper", **{"teachers": ["dino"], **changes}), H100)["cache-teachers"].disk
    assert made == pytest.approx(share * 100 * MAPS)


def test_training_keeps_the_train_split_in_memory() -> None:
    stages = planned(PAPER, H100)
    assert stages["train"].memory == pytest.approx(1e9 + 70 * (MAPS + 50 * 128 * 128 * 4))
    assert stages["evaluate"].memory == pytest.approx(1e9 + 20 * 50 * 32 * 32 * 384 * 2)
    fewer = PAPER.train.model_copy(update={"training_objects": 25})
    stages = planned(PAPER.model_copy(update={"train": fewer}), H100)
    assert stages["train"].memory == pytest.approx(1e9 + 25 * (MAPS + 50 * 128 * 128 * 4))


THREE_DRAWS = {"ldm": {**PAPER.network("ldm").model_dump(), "noises": 3}}


@pytest.mark.parametrize(
    ("stage", "host", "changes", "seconds"),
    [
        ("render", H100, {}, 5000 / (16 * 7.5)),
        ("render", H100, {"render": {"backend": "pyrender"}}, 5000 / (16 * 105)),
        ("render", H100, {"camera": {"size": 256}}, 4 * 5000 / (16 * 7.5)),
        ("cache-teachers", H100, {}, 1),
        ("cache-teachers", replace(H100, gpus=2, gpu="a100"), {}, 1 / (2 * GPUS["a100"])),
        ("cache-teachers", TWO_CORES, {}, 5000 / (2 * 2.3)),
        ("cache-teachers", H100, {"teachers": ["daisy"]}, 5000 / (16 * 10)),
        ("cache-teachers", H100, {"teachers": ["ldm"], "networks": THREE_DRAWS}, 2 * 5000 / 170),
    ],
)
def test_times_by_hand(stage: str, host: Host, changes: dict[str, object], seconds: float) -> None:
    assert work(stage, settings_of("paper", **{"teachers": ["dino"], **changes}), host) == pytest.approx(seconds)


@pytest.mark.parametrize("name", NAMES)
def test_multiply_adds_are_the_networks_own(name: str) -> None:
    train = settings_of(name).train.model_copy(update={"encoder_weights": None})
    network = new_model(train, 384).network
    trunk = [network.entry, *network.injections, *(linear for b in network.blocks for linear in (b.first, b.second))]
    sample = sum(linear.weight.numel() for linear in trunk if isinstance(linear, nn.Linear))
    samples = train.coarse_samples + train.importance_samples + train.depth_samples
    assert ray_multiply_adds(train) == samples * sample


@pytest.mark.parametrize(
    ("settings", "host", "measured"),
    [(DEFAULTS, TWO_CORES, 10.2), (settings_of("demo"), TWO_CORES, 1 / 0.067), (PAPER, H100, 153.9)],
)
def test_the_measured_training_steps_are_met_within_a_factor_of_two(
    settings: Settings, host: Host, measured: float
) -> None:
    assert 0.5 < settings.train.steps / work("train", settings, host) / measured < 2


def test_the_measured_totals_are_met() -> None:
    assert 45 < planned(settings_of("smoke"), TWO_CORES, Load(4, 2, 2, 0.06))["total"].seconds < 80
    assert GPUS["h200"] == pytest.approx(170.1 / 153.9, rel=0.02)  # steps/s in docs/performance.md


def test_an_ablation_is_trained_and_evaluated_too() -> None:
    one, two = planned(DEFAULTS, TWO_CORES), planned(settings_of("defaults", fields=["whole", "pixelnerf"]), TWO_CORES)
    assert two["cache-teachers"] == one["cache-teachers"]
    assert (two["train"].objects, two["train"].disk) == (2 * one["train"].objects, 2 * one["train"].disk)
    assert two["total"].objects == one["total"].objects == 100


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.5, "0.5 s"), (34.8, "35 s"), (99.9, "1.7 min"), (19_440, "5.4 h"), (2437.8 * 86_400, "2,400 days")],
)
def test_times_have_two_digits(seconds: float, said: str) -> None:
    assert duration_of(seconds) == said


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_has_a_plan(name: str) -> None:
    rows = [re.split(r"  +", line) for line in plan_text(Project(settings_of(name))).split("\n\n")[1].splitlines()]
    assert rows[0] == ["stage", "objects", "views", "disk", "memory", "time"]
    made_up = [] if name in ("paper", "released") else ["synthesize"]
    of_data = ["manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report"]
    assert [row[0] for row in rows[1:]] == [*made_up, *of_data, "total"]
    assert all(row[-1].startswith("about ") for row in rows[1:])


def test_what_does_not_fit_is_a_warning_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "this_machine", lambda *_: replace(TWO_CORES, gpus=1))
    lines = plan_text(Project(PAPER)).splitlines()
    assert lines[3] == (
        "chair: 6,778 objects (4,744 train, 1,356 test; counted in the published data), "
        "12% of pixels foreground (assumed)"
    )
    disk, memory = (line for line in lines if line.startswith("Warning"))
    assert disk.startswith("Warning: 213 GB do not fit the disk: put storage.root on a larger one, or set cache-")
    assert memory.startswith("Warning: train needs 68 GB of memory, more than there is: it streams its objects")


def test_workers_are_no_more_than_cores_unless_a_cluster_has_them(tmp_path: Path) -> None:
    many = DEFAULTS.machine.model_copy(update={"workers": 1000})
    here = this_machine(many, tmp_path / "not" / "there" / "yet")
    assert here.workers == here.cores and here.free > 0
    assert this_machine(many.model_copy(update={"scheduler": "tcp://10.0.0.1:8786"}), tmp_path).workers == 1000


@pytest.mark.parametrize(
    ("device", "visible", "gpus"),
    [("auto", None, 2), ("auto", "", 0), ("auto", "-1", 0), ("auto", "1", 1), ("cpu", None, 0), ("cuda", "", 1)],
)
def test_gpus_are_those_that_the_settings_and_cuda_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, visible: str | None, gpus: int
) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    monkeypatch.setattr(host_module, "DEVICE_FILES", tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    machine = DEFAULTS.machine.model_copy(update={"device": device})
    assert this_machine(machine, tmp_path).gpus == gpus
    if device == "cpu":
        with pytest.raises(UserError, match="--gpu is a100, but machine"):
            this_machine(machine, tmp_path, "a100")


def test_a_containers_limit_of_memory_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(host_module, "MEMORY_LIMIT", limit)
    physical = this_machine(DEFAULTS.machine, tmp_path).memory
    for text, memory in (("max\n", physical), ("123456789\n", 123456789)):
        limit.write_text(text)
        assert this_machine(DEFAULTS.machine, tmp_path).memory == memory > 10**8


def test_a_named_gpu_is_planned_for_and_said_to_be_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    text = plan_text(Project(settings_of("smoke")), "4090")
    assert "networks on 1 x 4090," in text
    assert "The GPU's times are scaled: they are those of an H100, at 0.21 times its speed." in text
    assert "scaled" not in plan_text(Project(settings_of("smoke")))
