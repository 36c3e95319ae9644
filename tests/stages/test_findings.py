"""The benchmark of the paper's findings, whole and tiny: stores, maps, fields and tables."""

import shutil
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from benchmarks.findings import __main__, measure, parts
from benchmarks.findings.asked import Asked, asked_answers, turned
from benchmarks.findings.configuration import Configuration, SeededField, read_configuration
from benchmarks.findings.records import Measured, PartRecord, write_measured
from eval.descriptors.field_renderer import FieldRenderer
from eval.evaluation_inputs import open_evaluation_inputs
from eval.views import PosedImage
from pipeline.artifacts.project import Project
from pipeline.datasets.records import ObjectKey
from train.network.source import Source

CONFIGURATION = """
profile: smoke
fields:
  - {teacher: daisy, categories: [plane], variants: [whole, pixelnerf], seeds: [0]}
  - {teacher: daisy, categories: [plane], variants: [whole], seeds: [1]}
  - {teacher: daisy, categories: [plane], variants: [whole], seeds: [0], train: {training_objects: 2}}
  - teacher: daisy
    categories: [plane]
    variants: [whole]
    seeds: [0]
    train: {source_views: [1, 2]}
    asked: [{given: 2}, {pose_error: 20}]
other_teachers: [gradients]
settings:
  networks.gradients: {kind: daisy}
  synthesize.objects: 6
  train.steps: 2
  train.bounding_box_steps: 2
  train.settling_steps: 1
  evaluate.synthesis_views: 1
"""
FIELDS = [
    "plane-daisy-whole-0",
    "plane-daisy-pixelnerf-0",
    "plane-daisy-whole-1",
    "plane-daisy-whole-0-training_objects-2",
    "plane-daisy-whole-0-source_views-1-2",
]


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # the command changes it
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIGURATION)
    return path


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, configuration: Path, *words: str) -> None:
    argv = ["findings", str(folder), "--configuration", str(configuration), "--workers", "1", *words]
    monkeypatch.setattr(sys, "argv", argv)
    __main__.main()


def test_a_killed_benchmark_goes_on_and_its_tables_need_the_pairs_alone(
    configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, copy = tmp_path / "work", tmp_path / "copy"
    trained: list[str] = []

    def killed_in_the_second(settings: object, seeded: SeededField) -> None:
        trained.append(seeded.name)
        if trained == FIELDS[:2]:
            raise KeyboardInterrupt
        measure.measure_field(settings, seeded)  # type: ignore[arg-type]

    monkeypatch.setattr(parts, "measure_field", killed_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, folder, configuration)
    run(monkeypatch, folder, configuration, "--list")
    states = dict(reversed(line.split()) for line in capsys.readouterr().out.splitlines()[-7:])
    assert [name for name, state in states.items() if state == "done"] == [
        "plane-daisy-stores", "plane-daisy-maps", FIELDS[0],
    ]  # fmt: skip

    run(monkeypatch, folder, configuration)
    said = capsys.readouterr().out
    assert trained == [*FIELDS[:2], *FIELDS[1:]]  # the first one is not trained again
    tables = said[said.index("## Summary") :]
    for line in (
        "| **less the teacher's own map** | |\n| keypoints, 2d-cross-instance | ",
        "| internal, pixelnerf | ",
        "### 3d-cross-instance",
        "| 2 training objects | ",
        "| trained with 1, 2 images, given 2 images | ",
        "| poses wrong by 20 degrees | ",
    ):
        assert line in tables

    shutil.copytree(folder / "pairs", copy / "pairs")
    run(monkeypatch, copy, configuration, "--tables")
    assert capsys.readouterr().out == tables
    for name in ("angles.svg", "variations.svg"):
        assert (copy / name).read_bytes() == (folder / name).read_bytes()

    monkeypatch.chdir(folder)
    settings = read_configuration(configuration).settings
    project = Project(settings)
    stored = project.stored_views("plane", "daisy")
    fewer = settings.train.model_copy(update={"training_objects": 2})
    limited = Project(settings.model_copy(update={"train": fewer})).stored_views("plane", "daisy")
    assert limited.keys("train") == stored.keys("train")[:2] != stored.keys("train")
    assert limited.keys("test") == stored.keys("test")

    inputs = open_evaluation_inputs(project, stored)
    made_map = measure.made_maps(project, "gradients", inputs)
    for view in range(2):
        stored, made = (of(inputs.test_keys()[0], view) for of in (inputs.teacher_map, made_map))
        scale = stored.max() / made.max()
        np.testing.assert_allclose(made * scale, stored, atol=stored.max() / 1000)


def test_a_part_that_fails_does_not_stop_the_others(
    configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def measure_field(configuration: Configuration, seeded: SeededField) -> None:
        done.append(seeded.name)
        if seeded.name in FIELDS[:2]:
            raise ValueError("no luck")
        for name in seeded.names:
            write_measured(name, Measured(PartRecord(configuration.digest, "none", {}, None, 0, {}), (), ()))

    monkeypatch.setattr(parts, "measure_field", measure_field)
    monkeypatch.setattr(parts, "fill_stores", lambda *_arguments: None)
    with pytest.raises(SystemExit, match=f"failed: {FIELDS[0]}, {FIELDS[1]}"):
        run(monkeypatch, tmp_path / "work", configuration, "--only", "fields")
    assert done == FIELDS

    configuration.write_text(CONFIGURATION.replace("train.steps: 2", "train.steps: 3"))
    with pytest.raises(SystemExit, match=r"whole-1.json is of another configuration: .* use another folder"):
        run(monkeypatch, tmp_path / "work", configuration, "--list")


def test_a_wrong_pose_turns_the_camera_about_the_object() -> None:
    pose = np.eye(4, dtype=np.float32)
    pose[:3, 3] = 0, 0, 1.3
    image = PosedImage(np.zeros((2, 2, 3), np.float32), pose, np.ones(4, np.float32))
    turns = [turned(image, 20, ObjectKey("1", "a"), view).pose for view in range(2)]
    for turn in turns:
        assert np.degrees(np.arccos((np.trace(turn[:3, :3]) - 1) / 2)) == pytest.approx(20, abs=0.01)
        np.testing.assert_allclose(turn[:3, 3], turn[:3, :3] @ pose[:3, 3], atol=1e-6)  # the object stays in its centre
    assert not np.allclose(turns[0], turns[1])


def test_a_field_that_is_given_several_images_is_given_those_further_round() -> None:
    asked_for: list[int] = []

    def image_of(_key: ObjectKey, view: int) -> PosedImage:
        asked_for.append(view)
        return PosedImage(np.full((2, 2, 3), view, np.float32), np.eye(4, dtype=np.float32), np.ones(4, np.float32))

    renderer = Mock(spec=FieldRenderer)
    renderer.encode_together.return_value = Mock(spec=Source)
    asked_answers(renderer, image_of, Asked(given=3), 17, 50).encode([(ObjectKey("1", "a"), 40)])
    assert asked_for == [40, 7, 24]
    (images,) = renderer.encode_together.call_args.args
    assert [image.rgb[0, 0, 0] for image in images] == asked_for


def test_pairs_of_another_configuration_are_refused(configuration: Path, tmp_path: Path) -> None:
    one = read_configuration(configuration).digest
    configuration.write_text(CONFIGURATION.replace("train.steps: 2", "train.steps: 3"))
    assert read_configuration(configuration).digest != one
    configuration.write_text(CONFIGURATION.replace("seeds: [1]", "seeds: [1, 2]"))
    assert read_configuration(configuration, workers=5).digest == one
    more_rays = CONFIGURATION.replace("train.steps: 2", "train.steps: 2\n  evaluate.rays_per_batch: 99")
    configuration.write_text(more_rays)
    assert read_configuration(configuration).digest == one
    configuration.write_text(more_rays.replace("rays_per_batch: 99", "other_camera: 1"))
    assert read_configuration(configuration).digest != one
