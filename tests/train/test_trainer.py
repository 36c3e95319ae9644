import errno
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from pipeline.config.settings import Camera, Train
from pipeline.errors import StoppedError, UserError
from tests.train.conftest import ball_arrays
from train.network.model import new_model
from train.objects.batches import StepInput, draw_step
from train.objects.host_objects import HostObjects
from train.objects.training_objects import TrainingObjects
from train.run import trainer
from train.run.checkpoint import checkpoint_folder
from train.run.trainer import Log, Run, TrainingResult, Watchers, train
from train.step.loss_watch import AHEAD, KnownLosses, LossWatch
from train.step.processes import alone
from train.step.training_step import Acceleration, TrainingStep

CPU = torch.device("cpu")
PLAIN = Acceleration(compiled=False, recorded=False)


def quiet(step: int, terms: dict[str, float]) -> None:
    pass


def run(
    objects: TrainingObjects,
    settings: Train,
    camera: Camera,
    folder: Path,
    log: Log = quiet,
    fingerprint: str = "f",
    validation: TrainingObjects | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> TrainingResult:
    names = [f"object-{index}" for index in range(objects.count)]
    watchers = Watchers(log, stop=stop)
    return train(objects, validation, Run(settings, camera, folder, fingerprint, names), alone(CPU), PLAIN, watchers)


class KillError(Exception):
    pass


def kill_at(last: int) -> Log:
    def log(step: int, terms: dict[str, float]) -> None:
        if step == last:
            raise KillError

    return log


def tensors(folder: Path, step: int) -> bytes:
    return (folder / f"step-{step:08d}" / "state.safetensors").read_bytes()


def test_a_killed_and_repeated_run_ends_with_the_same_bits(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    whole = run(objects, settings, camera, tmp_path / "whole")
    for last in (3, 10):
        with pytest.raises(KillError):
            run(objects, settings, camera, tmp_path / "parts", kill_at(last))
    steps: list[int] = []
    parts = run(objects, settings, camera, tmp_path / "parts", lambda step, _: steps.append(step))
    assert steps == [9, 10, 11, 12]
    assert parts.losses == whole.losses
    assert tensors(tmp_path / "parts", 12) == tensors(tmp_path / "whole", 12)
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == ["step-00000008", "step-00000012"]


def test_a_finished_run_returns_at_once_with_its_result(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    first = run(objects, settings, camera, tmp_path)
    again = run(objects, settings, camera, tmp_path, kill_at(12))
    assert (again.losses, again.steps_per_second) == (first.losses, first.steps_per_second)
    state = again.model.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in first.model.state_dict().items())


@pytest.mark.parametrize(
    "damage", ["truncated tensors", "absent tensors", "pointer tensors", "truncated record", "empty record"]
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path, damage: str
) -> None:
    run(objects, settings, camera, tmp_path)
    good = tensors(tmp_path, 12)
    newest = tmp_path / "step-00000012"
    what, name = damage.split()
    path = newest / {"tensors": "state.safetensors", "record": "checkpoint.json"}[name]
    content = path.read_bytes()
    path.unlink()
    if what != "absent":
        pointer = b"version https://git-lfs.github.com/spec/v1\n" if what == "pointer" else b""
        path.write_bytes(content[: len(content) // 2] if what == "truncated" else pointer)
    steps: list[int] = []
    run(objects, settings, camera, tmp_path, lambda step, _: steps.append(step))
    assert steps == [9, 10, 11, 12]
    assert tensors(tmp_path, 12) == good


def test_a_half_written_checkpoint_is_none(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    unfinished = tmp_path / ".unfinished"
    unfinished.mkdir()
    (unfinished / "state.safetensors").write_bytes(b"half")
    run(objects, settings, camera, tmp_path)
    assert not unfinished.exists()


def test_a_checkpoint_of_another_run_is_refused(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    run(objects, settings, camera, tmp_path)
    with pytest.raises(UserError, match=r"checkpoint\.json: its fingerprint is f, not g"):
        run(objects, settings, camera, tmp_path, fingerprint="g")


def test_a_checkpoint_holds_no_pickle(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    run(objects, settings, camera, tmp_path)
    assert sorted(path.name for path in (tmp_path / "step-00000012").iterdir()) == [
        "checkpoint.json",
        "state.safetensors",
    ]
    record = json.loads((tmp_path / "step-00000012" / "checkpoint.json").read_text())
    assert record["step"] == 12


class LateWatch(LossWatch):
    """On a CPU what a GPU does: losses are read late."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names)
        self.unread: list[KnownLosses] = []

    def add(self, step: int, terms: torch.Tensor) -> list[KnownLosses]:
        self.unread += super().add(step, terms)
        return self.taken(len(self.unread) - AHEAD)

    def drain(self) -> list[KnownLosses]:
        return self.taken(len(self.unread))

    def taken(self, count: int) -> list[KnownLosses]:
        known = self.unread[: max(count, 0)]
        self.unread = self.unread[len(known) :]
        return known


@pytest.fixture(params=["at once", "late"])
def reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "late":
        monkeypatch.setattr(trainer, "LossWatch", LateWatch)


@pytest.mark.usefixtures("reading")
def test_every_step_is_logged_once_by_the_end_and_by_a_stop(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    logged: list[int] = []
    asked = iter(range(100))
    longer = settings.model_copy(update={"steps": 30, "checkpoint_every": 25, "validate_every": 30})
    with pytest.raises(StoppedError, match="stopped after step 7"):
        run(objects, longer, camera, tmp_path, lambda step, _: logged.append(step), stop=lambda: next(asked) == 6)
    assert logged == list(range(1, 8))
    run(objects, longer, camera, tmp_path, lambda step, _: logged.append(step))
    assert logged == list(range(1, 31))


@pytest.mark.usefixtures("reading")
def test_a_loss_that_is_not_finite_stops_the_run_before_it_does_harm(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    run(objects, settings, camera, tmp_path)
    kept = tensors(tmp_path, 12)
    *views, feature = ball_arrays(camera, [0.2, 0.3, 0.35])
    broken = HostObjects.of_arrays(*views, np.full_like(feature, math.nan))
    longer = settings.model_copy(update={"steps": 20, "validate_every": 20})
    wrong = r"feature_coarse = nan, feature_fine = nan, total = nan"
    with pytest.raises(UserError, match=rf"at step 13 .* \({wrong}\); its batch and"):
        run(broken, longer, camera, tmp_path)
    assert tensors(tmp_path, 12) == kept
    assert not list(tmp_path.glob("step-00000016"))  # that checkpoint was due
    left = tmp_path / "broken-step-00000013"
    # The weights and Adam's moments are those before the step: only BatchNorm's statistics have seen its images.
    before, after = (safetensors.torch.load(data) for data in (kept, (left / "state.safetensors").read_bytes()))
    assert all(
        torch.equal(before[name], after[name]) for name in before if "running" not in name and "num_" not in name
    )
    record = json.loads((left / "batch.json").read_text())
    assert record["step"] == 13
    assert record["losses"]["feature_fine"] == "nan"
    assert {entry["object"] for entry in record["objects"]} <= {"object-0", "object-1", "object-2"}
    batch = safetensors.torch.load_file(left / "batch.safetensors")
    assert batch["feature"].isnan().any()
    assert batch["coarse"].shape == (2, 8, 8)


def test_a_gradient_that_is_not_finite_changes_no_weights(
    objects: TrainingObjects, settings: Train, camera: Camera
) -> None:
    model = new_model(settings, objects.teacher_channels)
    step = TrainingStep(model, settings, camera, alone(CPU), PLAIN)
    draws = [draw_step(objects.count, objects.views, settings, camera, number) for number in range(3)]
    inputs = [StepInput(number, objects.batch(drawn), drawn.samples) for number, drawn in enumerate(draws)]
    step.take(inputs[0])
    before = {name: tensor.clone() for name, tensor in model.named_parameters()}
    handle = model.network.feature.weight.register_hook(lambda gradient: gradient * math.inf)
    assert step.take(inputs[1])[-1].isnan()
    handle.remove()
    # A sound step after it changes nothing either: nobody may have looked yet.
    assert step.take(inputs[2])[:-1].isfinite().all()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.named_parameters())


def test_weights_that_are_not_finite_never_reach_a_checkpoint(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    wild = settings.model_copy(update={"learning_rate": math.inf, "checkpoint_every": 1, "validate_every": 20})
    with pytest.raises(UserError, match=r"after step 1 the weights '.*' are not finite"):
        run(objects, wild, camera, tmp_path)
    assert not list(tmp_path.glob("step-*"))


def test_no_objects_is_a_sentence(objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path) -> None:
    none = HostObjects.of_arrays(*(array[:0] for array in ball_arrays(camera, [0.2])))
    with pytest.raises(UserError, match="no objects"):
        run(none, settings, camera, tmp_path)


def test_validation_is_logged_with_the_checkpoints_and_changes_nothing(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    logged: list[tuple[int, set[str]]] = []
    run(
        objects,
        settings,
        camera,
        tmp_path / "with",
        log=lambda step, terms: logged.append((step, set(terms))),
        validation=objects,
    )
    names = {f"{kind}_{p}" for kind in ("rgb", "feature", "coordinate") for p in ("coarse", "fine")} | {"total"}
    validated = [(step, terms) for step, terms in logged if terms != names]
    assert validated == [(step, {f"validation_{name}" for name in names}) for step in (4, 8, 12)]
    run(objects, settings, camera, tmp_path / "without")
    assert tensors(tmp_path / "with", 12) == tensors(tmp_path / "without", 12)


def test_a_tiny_field_learns_a_balls_views(settings: Train, camera: Camera, tmp_path: Path) -> None:
    one = HostObjects.of_arrays(*ball_arrays(camera, [0.35]))
    longer = {"steps": 350, "objects_per_step": 1, "rays_per_object": 48, "checkpoint_every": 350, "width": 32}
    longer |= {"learning_rate": 0.005, "validate_every": 350}
    history: list[dict[str, float]] = []
    run(one, settings.model_copy(update=longer), camera, tmp_path, lambda _, terms: history.append(terms))
    for name in ("rgb_fine", "feature_fine", "coordinate_fine"):
        start, end = history[0][name], sum(terms[name] for terms in history[-40:]) / 40
        assert end < start / 2, (name, start, end)


def test_a_run_that_is_asked_to_stop_saves_and_goes_on_to_the_same_bits(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    run(objects, settings, camera, tmp_path / "whole")
    asked = iter([False, False, False, False, True])
    with pytest.raises(StoppedError, match="stopped after step 5"):
        run(objects, settings, camera, tmp_path / "parts", stop=lambda: next(asked))
    assert checkpoint_folder(tmp_path / "parts", 5).is_dir()
    run(objects, settings, camera, tmp_path / "parts")
    assert tensors(tmp_path / "parts", 12) == tensors(tmp_path / "whole", 12)


def test_the_best_checkpoint_is_kept_beside_the_last_two(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    # A learning rate that does harm after a good start: the best step is an early one.
    wild = settings.model_copy(
        update={"learning_rate": 0.3, "warm_up_steps": 60, "steps": 40, "checkpoint_every": 10, "validate_every": 2}
    )
    totals: dict[int, float] = {}

    def log(step: int, values: dict[str, float]) -> None:
        if "validation_total" in values:
            totals[step] = values["validation_total"]

    run(objects, wild, camera, tmp_path, log=log, validation=objects)
    best = min(totals, key=lambda step: totals[step])
    assert best < 30
    assert sorted(path.name for path in tmp_path.glob("step-*")) == [f"step-{step:08d}" for step in (best, 30, 40)]
    record = json.loads((checkpoint_folder(tmp_path, 40) / "checkpoint.json").read_text())
    assert record["best"] == {"step": best, "loss": totals[best]}


def test_a_full_disk_leaves_the_last_checkpoint_and_gives_its_room_back(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(objects, settings, camera, tmp_path)
    kept = tensors(tmp_path, 12)

    def full(path: Path, data: bytes) -> None:
        path.write_bytes(data[:100])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("train.run.checkpoint.write_bytes", full)
        with pytest.raises(OSError, match="No space left on device"):
            run(objects, settings.model_copy(update={"steps": 20}), camera, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000008", "step-00000012"]
    assert tensors(tmp_path, 12) == kept
