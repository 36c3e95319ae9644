"""Objects without any annotation: rendered, taught and trained, and the report says what could not be measured."""

import json
from pathlib import Path

from tests.stages.conftest import STAGES, run_command


def test_without_annotations_the_report_says_what_is_missing(project: Path) -> None:
    (meshes,) = Path("stores/made-up").glob("*/ShapeNetCore.v2")
    bare = ["--set", "source.kind=shapenet-v2", "--set", f"source.mesh_root={meshes}"]
    for stage in (*(stage for stage in STAGES if stage not in ("synthesize", "report")), "report"):
        result = run_command(stage, *bare)
        assert result.exit_code == 0, f"{stage}: {result.output}"
    statistics = json.loads(Path("results/plane-daisy-whole/statistics.json").read_text())
    for of_task in statistics["transfer"].values():
        assert all(held["pck"] is None and held["iou"] is None for held in of_task.values())
    assert statistics["synthesis"]["rendered"]["psnr"]["mean"] > 0
    metrics = json.loads(Path("results/plane-daisy-whole/metrics.json").read_text())
    assert metrics["2d-instance"] == {}
    assert metrics["synthesis"]["psnr"] > 0
    page = Path("report/report.html").read_text()
    assert page.count("Not measured: there is no pair.") == 1
    assert page.count("No two test objects have a keypoint or a part in common.") == 1
    assert page.count("Transfer was not measured") == 1
    assert "below each its labels" not in page
    assert 'class="glance"' in page
    assert "Turn what the field knows" in page
    assert "Match a place" not in page
