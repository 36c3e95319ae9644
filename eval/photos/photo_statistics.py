"""Measurements of a field on photographs, in a JSON file that the report reads back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict

from eval.photos.other_methods import OtherMethod
from eval.photos.photo_transfer import PhotoTable
from pipeline.artifacts.results import RESULTS
from pipeline.errors import UserError
from pipeline.stores.checked_json import checked, plain_bytes, write_checked
from pipeline.stores.typed_json import json_record, parse_json

PHOTOS = RESULTS / "photos"


@dataclass(frozen=True)
class PhotoStatistics:
    """PCK of a field's descriptors on one category and split of SPair-71k.

    `model` is the digest of the model's files. `category` is SPair-71k's name. `size` is the side of the framed image
    and `framing` the share of it that an object fills. `boxed` are photos without segmentation. `skipped` says why
    pairs were left out. `others` are rows of other methods, as imported.
    """

    # JSON has no number for what is not finite.
    __pydantic_config__ = ConfigDict(ser_json_inf_nan="strings")

    model: str
    category: str
    split: str
    layout: str
    size: int
    framing: float
    camera: str
    cut_out: str
    photos: int
    pairs: int
    boxed: tuple[str, ...]
    skipped: Mapping[str, str]
    tables: tuple[PhotoTable, ...]
    others: tuple[OtherMethod, ...]


def write_photo_statistics(path: Path, statistics: PhotoStatistics) -> None:
    """Replace the file."""
    write_checked(path, json_record(statistics))


def read_photo_statistics(instance: str) -> tuple[tuple[Path, PhotoStatistics], ...]:
    """Read all results of a model's folder name; none if it was not measured on photos.

    Raises UserError for a damaged file.
    """
    return tuple((path, _read(path)) for path in sorted(PHOTOS.glob(f"{instance}.*.json")))


def _read(path: Path) -> PhotoStatistics:
    try:
        data = plain_bytes(path)
        checked(data)
        return parse_json(data, PhotoStatistics, strict=False)
    except ValueError as error:
        raise UserError(
            f"{path} is damaged ({str(error)[:200]}): delete it, or run `pipeline evaluate-photos` again."
        ) from None
