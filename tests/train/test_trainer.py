import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.errors import UserError
from pipeline.settings import Camera, Train
from train.objects import TrainingObjects
from train.trainer import Log, TrainingResult, train


def quiet(step: int, terms: dict[str, float]) -> None:
    pass


def run(
    objects: TrainingObjects, settings: Train, camera: Camera, folder: Path, log: Log = quiet, fingerprint: str = "f"
) -> TrainingResult:
    return train(
        objects,
        None,
        settings=settings,
        camera=camera,
        run_folder=folder,
        fingerprint=fingerprint,
        device=torch.device("cpu"),
        log=log,
    )


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


@pytest.mark.parametrize("damage", ["truncated tensors", "absent tensors", "truncated record", "empty record"])
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
        path.write_bytes(content[: len(content) // 2] if what == "truncated" else b"")
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


def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_term(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    run(objects, settings, camera, tmp_path)
    kept = tensors(tmp_path, 12)
    broken = replace(objects, teacher=torch.full_like(objects.teacher, math.nan))
    longer = settings.model_copy(update={"steps": 20})
    with pytest.raises(UserError, match=r"at step 13 .* \(feature_coarse = nan, feature_fine = nan, total = nan\)"):
        run(broken, longer, camera, tmp_path)
    assert tensors(tmp_path, 12) == kept


def test_weights_that_are_not_finite_never_reach_a_checkpoint(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    wild = settings.model_copy(update={"learning_rate": math.inf, "checkpoint_every": 1})
    with pytest.raises(UserError, match=r"after step 1 the weights '.*' are not finite"):
        run(objects, wild, camera, tmp_path)
    assert not list(tmp_path.glob("step-*"))


def test_no_objects_is_a_sentence(objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path) -> None:
    none = TrainingObjects(objects.rgba[:0], objects.pose[:0], objects.teacher[:0], objects.boxes[:0])
    with pytest.raises(UserError, match="no objects"):
        run(none, settings, camera, tmp_path)


def test_validation_is_logged_with_the_checkpoints_and_changes_nothing(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    logged: list[tuple[int, set[str]]] = []
    train(
        objects,
        objects,
        settings=settings,
        camera=camera,
        run_folder=tmp_path / "with",
        fingerprint="f",
        device=torch.device("cpu"),
        log=lambda step, terms: logged.append((step, set(terms))),
    )
    names = {f"{kind}_{p}" for kind in ("rgb", "feature", "coordinate") for p in ("coarse", "fine")} | {"total"}
    validated = [(step, terms) for step, terms in logged if terms != names]
    assert validated == [(step, {f"validation_{name}" for name in names}) for step in (4, 8, 12)]
    run(objects, settings, camera, tmp_path / "without")
    assert tensors(tmp_path / "with", 12) == tensors(tmp_path / "without", 12)


def test_a_tiny_field_learns_a_balls_views(
    objects: TrainingObjects, settings: Train, camera: Camera, tmp_path: Path
) -> None:
    one = TrainingObjects(objects.rgba[2:], objects.pose[2:], objects.teacher[2:], objects.boxes[2:])
    longer = {"steps": 350, "objects_per_step": 1, "rays_per_object": 48, "checkpoint_every": 350, "width": 32}
    longer |= {"learning_rate": 0.005}
    history: list[dict[str, float]] = []
    run(one, settings.model_copy(update=longer), camera, tmp_path, lambda _, terms: history.append(terms))
    for name in ("rgb_fine", "feature_fine", "coordinate_fine"):
        start, end = history[0][name], sum(terms[name] for terms in history[-40:]) / 40
        assert end < start / 2, (name, start, end)
