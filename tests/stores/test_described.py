"""A store says what it holds: xarray opens it, with names for axes, objects and splits."""

from pathlib import Path

import numpy as np
import pytest
import xarray

from pipeline.artifacts.labels import labels_store
from pipeline.artifacts.layouts import labels_layout, maps_layout, views_layout
from pipeline.config.settings import Label, Source, load_settings
from pipeline.datasets.licences import LICENCES, OWNER_DECIDES, licence_of
from pipeline.datasets.records import ObjectKey
from pipeline.manifests.manifest import Annotation, Manifest, ManifestObject
from pipeline.manifests.pairs import Pairs
from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.row_facts import RowFacts
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Store

CAMERA = load_settings(Path(__file__).parents[2] / "params.yaml").camera.model_copy(update={"views": 2, "size": 8})
LAYOUTS = {
    "views": views_layout(CAMERA),
    "labels": labels_layout(CAMERA, keypoints=3, part_points=4, candidates=5),
    "maps": maps_layout(CAMERA, 6, "int8"),
}
ENTRIES = [RowKey(ObjectKey("03001627", name), "x") for name in "abc"]


def filled(root: Path, kind: str) -> tuple[Store, list[dict[str, np.ndarray]]]:
    """Three rows: a train object, one that is not made, a test object."""
    store = Store(root, kind, "chair", {"seed": 0}, LAYOUTS[kind], {"teacher": "lite0", "description": "made up"})
    rng, written = np.random.default_rng(0), []
    rows = store.allocate(ENTRIES)
    for entry in (ENTRIES[0], ENTRIES[2]):
        arrays = {s.name: rng.integers(0, 100, s.shape).astype(s.dtype) for s in LAYOUTS[kind]}
        store.write(entry, rows[entry], arrays, {})
        written.append(arrays)
    store.set_row_facts({0: RowFacts("train", "none"), 2: RowFacts("test", "some")})
    return store, written


@pytest.mark.parametrize("kind", LAYOUTS)
def test_xarray_opens_it_with_names_for_all_axes(tmp_path: Path, kind: str) -> None:
    store, written = filled(tmp_path, kind)
    with xarray.open_zarr(store.arrays, consolidated=False) as opened:
        assert set(opened.data_vars) == {spec.name for spec in LAYOUTS[kind]}
        assert set(opened.coords) == {"object", "split", "licence"}
        assert opened.attrs["fingerprint"] == store.fingerprint
        assert (opened.attrs["kind"], opened.attrs["category"], opened.attrs["teacher"]) == (kind, "chair", "lite0")
        assert opened["object"].values.tolist() == [str(entry.key) for entry in ENTRIES]
        assert opened["split"].values.tolist() == ["train", "", "test"]
        for spec in LAYOUTS[kind]:
            array = opened[spec.name]
            assert array.dims == ("object", *spec.axes)
            assert array.dtype == np.dtype(spec.dtype)
            assert array.attrs["description"].endswith(".")
            np.testing.assert_array_equal(array.sel(object="03001627/c"), written[1][spec.name])
            np.testing.assert_array_equal(
                array.isel(object=opened.split.values == "train"), written[0][spec.name][None]
            )


def test_every_array_of_lengths_names_its_frame() -> None:
    specs = {spec.name: spec for layout in LAYOUTS.values() for spec in layout}
    assert all(spec.axes or spec.shape == () for spec in specs.values())
    for name in ("pose", "keypoint_xyz", "part_xyz", "candidate_xyz"):
        assert "+Y up" in specs[name].attributes["frame"]
    for name in ("intrinsics", "keypoint_uv"):
        assert "+0.5" in specs[name].attributes["frame"]
    assert "-Z" in specs["pose"].attributes["camera_axes"]


def test_words_are_no_part_of_the_fingerprint_and_can_change(tmp_path: Path) -> None:
    plain = [ArraySpec("n", (3,), "int32")]
    named = [ArraySpec("n", (3,), "int32", axes=("count",), attributes={"description": "Three numbers."})]
    before, after = (Store(tmp_path, "views", "plane", {}, specs) for specs in (plain, named))
    assert before.path == after.path
    row = before.allocate([ENTRIES[0]])[ENTRIES[0]]
    done = before.write(ENTRIES[0], row, {"n": np.arange(3, dtype=np.int32)}, {})
    after.allocate([ENTRIES[0]])
    assert after.verified(row, ENTRIES[0]) == done
    with xarray.open_zarr(after.arrays, consolidated=False) as opened:
        assert opened["n"].dims == ("object", "count")
        assert opened["n"].attrs == {"description": "Three numbers."}
        assert opened["n"].values.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("at", ["pipeline.stores.zarr_group.grow_facts", "pipeline.stores.store.write_table"])
def test_a_killed_allocation_is_taken_up_and_leaves_arrays_of_one_length(tmp_path: Path, at: str) -> None:
    store = Store(tmp_path, "views", "plane", {}, [ArraySpec("m", (2,), "uint8"), ArraySpec("n", (3,), "int32")])
    store.allocate(ENTRIES[:1])

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(at, killed)  # the arrays have grown; the names have not, or the table has not
        with pytest.raises(KeyboardInterrupt):
            store.allocate(ENTRIES)
    assert store.table() == ENTRIES[:1]
    assert store.allocate(ENTRIES[2:]) == {ENTRIES[2]: 1}
    assert store.metadata() == {file: sha256_of(store.arrays / file) for file in store.metadata()}
    with xarray.open_zarr(store.arrays, consolidated=False) as opened:
        named = [str(ENTRIES[0].key), str(ENTRIES[2].key)]
        assert opened["object"].values.tolist()[:2] == named
        assert len({opened[name].shape[0] for name in ("object", "split", "m", "n")}) == 1


@pytest.mark.parametrize(("points", "rows"), [((), 1), ((0,), 1), ((3, 7), 7)])
def test_labels_have_room_for_the_largest_annotation(tmp_path: Path, points: tuple[int, ...], rows: int) -> None:
    """Also where all parts are annotated in images alone: the released data can be so."""
    frame = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
    items = [
        ManifestObject(f"o{n}", "test", {}, frame, None, Annotation("x", frame, "x", n, (1,), None), ()) for n in points
    ]
    manifest = Manifest("chair", "03001627", {}, ("leg",), tuple(items), Pairs((), (), {}), {})
    store = labels_store(tmp_path, manifest, Store(tmp_path, "views", "chair", {}, []), CAMERA, Label())
    assert store.specs["part_xyz"].shape == (rows, 3)
    assert store.specs["candidate_xyz"].shape == (1, 3)


def test_axes_and_shape_must_agree() -> None:
    with pytest.raises(ValueError, match="1 axes, named"):
        ArraySpec("n", (3,), "int32", axes=("row", "column"))


def test_terms_are_sentences() -> None:
    assert all(sentence.endswith(".") for sentence in LICENCES.values())
    assert licence_of(Source(kind="folder", mesh_root="meshes")) == OWNER_DECIDES
    assert licence_of(Source(kind="renders", layout="srn", views_root="views")) == OWNER_DECIDES
    assert "CC BY-NC" in licence_of(Source(kind="renders", layout="co3d", views_root="views"))
