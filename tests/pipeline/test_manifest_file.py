"""A manifest's file: what was written is read, one record a line; what is no manifest is refused with the remedy."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.manifests.manifest import (
    Annotation,
    Manifest,
    ManifestObject,
    SurfaceDistance,
    every_manifest,
    manifest_path,
    write_manifest,
)
from pipeline.manifests.pairs import CrossInstancePair, CrossViewPair, Pairs

ROWS = ((0.1, 0.0, 0.0, 1 / 3), (0.0, 0.7, 0.0, -2e-17), (0.0, 0.0, 1.0, 5.0), (0.0, 0.0, 0.0, 1.0))
KEYPOINTS = Annotation("keypointnet", ROWS, "ab", 2048, (0, 3), SurfaceDistance(1e-6, 0.25))
OBJECTS = (
    ManifestObject("a", "train", {"a.obj": "12", "a.mtl": "34"}, ROWS, KEYPOINTS, None, ()),
    ManifestObject("b", "test", {"b.obj": "56"}, ROWS, None, KEYPOINTS, ("parts: not used",)),
)
PAIRS = Pairs((CrossInstancePair("a", "b", 7), CrossInstancePair("b", "a", 0)), (CrossViewPair("b", 1, 2),), {"few": 3})
MANIFEST = Manifest("plane", "02691156", {"views": 50}, ("body",), OBJECTS, PAIRS, {"c": "is missing", "d": "is flat"})


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_manifest(MANIFEST, manifest_path("plane"))
    return manifest_path("plane")


def test_what_was_written_is_read(path: Path) -> None:
    for manifest in (MANIFEST, replace(MANIFEST, part_names=(), objects=(), pairs=Pairs((), (), {}), dropped={})):
        write_manifest(manifest, path)
        assert every_manifest() == [manifest]
        content = path.read_bytes()
        write_manifest(every_manifest()[0], path)
        assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ('"split": "train"', '"split": "training"', r"objects\.0\.split: .*'train', 'val' or 'test'"),
        ('"view": 7', '"view": 7.5', r"pairs\.cross_instance\.0\.view: .*integer"),
        ('"synset"', '"sinset"', r"synset: Field required"),
        ("{", "[", "Invalid JSON"),
    ],
)
def test_what_is_no_manifest_is_refused(path: Path, old: str, new: str, mistake: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=rf"plane\.json is damaged \({mistake}.*\): run `pipeline manifest --category"):
        every_manifest()
