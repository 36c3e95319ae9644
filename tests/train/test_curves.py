"""Curves: what was written is read back, by dvclive's files and by TensorBoard's."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import UserError
from train.run.curves import METRICS, Curves, CurveWriter, CurveWriters, read_curves, write_curves
from train.run.tensorboard_curves import TensorBoardCurves


@pytest.fixture(autouse=True)
def outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Recorded(Curves):
    """Curves that remember their calls."""

    def __init__(self, fails_at_the_end: bool = False) -> None:
        self.calls: list[tuple[object, ...]] = []
        self._fails = fails_at_the_end

    def write(self, step: int, values: dict[str, float]) -> None:
        self.calls.append((step, values))

    def picture(self, step: int, picture: Path) -> None:
        self.calls.append((step, picture))

    def close(self) -> None:
        self.calls.append(("close",))
        if self._fails:
            raise OSError("disk full")


def test_points_are_read_back_bit_for_bit() -> None:
    with CurveWriter(Path("run")) as curves:
        curves.write(10, {"total": 0.1 + 0.2, "rgb_fine": 1e-17})
        curves.write(20, {"total": 0.25})
        curves.write(20, {"validation_psnr": float("inf")})
        curves.picture(20, Path("step-00000020.png"))
    assert read_curves(Path("run")) == {
        "total": [(10, 0.30000000000000004), (20, 0.25)],
        "rgb_fine": [(10, 1e-17)],
        "validation_psnr": [(20, float("inf"))],
    }


def test_of_a_step_that_a_resumed_run_repeats_the_later_value_counts() -> None:
    with CurveWriter(Path("run")) as curves:
        for step in (10, 20, 30):
            curves.write(step, {"total": float(step)})
    with CurveWriter(Path("run")) as curves:
        for step in (20, 30, 40):
            curves.write(step, {"total": -float(step)})
    assert read_curves(Path("run")) == {"total": [(10, 10.0), (20, -20.0), (30, -30.0), (40, -40.0)]}


@pytest.mark.parametrize("half", ["4", "40", "40\t", "40\t0.1"])
def test_half_a_line_is_neither_read_nor_glued_to_the_next(half: str) -> None:
    with CurveWriter(Path("run")) as curves:
        curves.write(30, {"total": 0.5})
    with (Path("run") / METRICS / "total.tsv").open("a") as file:
        file.write(half)  # the disk is full
    with CurveWriter(Path("run")) as curves:
        curves.write(20, {"total": 0.25})
    assert read_curves(Path("run")) == {"total": [(20, 0.25), (30, 0.5)]}


def test_half_a_head_is_written_again() -> None:
    path = Path("run") / METRICS / "total.tsv"
    path.parent.mkdir(parents=True)
    path.write_text("ste")
    with CurveWriter(Path("run")) as curves:
        curves.write(10, {"total": 0.5})
    assert read_curves(Path("run")) == {"total": [(10, 0.5)]}


def test_half_a_last_line_is_not_read() -> None:
    with CurveWriter(Path("run")) as curves:
        curves.write(10, {"total": 0.5})
    with (Path("run") / METRICS / "total.tsv").open("a") as file:
        file.write("20\t")
    assert read_curves(Path("run")) == {"total": [(10, 0.5)]}


def test_written_curves_are_tables_of_step_and_value() -> None:
    write_curves(Path("out"), {"total": [(10, 0.30000000000000004), (20, 0.25)]})
    assert Path("out/total.tsv").read_text() == "step\ttotal\n10\t0.30000000000000004\n20\t0.25\n"


def test_several_curves_get_every_point_and_all_are_closed() -> None:
    first, second = Recorded(), Recorded(fails_at_the_end=True)
    curves = CurveWriters([first, second])
    curves.write(3, {"total": 0.5})
    curves.picture(3, Path("a.png"))
    with pytest.raises(OSError, match="disk full"):
        curves.close()
    assert first.calls == second.calls == [(3, {"total": 0.5}), (3, Path("a.png")), ("close",)]


def test_without_tensorboard_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("torch.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)  # as if it were not installed
    with pytest.raises(UserError, match=r'pip install -e "\.\[tensorboard\]"'):
        TensorBoardCurves(Path("events"))
    assert not Path("events").exists()


def test_tensorboard_is_not_imported_before_it_is_asked_for() -> None:
    modules = "train.run.curves, train.run.tensorboard_curves"
    script = f"import sys, {modules}; print([n for n in sys.modules if 'tensorboard' in n])"
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "['train.run.tensorboard_curves']"


def test_tensorboard_reads_back_scalars_and_the_picture() -> None:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="tensorboard is absent: pip install -e .[tensorboard]",
    )
    picture = np.random.default_rng(0).integers(0, 256, size=(5, 7, 3)).astype(np.uint8)
    Image.fromarray(picture).save("step.png")
    with TensorBoardCurves(Path("events")) as curves:
        assert not Path("events").exists()
        for step in (10, 20, 30):
            curves.write(step, {"total": step / 4, "rgb_fine": 0.5})
        assert len(_events(accumulator).Scalars("total")) == 3  # a kill here loses none of them
        curves.picture(30, Path("step.png"))
        events = _events(accumulator)
    assert [(event.step, event.value) for event in events.Scalars("total")] == [(10, 2.5), (20, 5.0), (30, 7.5)]
    assert [event.step for event in events.Scalars("rgb_fine")] == [10, 20, 30]
    (event,) = events.Images("validation")
    assert event.step == 30
    Path("back.png").write_bytes(event.encoded_image_string)
    assert np.array_equal(np.asarray(Image.open("back.png")), picture)


def test_tensorboard_forgets_what_a_resumed_run_repeats() -> None:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="tensorboard is absent: pip install -e .[tensorboard]",
    )
    for steps, sign in (((10, 20, 30), 1), ((20, 30, 40), -1)):
        with TensorBoardCurves(Path("events")) as curves:
            for step in steps:
                curves.write(step, {"total": float(sign * step)})
    values = [(event.step, event.value) for event in _events(accumulator).Scalars("total")]
    assert values == [(10, 10.0), (20, -20.0), (30, -30.0), (40, -40.0)]


def _events(module):  # type: ignore[no-untyped-def]
    reader = module.EventAccumulator("events", size_guidance={module.IMAGES: 0, module.SCALARS: 0})
    return reader.Reload()
