"""Views that were made elsewhere, from a folder of SRN to a report: our own renders, written as pixel-nerf has them."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.datasets.views.view_source import GivenView, Intrinsics
from tests.datasets.views.view_folders import write_srn
from tests.stages.conftest import run_command

WALK = ("survey", "manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report")


@pytest.fixture
def words(project: Path) -> list[str]:
    """The settings of a folder of SRN that holds the objects of the walked project."""
    stored = Project(load_settings())
    manifest, views = stored.manifest("plane"), stored.views("plane")
    for item in manifest.objects:
        key = manifest.key(item.id)
        rgba, poses, intrinsics = (views.read(name, key) for name in ("rgba", "pose", "intrinsics"))
        given = [
            GivenView(image, pose.astype(np.float64), Intrinsics(*map(float, k)))
            for image, pose, k in zip(rgba, poses, intrinsics, strict=True)
        ]
        write_srn(project / "srn" / f"planes_{item.split}" / item.id, given)
    values = ("source.kind=renders", "source.views_root=srn", "source.layout=srn", "storage.root=elsewhere")
    return [word for value in values for word in ("--set", value)]


def test_from_a_folder_to_a_report(words: list[str]) -> None:
    rendered = Project(load_settings())
    there = {item.id: item.split for item in rendered.manifest("plane").objects}
    before = {key.id: rendered.views("plane").read("rgba", key) for key in rendered.views("plane").rows}
    poses = {key.id: rendered.views("plane").read("pose", key) for key in rendered.views("plane").rows}
    output = {}
    for stage in WALK:
        result = run_command(stage, *words)
        assert result.exit_code == 0, f"{stage}: {result.output}"
        output[stage] = result.output
    project = Project(load_settings(overrides=tuple(words[1::2])))
    manifest, views = project.manifest("plane"), project.views("plane")
    assert {item.id: item.split for item in manifest.objects} == there  # as the folders' names say
    assert all(list(item.files) == [str(manifest.key(item.id))] for item in manifest.objects)
    for key in views.rows:
        rgba, was = views.read("rgba", key), before[key.id]
        seen = (was[..., 3] > 0) & (was[..., :3] != 255).any(axis=-1)
        assert np.array_equal(rgba[..., 3], np.where(seen, 255, 0))
        assert np.array_equal(rgba[seen][:, :3], was[seen][:, :3])
        assert np.allclose(views.read("pose", key), poses[key.id], atol=1e-6)
    assert "depth" not in views.store.specs
    assert "seem to reach from" not in output["render"]
    for command in (("show", "views", "--category", "plane"), ("plan",)):
        result = run_command(*command, *words)
        assert result.exit_code == 0, result.output
    assert "plane: 4 objects (2 train, 2 test; counted in data_manifests/plane.json)" in result.output
    assert "the views have no depth, so alpha tells their foreground" in output["cache-teachers"]
    metrics = json.loads(Path("results/plane-daisy-whole/metrics.json").read_text())
    assert metrics["2d-instance"] == {}
    assert metrics["synthesis"]["psnr"] > 0
    statistics = json.loads(Path("results/plane-daisy-whole/statistics.json").read_text())
    assert all(held["pck"] is None for of_task in statistics["transfer"].values() for held in of_task.values())
    page = Path("report/report.html").read_text()
    assert "Not measured: there is no pair." in page
    assert "objects with grey faces" not in page
