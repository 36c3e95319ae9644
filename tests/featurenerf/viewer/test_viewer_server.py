"""The server without a browser: what it would send, and that it ends."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation


def page(viewer) -> str:
    return str(viewer.controls._pictures.content)


def answers(viewer) -> int:
    return int(re.search(r'data-answer="(\d+)"', page(viewer))[1])


def test_a_typed_pixel_is_answered_in_heat(viewer) -> None:
    assert answers(viewer) == 1 and "Click the left image" in page(viewer)
    viewer.controls.place.value = "16,16"
    assert viewer.controls.colouring.value == "similarity"
    assert answers(viewer) == 2 and "pixel in row 16, column 16 → row" in page(viewer)
    colours = viewer._stage._sides[1].node.colors
    assert len(np.unique(colours, axis=0)) > 1 and viewer._stage._sides[1].mark.visible


def test_what_cannot_be_answered_changes_nothing(viewer) -> None:
    before = page(viewer)
    viewer.controls.place.value = "0,0"  # background
    viewer.controls.place.value = "nonsense"
    assert re.sub(r'data-answer="\d+"', "", page(viewer)) != ""
    assert "→" not in page(viewer)
    viewer.controls.place.value = ""
    viewer.controls.colouring.value = "colour"
    assert re.sub(r'data-answer="\d+"', "", page(viewer)) == re.sub(r'data-answer="\d+"', "", before)


def test_a_click_in_3d_asks_for_the_point_under_it(viewer) -> None:
    side = viewer._stage._sides[0]
    point = side.cloud.points[3]
    turn = viewer._stage._turn
    cosine, sine = np.cos(turn), np.sin(turn)
    x, y, z = point
    at = np.array([cosine * x + sine * z, y, cosine * z - sine * x]) + side.centre
    index = viewer._stage.pick(at + np.array([0, 0, 1e-4]), np.array([0, 0, -1.0]))
    assert index is not None
    assert np.linalg.norm(side.cloud.points[index] - point) < 2 * side.cloud.cell
    viewer.controls.place.value = f"p{index}"
    assert "point (" in page(viewer)


def test_turning_shows_the_side_that_the_azimuth_names(viewer) -> None:
    # An object's +X side is seen from azimuth 90: turned by -90 degrees, it faces +Z, where the camera stands.
    viewer.controls.azimuth.value = 90
    w, x, y, z = viewer._stage._sides[0].frame.wxyz
    np.testing.assert_allclose(Rotation.from_quat([x, y, z, w]).apply([1, 0, 0]), [0, 0, 1], atol=1e-6)


def test_another_source_forgets_the_place_and_the_threshold_hides_points(viewer) -> None:
    viewer.controls.place.value = "16,16"
    viewer.controls.source.value = "ball 1"
    assert viewer.controls.place.value == "" and "Click the left image" in page(viewer)
    before = viewer._stage._sides[0].count
    viewer.controls.threshold.value = 0.6
    assert viewer._stage._sides[0].count < before


def test_a_screenshot_is_written_under_the_next_number(viewer, tmp_path: Path) -> None:
    from featurenerf.viewer.screenshot import screenshot_sheet, write_screenshot

    viewer.controls.place.value = "16,16"
    sheet = screenshot_sheet(np.zeros((60, 100, 4), np.uint8), viewer._shown[1])
    assert [write_screenshot(sheet, tmp_path)[0].name for _ in range(2)] == ["view-001.png", "view-002.png"]


def test_ctrl_c_ends_the_command_cleanly(project: Path) -> None:
    (model,) = (project / "models").iterdir()
    root = Path(__file__).resolve().parents[3]
    paths = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "view", "--field", str(model), "--port", "0"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"},
    ) as running:
        try:
            said = next(line for line in running.stdout if "http://" in line)
            assert re.search(r"the viewer is at http://localhost:\d+ ", said)
            running.send_signal(signal.SIGINT)
            _, errors = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == 0
    assert "Traceback" not in errors
