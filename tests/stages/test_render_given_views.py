"""Views that were made elsewhere and have no annotations, from a folder of SRN to a report: our own renders."""

import json
from pathlib import Path

import numpy as np

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.datasets.views.view_source import GivenView, Intrinsics
from tests.datasets.views.view_folders import write_srn
from tests.stages.conftest import STAGES, done, with_settings

SETTINGS = ("source.kind=renders", "source.views_root=srn", "source.layout=srn", "storage.root=elsewhere")


def test_from_a_folder_to_a_report(project: Path) -> None:
    stored = Project(load_settings())
    rendered, before = stored.manifest("plane"), {}
    for item in rendered.objects:
        arrays = [stored.views("plane").read(name, rendered.key(item.id)) for name in ("rgba", "pose", "intrinsics")]
        before[item.id] = arrays
        given = [
            GivenView(image, pose.astype(np.float64), Intrinsics(*map(float, k)))
            for image, pose, k in zip(*arrays, strict=True)
        ]
        write_srn(project / "srn" / f"planes_{item.split}" / item.id, given)
    words = with_settings(*SETTINGS)
    said = {stage: done(stage, *words) for stage in ("survey", *STAGES[1:])}
    opened = Project(load_settings(overrides=SETTINGS))
    manifest, views = opened.manifest("plane"), opened.views("plane")
    # as the folders' names say
    assert {item.id: item.split for item in manifest.objects} == {item.id: item.split for item in rendered.objects}
    assert all(list(item.files) == [str(manifest.key(item.id))] for item in manifest.objects)
    for key in views.rows:
        rgba, (was, pose, _) = views.read("rgba", key), before[key.id]
        seen = (was[..., 3] > 0) & (was[..., :3] != 255).any(axis=-1)
        assert np.array_equal(rgba[..., 3], np.where(seen, 255, 0))
        assert np.array_equal(rgba[seen][:, :3], was[seen][:, :3])
        assert np.allclose(views.read("pose", key), pose, atol=1e-6)
    assert "depth" not in views.store.specs
    assert "seem to reach from" not in said["render"]
    assert "the views have no depth, so alpha tells their foreground" in said["cache-teachers"]
    done("show", "views", "--category", "plane", *words)
    assert "plane: 4 objects (2 train, 2 test; counted in data_manifests/plane.json)" in done("plan", *words)
    metrics, statistics = (
        json.loads(Path("results/plane-daisy-whole", name).read_text()) for name in ("metrics.json", "statistics.json")
    )
    assert metrics["2d-instance"] == {} and metrics["synthesis"]["psnr"] > 0
    measured = [held for of_task in statistics["transfer"].values() for held in of_task.values()]
    assert measured and all(held["pck"] is None and held["iou"] is None for held in measured)
    assert statistics["synthesis"]["rendered"]["psnr"]["mean"] > 0
    page = Path("report/report.html").read_text()
    for once in (
        "Not measured: there is no pair.",
        "No two test objects have a keypoint or a part in common.",
        "Transfer was not measured",
    ):
        assert page.count(once) == 1, once
    for absent in ("objects with grey faces", "below each its labels", "Match a place"):
        assert absent not in page
    assert 'class="glance"' in page and "Turn what the field knows" in page
