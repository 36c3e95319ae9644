"""The benchmark of the paper's findings, whole and tiny: stores, maps, fields and tables."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.findings import __main__, measure, parts
from benchmarks.findings.configuration import SeededField, read_configuration
from eval.evaluation_inputs import open_evaluation_inputs
from pipeline.artifacts.project import Project

CONFIGURATION = """
profile: smoke
fields:
  - {teacher: daisy, categories: [plane], variants: [whole, pixelnerf], seeds: [0]}
  - {teacher: daisy, categories: [plane], variants: [whole], seeds: [1]}
other_teachers: [gradients]
settings:
  networks.gradients: {kind: daisy}
  synthesize.objects: 6
  train.steps: 2
  train.bounding_box_steps: 2
  train.settling_steps: 1
  evaluate.synthesis_views: 1
"""
FIELDS = ["plane-daisy-whole-0", "plane-daisy-pixelnerf-0", "plane-daisy-whole-1"]


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
    states = dict(reversed(line.split()) for line in capsys.readouterr().out.splitlines()[-5:])
    assert [name for name, state in states.items() if state == "done"] == [
        "plane-daisy-stores", "plane-daisy-maps", FIELDS[0],
    ]  # fmt: skip

    run(monkeypatch, folder, configuration)
    said = capsys.readouterr().out
    assert trained == [*FIELDS[:2], *FIELDS[1:]]  # the first one is not trained again
    tables = said[said.index("## Summary") :]
    for line in ("| beat its teacher's map: 2d-other-camera | ", "| internal, pixelnerf | ", "### 3d-cross-instance"):
        assert line in tables

    shutil.copytree(folder / "pairs", copy / "pairs")
    run(monkeypatch, copy, configuration, "--tables")
    assert capsys.readouterr().out == tables
    assert (copy / "angles.svg").read_bytes() == (folder / "angles.svg").read_bytes()

    monkeypatch.chdir(folder)
    project = Project(read_configuration(configuration).settings)
    inputs = open_evaluation_inputs(project, project.stored_views("plane", "daisy"))
    made_map = measure.made_maps(project, "gradients", inputs)
    for view in range(2):
        stored, made = (of(inputs.test_keys()[0], view) for of in (inputs.teacher_map, made_map))
        scale = stored.max() / made.max()
        np.testing.assert_allclose(made * scale, stored, atol=stored.max() / 1000)


def test_a_part_that_fails_does_not_stop_the_others(
    configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def measure_field(_configuration: object, seeded: SeededField) -> None:
        done.append(seeded.name)
        if seeded.seed == 0:
            raise ValueError("no luck")
        Path("pairs").mkdir()
        Path(f"pairs/{seeded.name}.json").touch()

    monkeypatch.setattr(parts, "measure_field", measure_field)
    monkeypatch.setattr(parts, "fill_stores", lambda *_arguments: None)
    with pytest.raises(SystemExit, match=f"failed: {FIELDS[0]}, {FIELDS[1]}"):
        run(monkeypatch, tmp_path / "work", configuration, "--only", "fields")
    assert done == FIELDS


def test_pairs_of_another_configuration_are_refused(configuration: Path, tmp_path: Path) -> None:
    one = read_configuration(configuration).digest
    configuration.write_text(CONFIGURATION.replace("train.steps: 2", "train.steps: 3"))
    assert read_configuration(configuration).digest != one
    configuration.write_text(CONFIGURATION.replace("seeds: [1]", "seeds: [1, 2]"))
    assert read_configuration(configuration, workers=5).digest == one
