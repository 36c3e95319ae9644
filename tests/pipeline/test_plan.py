"""What a plan reckons: sizes by hand, the network's own counts, what scales with what, and what a user is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from pipeline.config.profiles import NAMES, profile_text
from pipeline.config.settings import Settings, parse_settings
from pipeline.datasets.categories import CATEGORY_NAMES, category_named
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.store import ArraySpec, RowKey, Store
from pipeline.upkeep.plan import machine as machine_module
from pipeline.upkeep.plan.load import CategoryLoad, assumed_foreground, expected_load
from pipeline.upkeep.plan.machine import MachineFacts, this_machine
from pipeline.upkeep.plan.memory import TRAINING, train_bytes
from pipeline.upkeep.plan.needs import Need, Plan, plan_run
from pipeline.upkeep.plan.network import parameters, products_of_sample, samples_of_ray
from pipeline.upkeep.plan.plan import plan_settings
from pipeline.upkeep.plan.rates import TEACHER, Rate
from pipeline.upkeep.plan.seconds import cache_seconds, power_of, render_seconds, teacher_rate, train_seconds
from pipeline.upkeep.plan.sizes import dense_maps, folder_bytes, map_channels, maps_bytes, raw_channels
from pipeline.upkeep.plan.table import bytes_text, plan_text, seconds_text
from train.network.model import new_model

TWO_CORES = MachineFacts(cores=2, memory=24 * 10**9, gpus=0, free=60 * 10**9, folder=Path("/data"))
H100 = MachineFacts(cores=16, memory=128 * 10**9, gpus=1, free=10**13, folder=Path("/data"))


def settings_of(name: str, **sections: dict[str, object]) -> Settings:
    tree = yaml.safe_load(profile_text(name))
    for section, values in sections.items():
        tree[section.replace("_", "-")] |= values
    return parse_settings(tree, name)


PAPER, DEMO = settings_of("paper"), settings_of("demo")


def published(category: str, settings: Settings = PAPER) -> CategoryLoad:
    return expected_load(settings, category_named(category), None, "the published data")


def made_up(settings: Settings = DEMO, category: str = "plane") -> CategoryLoad:
    return expected_load(settings, category_named(category), settings.synthesize.objects, "synthesize.objects")


def need_of(plan: Plan, stage: str) -> Need:
    (need,) = [need for need in plan.needs if need.stage == stage]
    return need


# --- objects


def test_the_published_objects_and_views() -> None:
    plan = plan_run(PAPER, [published(name) for name in CATEGORY_NAMES], H100)
    assert plan.total.objects == 27_663
    assert plan.total.views == 1_383_150
    assert need_of(plan, "cache-teachers").views == 2 * 1_383_150  # dino and ldm
    assert [need.stage for need in plan.needs] == [
        "manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report",
    ]  # fmt: skip


def test_made_up_objects_are_split_as_the_manifest_splits_them() -> None:
    load = made_up()
    assert (load.train, load.val, load.test) == (8, 1, 3)
    assert plan_run(DEMO, [load], TWO_CORES).needs[0].stage == "synthesize"


def test_a_limit_on_objects_counts_everywhere() -> None:
    limited = settings_of("paper", manifest={"objects": 100})
    load = published("chair", limited)
    assert (load.train, load.val, load.test) == (70, 10, 20)
    assert published("motorcycle", settings_of("paper", manifest={"objects": 1000})).objects == 337


def test_without_a_source_of_annotations_nothing_is_labelled() -> None:
    bare = settings_of("paper", source={"keypointnet_root": None, "partnet_root": None})
    load = published("chair", bare)  # whose parts are PartNet's
    assert (load.keypoint_objects, load.part_objects) == (0, 0)
    assert published("plane", bare).part_points == 2_500


def test_an_object_twice_as_far_off_fills_a_quarter() -> None:
    camera = PAPER.camera
    near = assumed_foreground("car", 0.7, camera)
    assert near == pytest.approx(0.113, rel=1e-3)
    assert assumed_foreground("car", 0.7, camera.model_copy(update={"radius": 2.6})) == pytest.approx(near / 4)
    assert assumed_foreground("car", 0.35, camera) == pytest.approx(near / 4)


@pytest.mark.parametrize("radius", [24, 32, 48])
def test_cells_that_a_disk_touches(radius: int) -> None:
    size = PAPER.camera.size
    v, u = np.mgrid[:size, :size] + 0.5 - size / 2
    disk = (u - 1.3) ** 2 + (v - 2.1) ** 2 < radius**2
    touched = disk.reshape(size // 4, 4, size // 4, 4).any(axis=(1, 3)).mean()
    load = replace(published("car"), foreground=float(disk.mean()))
    assert load.cells(PAPER.camera, "any") == pytest.approx(touched, rel=0.1)
    assert load.cells(PAPER.camera, "nearest") == pytest.approx(disk.mean())


# --- disk


def test_the_published_maps_of_one_teacher() -> None:
    # Cells, channels and bytes of a view: 32 x 32 x 384 x 2 = 768 KiB.
    view = 32 * 32 * 384 * 2
    dense = sum(published(name).objects for name in CATEGORY_NAMES) * dense_maps(PAPER, "dino", "float16")
    assert dense == 27_663 * 50 * view
    assert dense == pytest.approx(1.09e12, rel=0.003)
    assert dense_maps(PAPER, "dino", "int8") == 50 * view // 2 + 384 * 4


def test_maps_are_as_many_as_there_are_foreground_cells() -> None:
    load = replace(published("plane"), foreground=0.26)
    kept = maps_bytes(settings_of("paper", cache_teachers={"foreground": "nearest"}), load, "dino")
    assert kept / (load.objects * 50) == pytest.approx(1.2 * 0.26 * 768 * 1024, rel=0.001)  # 240 KiB a view
    assert maps_bytes(PAPER, replace(load, foreground=1.0), "dino") < load.objects * 50 * 768 * 1024 * 1.001


def test_diffusion_features_are_projected_unless_all_channels_are_kept() -> None:
    assert (raw_channels(PAPER, "ldm"), map_channels(PAPER, "ldm")) == (640 + 320, 384)
    assert map_channels(settings_of("paper", fit_projection={"channels": None}), "ldm") == 960
    with pytest.raises(UserError, match=r"ldm\.up_blocks names block 4"):
        raw_channels(settings_of("paper", ldm={"up_blocks": [3, 4]}), "ldm")


def test_a_store_has_as_many_files_and_folders_as_are_reckoned_with(tmp_path: Path) -> None:
    specs = [ArraySpec("a", (2, 4, 4), "uint8"), ArraySpec("b", (2,), "uint8"), ArraySpec("count", (), "int32")]
    store = Store(tmp_path, "views", "plane", {}, specs)
    entries = [RowKey(ObjectKey("02691156", name), "x") for name in ("one", "two")]
    rows = store.allocate(entries)
    for entry in entries:
        arrays = {spec.name: np.ones(spec.shape, dtype=spec.dtype) for spec in specs}
        store.write(entry, rows[entry], arrays, {})
    chunks = [path for spec in specs for path in (store.path / "arrays.zarr" / spec.name / "c").rglob("*")]
    folders, files = ([path for path in chunks if path.is_dir() == wanted] for wanted in (True, False))
    files += list((store.path / "done").glob("[0-9]*.json"))
    assert folder_bytes(specs, 2) == 4096 * len(folders) + 2048 * len(files)


# --- the network


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_products_are_the_networks_own(name: str) -> None:
    settings = settings_of(name).train.model_copy(update={"encoder_weights": None})
    model = new_model(settings, 384)
    state = sum(tensor.numel() for tensor in model.state_dict().values())
    assert parameters(settings, 384) == pytest.approx(state, abs=50)
    network = model.network
    trunk = [network.entry, *network.injections, *(linear for b in network.blocks for linear in (b.first, b.second))]
    assert products_of_sample(settings) == sum(
        linear.weight.numel() for linear in trunk if isinstance(linear, nn.Linear)
    )


def test_the_published_network_costs_what_is_known_of_it() -> None:
    assert samples_of_ray(PAPER.train) == 96
    assert products_of_sample(PAPER.train) == pytest.approx(
        3.43e6, rel=0.01
    )  # 42 x 512 + 3 x 512 x 512 + 10 x 512 x 512


# --- memory


def test_training_holds_a_whole_category_with_the_foreground_of_its_maps() -> None:
    load = published("table")
    images, maps, poses = 50 * 128 * 128 * 4, 50 * 32 * 32 * 384 * 2, 50 * 16 * 4
    data = 5956 * (images + load.cells(PAPER.camera, "any") * maps + poses)
    assert 60e9 < data < 80e9  # dense it would be 254 GB
    model = 3 * 4 * parameters(PAPER.train, 384)
    assert train_bytes(PAPER, load, "dino") == pytest.approx(TRAINING + data + model)
    plan = plan_run(PAPER, [published("motorcycle"), load], H100)
    assert plan.total.memory == train_bytes(PAPER, load, "dino")  # one field after another: the largest counts


# --- time


def test_workers_are_no_more_than_cores_unless_a_cluster_has_them() -> None:
    assert PAPER.machine.workers == 16
    assert power_of(PAPER, TWO_CORES).workers == 2
    assert power_of(PAPER, H100).workers == 16
    cluster = settings_of("paper", machine={"scheduler": "tcp://10.0.0.1:8786"})
    assert power_of(cluster, TWO_CORES).workers == 16


@pytest.mark.parametrize(
    ("device", "there", "reckoned"), [("auto", 1, 1), ("cpu", 1, 0), ("cuda", 0, 1), ("cuda", 2, 2)]
)
def test_the_device_decides_where_networks_calculate(device: str, there: int, reckoned: int) -> None:
    settings = settings_of("demo", machine={"device": device})
    assert power_of(settings, replace(H100, gpus=there)).gpus == reckoned


def test_the_published_views_by_each_backend() -> None:
    loads = [published(name) for name in CATEGORY_NAMES]

    def hours(settings: Settings) -> float:
        power = power_of(settings, H100)
        return sum(render_seconds(settings, load, power).seconds for load in loads) / 3600

    assert hours(PAPER) == pytest.approx(1_383_150 / (16 * 7.5) / 3600, rel=0.01)
    assert hours(settings_of("paper", render={"backend": "pyrender"})) < 1


@given(st.integers(1, 400), st.integers(1, 8))
def test_a_rate_on_more_workers_takes_less_time_and_more_objects_take_more(objects: int, workers: int) -> None:
    settings = settings_of("demo", machine={"workers": workers}, synthesize={"objects": objects})
    load, power = made_up(settings), power_of(settings, H100)
    more = replace(load, train=load.train + 1)
    time = render_seconds(settings, load, power).seconds
    assert time < render_seconds(settings, more, power).seconds
    assert time > render_seconds(settings, load, replace(power, workers=workers + 1)).seconds


def test_a_teacher_on_a_gpu_is_no_faster_than_its_maps_are_written() -> None:
    load, power = published("chair"), power_of(PAPER, H100)
    views = load.objects * 50
    assert cache_seconds(PAPER, load, "dino", power).seconds == pytest.approx(views / 5000, abs=10)
    slow = cache_seconds(PAPER, load, "dino", replace(power, workers=4))
    assert slow.seconds == pytest.approx(views / 3200, abs=10)
    assert slow.rate.endswith("written")


def test_a_larger_input_a_later_block_and_more_noises_cost_more() -> None:
    power = power_of(PAPER, H100)
    dino = teacher_rate(PAPER, "dino", power).per_second
    assert dino == TEACHER["vit", "GPU", "bf16"].per_second
    assert teacher_rate(PAPER, "dinov2", power).per_second == pytest.approx(dino / 1.2)  # twelve blocks, not ten
    twice = settings_of("paper", dino={"input_size": 512}, ldm={"noises": 3})
    assert teacher_rate(twice, "dino", power).per_second == pytest.approx(dino / 4)
    assert teacher_rate(twice, "ldm", power).per_second == pytest.approx(
        teacher_rate(PAPER, "ldm", power).per_second / 2
    )


def test_the_measured_training_steps_are_met_within_a_factor_of_two() -> None:
    """docs/performance.md: the demo's 10.2 steps/s on two cores, 141 of the published sizes on an H100."""
    for settings, facts, measured in ((DEMO, TWO_CORES, 10.2), (PAPER, H100, 141)):
        seconds = train_seconds(settings, power_of(settings, facts)).seconds
        assert 0.5 < settings.train.steps / seconds / measured < 2


def test_the_demo_is_met_within_a_factor_of_two() -> None:
    """docs/performance.md: 316 s on two cores, of which DVC itself is a part; 1.6 GiB."""
    total = plan_run(DEMO, [made_up(), made_up(category="chair")], TWO_CORES).total
    assert 158 < total.seconds < 632
    assert 0.8e9 < total.memory < 3.4e9


# --- the machine


def test_this_machine_has_cores_memory_and_room(tmp_path: Path) -> None:
    facts = this_machine(tmp_path / "not" / "there" / "yet")
    assert facts.folder == tmp_path
    assert facts.cores >= 1
    assert facts.memory > 10**8
    assert facts.free > 0


@pytest.mark.parametrize(
    ("visible", "count"), [(None, 2), ("", 0), ("-1", 0), ("0", 1), ("1,0", 2), ("0,-1,1", 1), ("0,1,2", 2)]
)
def test_gpus_are_those_that_the_driver_shows_and_cuda_may_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visible: str | None, count: int
) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    monkeypatch.setattr(machine_module, "GPU_FILES", tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert this_machine(tmp_path).gpus == count


def test_a_containers_limit_of_memory_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(machine_module, "MEMORY_LIMIT", limit)
    free = this_machine(tmp_path).memory
    limit.write_text("max\n")
    assert this_machine(tmp_path).memory == free
    limit.write_text("123456789\n")
    assert this_machine(tmp_path).memory == 123456789


# --- what a person reads


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1234, "1.23 kB"), (999_700, "1 MB"), (1.088e12, "1.09 TB")]
)
def test_bytes_have_three_digits(count: float, text: str) -> None:
    assert bytes_text(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (600, "10 min"), (7200, "2.0 h"), (172_800, "2.0 days"), (1e8, "1,157 days")],
)
def test_times_have_one_unit(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(5000, "5,000"), (1000 / 3, "333"), (7.5, "7.5"), (1 / 120, "0.00833"), (25_812, "25,800")]
)
def test_rates_have_three_digits(rate: float, text: str) -> None:
    assert str(Rate(rate, "views", "core")) == f"{text} views/s a core"


def test_what_fits_is_not_warned_of() -> None:
    text = plan_text(DEMO, plan_run(DEMO, [made_up()], TWO_CORES))
    assert "Warning" not in text
    assert "Reckoned with 2 workers and networks on 2 cores." in text


def test_what_does_not_fit_is_a_sentence_with_a_remedy() -> None:
    settings = settings_of("paper", machine={"device": "cuda"})
    lines = plan_text(settings, plan_run(settings, [published("table")], TWO_CORES)).splitlines()
    warnings = [line for line in lines if line.startswith("Warning: ")]
    assert len(warnings) == 3
    assert warnings[0].startswith("Warning: machine.device is cuda, but no GPU is found here")
    assert "60 GB are free: put storage.root on a larger disk, or set cache-teachers.dtype=int8" in warnings[1]
    assert warnings[2].startswith("Warning: train needs 68 GB of memory, this machine has 24 GB: ")
    assert "Reckoned with 2 workers (machine.workers is 16, more than there are cores) and networks on 1 GPU." in lines


def test_a_storage_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="which is no folder: name another"):
        plan_settings(settings_of("demo", storage={"root": str(tmp_path / "file")}))
