"""Measure a model on SPair-71k and write a file of results, for the command `evaluate-photos`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from eval.photos.other_methods import read_other_methods
from eval.photos.photo_statistics import PHOTOS, write_photo_statistics
from eval.photos.photo_transfer import ALL
from eval.report.photos import photo_table, photo_text
from eval.table_text import table_text
from featurenerf.loading import load_field
from featurenerf.measured.photo_evaluation import PhotoMap, PhotoPairs, evaluate_photos
from featurenerf.measured.spair_photos import CutOut, PhotoCamera
from pipeline.datasets.spair.spair_folder import SpairFolder

SKIPPED_SHOWN = 5


def measure_photos(
    model: Path,
    root: Path,
    asked: PhotoPairs,
    camera: PhotoCamera,
    cut_out: CutOut,
    open_maps: Mapping[str, Callable[[int], PhotoMap]],
    others: Path | None,
    out: Path | None,
    device: str,
) -> Iterator[str]:
    """Measure, write the results, and say them in lines.

    `open_maps` opens a teacher's own map by its name, for the size of the field's images. Raises UserError before
    anything is measured if a file or folder is not what it should be.
    """
    published = read_other_methods(others) if others is not None else ()
    field = load_field(model, device=device)
    maps = {name: open_map(field.camera.size) for name, open_map in open_maps.items()}
    statistics = evaluate_photos(field, SpairFolder(root), asked, camera, cut_out, maps, published)
    path = out or PHOTOS / f"{model.resolve().name}.{asked.category}-{asked.split}.json"
    write_photo_statistics(path, statistics)
    yield photo_text(statistics)
    yield table_text(photo_table(statistics, ALL))
    for stem, reason in list(statistics.skipped.items())[:SKIPPED_SHOWN]:
        yield f"skipped {stem}: {reason}"
    yield f"-> {path}"
