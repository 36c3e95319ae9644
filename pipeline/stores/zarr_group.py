"""The Zarr group of a store: arrays with named axes that say what their values mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import zarr
from zarr.codecs import BloscCodec

from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.row_facts import RECEIPT_FACTS, fact_files, grow_facts

CREATED_WITH_COORDINATES = {"coordinates": " ".join(RECEIPT_FACTS)}  # xarray's name for what is no data variable


def group_files(names: Sequence[str], rows: int, chunks: int | None = None) -> list[str]:
    """List the files that the objects share, relative to the group's folder: all metadata, and the facts of rows."""
    return ["zarr.json", *(f"{name}/zarr.json" for name in names), *fact_files(rows, chunks)]


def grow_group(folder: Path, specs: Sequence[ArraySpec], attributes: Mapping[str, str], objects: Sequence[str]) -> None:
    """Make the group and its arrays, or give them a row for each object. No array may have more rows already."""
    group = zarr.open_group(folder, mode="a", zarr_format=3)
    wanted: dict[str, Any] = {**attributes, **CREATED_WITH_COORDINATES}
    if group.attrs.asdict() != wanted:
        group.attrs.put(wanted)
    rows = len(objects)
    for spec in specs:
        if spec.name in group and _says(array_of(group, spec.name), spec):
            array = array_of(group, spec.name)
            if array.shape[0] < rows:
                array.resize((rows, *spec.shape))
            continue
        (folder / spec.name / "zarr.json").unlink(missing_ok=True)  # words have changed; chunks stay
        _create(group, spec, rows)
    grow_facts(group, objects)


def _says(array: zarr.Array[Any], spec: ArraySpec) -> bool:
    """Return whether an array's metadata has the words of its spec."""
    return (array.metadata.dimension_names, array.attrs.asdict()) == (spec.dimension_names, dict(spec.attributes))  # type: ignore[union-attr]


def _create(group: zarr.Group, spec: ArraySpec, rows: int) -> None:
    whole = (1, *spec.shape)
    group.create_array(
        spec.name,
        shape=(rows, *spec.shape),
        dtype=spec.dtype,
        chunks=(1, *spec.chunk) if spec.chunk else whole,
        shards=whole if spec.chunk else None,
        compressors=BloscCodec(cname="lz4", clevel=5, shuffle=spec.shuffle),
        dimension_names=spec.dimension_names,
        attributes=dict(spec.attributes),
    )


def array_of(group: zarr.Group, name: str) -> zarr.Array[Any]:
    """Return an array of a store's group, which holds arrays and no groups. Raises KeyError."""
    return cast("zarr.Array[Any]", group[name])
