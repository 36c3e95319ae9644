"""From made-up photographs in CO3D's layout to a measured field that started from one of made-up renders."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.made_up_co3d import MadeUpCo3d, write_made_up_co3d
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.manifests.manifest import made_with, read_manifest
from pipeline.stores.atomic_files import digest_of
from tests.stages.conftest import STAGES, done, with_settings

SETTINGS = (
    "source.kind=renders", "source.layout=co3d", "source.views_root=co3d", "source.co3d.set_list=fewview_dev",
    "storage.root=fine-tuned", "train.initial_checkpoint=before", "train.steps=4", "manifest.pairs=4",
)  # fmt: skip


def test_a_field_of_renders_is_fine_tuned_on_photographs(project: Path) -> None:
    Path("models/plane-daisy-whole").rename("before")
    write_made_up_co3d(project / "co3d", MadeUpCo3d("plane", sequences=4, frames=5, size=64, seed=7))
    for stage in STAGES[1:]:
        done(stage, *with_settings(*SETTINGS))
    settings = load_settings(overrides=SETTINGS)
    opened = Project(settings)
    manifest, views = opened.manifest("plane"), opened.views("plane")
    assert [item.split for item in manifest.objects] == ["train", "train", "test", "test"]
    for key in views.rows:
        intrinsics, poses = (views.read(name, key).astype(np.float64) for name in ("intrinsics", "pose"))
        assert np.ptp(intrinsics[:, 0]) > 1  # each frame has its own focal length
        assert np.linalg.norm(poses[:, :3, 3], axis=1) == pytest.approx(1.3, rel=0.2)
        foreground = (views.read("rgba", key)[..., 3] >= 128).mean()
        assert 0.02 < foreground < 0.6
    metrics = json.loads(Path("results/plane-daisy-whole/metrics.json").read_text())
    internal = metrics["2d-instance"]["internal"]
    assert 0 <= internal["pck10px"] <= 1 and 0 <= internal["iou"] <= 1
    assert metrics["synthesis"]["psnr"] > 0
    assert read_manifest("plane", {}).part_names == settings.category("plane").part_names


def test_what_decides_on_photographs_is_in_the_fingerprints(empty: Path) -> None:
    def fingerprints(*settings: str) -> tuple[str, str]:
        keys = {setting.partition("=")[0]: setting for setting in (*SETTINGS, *settings)}
        chosen = load_settings(overrides=tuple(keys.values()))
        origin = made_with(chosen.source, chosen.synthesize, chosen.manifest, chosen.camera.views, "02691156")
        return digest_of(origin), Project(chosen).views_store("plane").fingerprint

    manifest, views = fingerprints()
    assert fingerprints("source.co3d.context=2")[0] == manifest
    assert fingerprints("source.co3d.context=2")[1] != views
    for setting in ("min_mask=0.1", "min_viewpoint_quality=0.1", "normalise=points", "distance=2", "set_list=null"):
        assert fingerprints(f"source.co3d.{setting}")[0] != manifest
