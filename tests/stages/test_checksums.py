"""What a run leaves beside the stores: whoever reads it notices a change, and two commands never mix."""

import json
from pathlib import Path

import pytest

from eval.pictures.stored_pictures import read_pictures
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import one_at_a_time
from pipeline.artifacts.runs import read_run_record, write_run_record
from pipeline.config.settings import load_settings
from pipeline.errors import UserError
from pipeline.stores.checked_json import read_checked, write_checked
from pipeline.upkeep.doctor.doctor import findings_of
from pipeline.upkeep.host import this_machine
from tests.stages.conftest import done, refused

FIELD = "plane-daisy-whole"
MODEL = f"models/{FIELD}"
RESULTS = f"results/{FIELD}"


def flip(path: Path) -> None:
    """Flip one bit in the middle."""
    data = bytearray(path.read_bytes())
    data[int(0.6 * len(data))] ^= 4
    path.write_bytes(data)


READ_BY = {
    f"{MODEL}/model.safetensors": ("evaluate", "report"),
    f"{MODEL}/model.json": ("evaluate", "report"),
    f"{MODEL}/run.json": ("evaluate", "report"),
    f"curves/{FIELD}/total.tsv": ("report",),
    f"{RESULTS}/pairs.parquet": ("report",),
    f"{RESULTS}/views.parquet": ("report",),
    f"{RESULTS}/metrics.json": ("report",),
    f"{RESULTS}/statistics.json": ("report",),
    f"{RESULTS}/pictures/01.png": ("report",),
    f"{RESULTS}/pictures/captions.json": ("report",),
    f"{RESULTS}/pictures/matches.npz": ("report",),
    f"{RESULTS}/pictures/surfaces.npz": ("report",),
    "receipts/render/plane.json": ("label", "report"),
    "receipts/fit-projection/plane-daisy.json": ("cache-teachers", "report"),
    "receipts/cache-teachers/plane-daisy.json": ("train", "report"),
}


def test_a_flipped_bit_in_any_file_is_noticed_by_its_readers(project: Path) -> None:
    for file, commands in READ_BY.items():
        path = Path(file)
        whole = path.read_bytes()
        flip(path)
        for command in commands:
            assert path.name in refused(command), f"{command} after a flipped bit in {file}"
        path.write_bytes(whole)
    done("report")


def test_results_of_a_model_that_was_trained_again_are_refused(project: Path) -> None:
    record = json.loads(Path(MODEL, "model.json").read_text())
    # Another model of the same run, as a GPU makes it: its files agree with each other.
    changed = read_checked(Path(MODEL, "model.json"))
    assert record["framing"] is not None
    write_checked(Path(MODEL, "model.json"), {**changed, "framing": 0.9 * record["framing"]})
    run = read_run_record(FIELD)
    write_run_record(FIELD, Path(run.run), run.fingerprint)
    assert "is of a model that was trained again since: run `pipeline evaluate" in refused("report")
    done("evaluate")
    done("report")


@pytest.mark.parametrize("name", ["/etc/passwd", "../../../params.yaml", "captions.json", "a/../01.png", ""])
def test_captions_name_pictures_alone(project: Path, name: str) -> None:
    folder = Path(RESULTS, "pictures")
    captions = read_checked(folder / "captions.json")
    captions["pictures"][0]["file"] = name
    write_checked(folder / "captions.json", captions)
    with pytest.raises(UserError, match=r"captions\.json is damaged"):
        read_pictures(folder, FIELD)


@pytest.mark.parametrize(
    ("file", "key", "command"),
    [(f"{RESULTS}/statistics.json", "files", "report"), (f"{MODEL}/run.json", "model", "evaluate")],
)
def test_files_of_a_stranger_s_results_lie_below_them(project: Path, file: str, key: str, command: str) -> None:
    record = read_checked(Path(file))
    write_checked(Path(file), {**record, key: {"../../params.yaml": "0" * 64, **record[key]}})
    assert "params.yaml is damaged" in refused(command)


def test_one_command_of_a_field_at_a_time_whatever_its_settings(project: Path) -> None:
    for command, other in (("train", "train.steps=21"), ("evaluate", "evaluate.pairs=1")):
        with one_at_a_time(command, FIELD):
            said = refused(command, "--set", other)
        assert f"another `pipeline {command} --category plane --teacher daisy` is at work in this folder" in said
    done("train")


def test_a_checkpoint_whose_step_was_edited_is_left_out(project: Path) -> None:
    newest = max(Path("stores/runs").rglob("step-*"))
    whole = Path(MODEL, "model.safetensors").read_bytes()
    record = json.loads((newest / "checkpoint.json").read_text())
    (newest / "checkpoint.json").write_text(
        json.dumps({**record, "step": record["step"] - 1}, indent=1, sort_keys=True) + "\n"
    )
    assert f"{newest} is damaged and is left out" in done("train")
    assert Path(MODEL, "model.safetensors").read_bytes() == whole  # made again


@pytest.mark.parametrize("words", [(), ("--resume",), ("--overwrite",)])
def test_a_run_goes_on_with_the_curves_that_a_full_disk_leaves(project: Path, words: tuple[str, ...]) -> None:
    (curves,) = Path("stores/runs").rglob("curves")
    whole = {path.name: path.read_bytes() for path in Path("curves", FIELD).iterdir()}
    (curves / "metrics.json").write_bytes(b"")
    total = curves / "plots/metrics/total.tsv"
    total.write_bytes(total.read_bytes()[:-4] + bytes(40))
    done("train", *words)
    if words == ("--overwrite",):
        assert {path.name: path.read_bytes() for path in Path("curves", FIELD).iterdir()} == whole


def test_curves_are_not_written_through_a_link(project: Path) -> None:
    (curves,) = Path("stores/runs").rglob("curves")
    Path("bait").write_text("kept")
    (curves / "metrics.json").unlink()
    (curves / "metrics.json").symlink_to(Path("bait").resolve())
    assert "metrics.json is a link" in refused("train", "--set", "train.log_every=5")
    assert Path("bait").read_text() == "kept"


def test_the_doctor_compares_models_curves_and_results(project: Path) -> None:
    settings = load_settings()
    host = this_machine(settings.machine, Path("stores"), None)
    assert [finding.state for finding in findings_of("files", Project(settings), host)] == ["ok"]
    flip(Path(MODEL, "model.safetensors"))
    flip(Path(RESULTS, "pictures/01.png"))
    seen = list(findings_of("files", Project(settings), host))
    assert [(finding.name, finding.state) for finding in seen] == [(f"files: {FIELD}", "problem")] * 2
    assert "model.safetensors is damaged" in seen[0].saw
    assert "pipeline evaluate" in seen[1].remedy
