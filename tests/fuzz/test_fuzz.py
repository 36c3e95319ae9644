"""The short form of `python -m tests.fuzz`, whether its witnesses see, and a manifest over good and bad objects."""

import importlib.metadata
import importlib.util
import json
import os
import shutil
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml

from pipeline.artifacts.project import Project
from pipeline.config.profiles import profile_text
from pipeline.config.settings import load_settings
from pipeline.stages.manifest import make_manifest
from tests.fuzz import attempt as attempts
from tests.fuzz.attempt import attempt
from tests.fuzz.byte_mutations import BYTE_MUTATIONS
from tests.fuzz.campaign import KINDS, campaign, table, whole_layouts
from tests.fuzz.format_mutations import mutations_of
from tests.fuzz.layouts import CATEGORY, LAYOUTS, write_keypoints, write_shapenet
from tests.fuzz.outside import Witness, write_bait

# A reader that hangs is looked for, no slow machine: to hash the GiB of one mutation took more than five there.
SECONDS = 60


def test_every_layout_is_accepted_as_it_is():
    assert {layout: verdict.kind for layout, verdict in whole_layouts(SECONDS)} == dict.fromkeys(LAYOUTS, "accepted")


@pytest.mark.parametrize(("inputs", "least"), [(60, 1), pytest.param(600, 10, marks=pytest.mark.long)])
def test_broken_data_sets_are_accepted_or_rejected_and_nothing_else(inputs: int, least: int):
    found = list(campaign(inputs, seed=0, seconds=SECONDS, characters=1_200_000))
    defects = [broken for broken in found if broken.verdict.kind == "DEFECT"]
    assert not defects, table(found)
    counts = {kind: sum(broken.verdict.kind == kind for broken in found) for kind in KINDS}
    assert min(counts[kind] for kind in ("accepted", "noted", "rejected", "refused")) >= least, counts
    for broken in found:
        if broken.verdict.kind == "rejected":
            assert broken.verdict.message.count(": ") >= 2  # file, field and reason


def test_an_input_is_repeated_by_its_number():
    def run() -> list[tuple[str, str, str, str]]:
        return [(b.layout, b.mutation, b.file, b.verdict.kind) for b in campaign(3, 5, SECONDS, 1000)]

    assert run() == run()


@pytest.fixture
def sample(tmp_path):
    write_bait(tmp_path)
    (tmp_path / "set").mkdir()
    return LAYOUTS["v1, partnet h5"](tmp_path / "set")


def late_import() -> None:
    """Import a module of this project that is not compiled yet."""
    name = "tests.fuzz.outside"
    compiled = Path(importlib.util.cache_from_source(str(Path(__file__).with_name("outside.py"))))
    if os.access(compiled.parent, os.W_OK):
        compiled.unlink(missing_ok=True)
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_the_witnesses_see_what_is_opened_outside(sample, tmp_path):
    witness, bait = Witness(), tmp_path / "outside"
    other = tmp_path / "other.txt"
    other.touch()
    inside = sample.files[0]
    with witness.watching(sample.folder) as opened:
        inside.read_bytes()
        importlib.metadata.version("numpy")  # as a package that is imported late may ask
        late_import()
    assert opened == []
    with witness.watching(sample.folder) as opened:
        other.read_bytes()
    assert opened == [str(other)]
    # h5py opens in C, where no audit event is raised: the kernel sees it.
    with witness.watching(sample.folder) as opened, h5py.File(bait / "secret.h5", "r") as file:
        assert file["data"].shape == (2, 101, 3)
    assert set(opened) == {"outside/secret.h5"}
    link = sample.folder / "link.png"
    link.symlink_to(bait / "secret.png")
    with witness.watching(sample.folder) as opened:
        link.read_bytes()
    assert set(opened) == {str(link), "outside/secret.png"}


def test_what_escapes_hangs_or_lies_is_a_defect(sample, monkeypatch):
    witness = Witness()

    def verdict(read) -> str:
        monkeypatch.setattr(attempts, "_read", read)
        found = attempt(sample, witness, 0.2)
        return f"{found.kind} {found.message}"

    def fails(*_: object) -> None:
        raise KeyError("a")

    fifo = sample.folder / "fifo"
    os.mkfifo(fifo)
    assert verdict(fails).startswith("DEFECT KeyError: 'a' (")
    assert verdict(lambda *_: time.sleep(5)).startswith("DEFECT TooLong")
    assert verdict(lambda *_: fifo.read_bytes()).startswith("DEFECT TooLong")


def test_every_mutation_changes_its_file(tmp_path):
    """Of several draws: one alone may cut nothing, or put a word in its own place."""
    write_bait(tmp_path)
    (tmp_path / "whole").mkdir()
    (tmp_path / "other").mkdir()
    files = {
        file.suffix: file
        for name, folder in (("v1, partnet h5", "whole"), ("v2, part v0", "other"))
        for file in LAYOUTS[name](tmp_path / folder).files
    }
    for suffix, file in files.items():
        content = file.read_bytes()
        for name, mutate in mutations_of(file).items():
            if name == "no folder":
                continue
            changed = False
            for number in range(8):
                mutate(file, np.random.default_rng(number))
                changed |= not file.is_file() or file.is_symlink() or file.stat().st_size != len(content)
                changed = changed or file.read_bytes() != content
                shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink(missing_ok=True)
                file.write_bytes(content)
            # Integers have no dots, and this json is one line.
            needed = {"numbers scaled": b".", "CR ends of lines": b"\n"}.get(name, b"")
            assert changed or needed not in content, (name, suffix)


def test_a_manifest_over_good_and_bad_objects(tmp_path, monkeypatch):
    """Each bad object is dropped, or kept with a note, with the file and the place; the good ones are untouched."""
    monkeypatch.chdir(tmp_path)
    meshes, keypoints = tmp_path / "meshes", tmp_path / "keypoints"
    rows = []
    for index in range(12):
        write_shapenet(meshes, "shapenet-v2", index)
        write_keypoints(keypoints, index)
        rows += json.loads((keypoints / "annotations/chair.json").read_text())
    objs = {path.parts[-3]: path for path in meshes.rglob("*.obj")}
    ids = sorted(objs)
    assert len(ids) == 12
    bad = {
        ids[0]: ("truncated", "fewer than three corners"),
        ids[1]: ("empty", "v: there are no vertices"),
        ids[2]: ("zero byte", "zero bytes"),
        ids[3]: ("too large", "too large"),
    }
    for name, (mutation, _) in bad.items():
        if mutation == "truncated":
            content = objs[name].read_bytes().rstrip()
            objs[name].write_bytes(content[: content.rindex(b" ")])
        elif mutation == "zero byte":
            objs[name].write_bytes(b"v 0 0 \0\n" + objs[name].read_bytes())
        else:
            BYTE_MUTATIONS[mutation](objs[name], np.random.default_rng(0))
    noted = {
        ids[4]: ("xyz", [0, 0, float("nan")]),
        ids[5]: ("semantic_id", None),
        ids[6]: ("xyz", [9, 9, 9]),
    }
    for row in rows:
        if row["model_id"] in noted:
            field, value = noted[row["model_id"]]
            row["keypoints"][1][field] = value
    (keypoints / "annotations/chair.json").write_text(json.dumps(rows))
    pcd = keypoints / "pcds" / CATEGORY.synset / f"{ids[8]}.pcd"
    pcd.write_text(pcd.read_text().replace("DATA ascii", "DATA binary"))
    tree = yaml.safe_load(profile_text("smoke"))
    tree["categories"] = ["chair"]
    tree["source"] |= {"kind": "shapenet-v2", "mesh_root": str(meshes), "keypointnet_root": str(keypoints)}
    Path("params.yaml").write_text(yaml.safe_dump(tree))
    make_manifest(load_settings(), "chair")
    manifest = Project(load_settings()).manifest("chair")
    assert set(manifest.dropped) == set(bad)
    for name, (_, reason) in bad.items():
        assert manifest.dropped[name].startswith(f"{CATEGORY.synset}/{name}/models/model_normalized.obj: ")
        assert reason in manifest.dropped[name]
    kept = {item.id: item for item in manifest.objects}
    assert sorted(kept) == ids[4:]
    assert {name for name, item in kept.items() if item.keypoints is None} == {*noted, ids[8]}
    assert all(bool(item.notes) == (item.keypoints is None) for item in kept.values())
    assert "annotations/chair.json: xyz" in kept[ids[4]].notes[0]
    assert "annotations/chair.json: semantic_id" in kept[ids[5]].notes[0]
    assert "off the surface" in kept[ids[6]].notes[0]
    assert f"{ids[8]}.pcd: DATA" in kept[ids[8]].notes[0]
