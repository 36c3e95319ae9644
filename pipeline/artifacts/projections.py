"""A teacher's projection of one category: from raw channels to those of a map.

<storage.root>/projections/<teacher>/<category>/<fingerprint>/
    about.json               what the fingerprint was made of
    projection.safetensors   mean, basis, variances, divisor
    projection.json          written last: the sha256 of the above, and what there is to know about the fit
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from jaxtyping import Float32, Float64

from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.receipts import StoredObject, read_record, receipt_path, stage_command
from pipeline.config.sections.teachers import FitProjection
from pipeline.errors import UserError
from pipeline.manifests.manifest import Manifest
from pipeline.seeds import generator_of
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS, digest_of
from pipeline.stores.checked_json import DamagedJsonError, plain_bytes, read_checked, read_exact
from pipeline.stores.typed_json import load_json

STAGE = "fit-projection"
NOT_CONTENT = {"weights", "root", "sha256", "licence"}  # keys of a network that change no map by themselves
ABOUT, RECORD, TENSORS = "about.json", "projection.json", "projection.safetensors"


@dataclass(frozen=True)
class Projection:
    """Turns raw features into a map's: (raw - mean) @ basis / divisor; without a basis, raw / divisor.

    `rms` is the root mean square of the features before the division, over all channels of the fitted cells. `variance`
    are the variances along the principal axes of the raw features, descending: `explained` of their sum is kept.
    """

    mean: Float32[np.ndarray, " c"] | None
    basis: Float32[np.ndarray, "c k"] | None
    divisor: float
    rms: float
    variance: Float64[np.ndarray, " c"]

    @property
    def channels(self) -> int:
        """Channels of a map."""
        return len(self.variance) if self.basis is None else self.basis.shape[1]

    @property
    def explained(self) -> float:
        """The share of the raw features' variance that the maps keep."""
        whole = float(self.variance.sum())
        return float(self.variance[: self.channels].sum()) / whole if whole > 0 else 1.0

    def to_bytes(self) -> bytes:
        """Write as safetensors, which executes nothing when it is read. Equal projections give equal bytes."""
        arrays = {"divisor": np.array(self.divisor), "rms": np.array(self.rms), "variance": self.variance}
        if self.mean is not None and self.basis is not None:
            arrays |= {"mean": self.mean, "basis": np.ascontiguousarray(self.basis)}
        return safetensors.numpy.save(arrays)

    @staticmethod
    def from_bytes(data: bytes) -> Projection:
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            arrays = safetensors.numpy.load(data)
            return Projection(
                mean=arrays.get("mean"),
                basis=arrays.get("basis"),
                divisor=float(arrays["divisor"]),
                rms=float(arrays["rms"]),
                variance=arrays["variance"],
            )
        except (safetensors.SafetensorError, KeyError, TypeError) as error:
            raise ValueError(f"no projection: {error}") from None


@dataclass(frozen=True)
class FittedProjection:
    """A projection in its folder. `content` is the sha256 of its file, `teacher` the recipe that it was fitted with."""

    projection: Projection
    fingerprint: str
    content: str
    teacher: Mapping[str, Any]


@dataclass(frozen=True)
class FitRecord:
    """The receipt of a fit; projection.json holds the same without stage, instance, store and fingerprint."""

    stage: str
    instance: str
    store: str
    fingerprint: str
    sha256: str
    channels: int
    raw_channels: int
    explained_variance: float
    rms: float
    divisor: float
    cells: int


@dataclass(frozen=True)
class ProjectionInputs:
    """Everything that decides on a projection but the teacher's own recipe: settings, views, and the sample of them."""

    place: Path  # the folder of the category's projections by this teacher
    instance: str  # `plane-dino`
    about: Mapping[str, Any]
    sample: tuple[tuple[StoredObject, int], ...]  # (object, view)

    def folder(self, teacher: Mapping[str, Any]) -> Path:
        """Return the folder of the projection that a teacher with this recipe gets."""
        return self.place / digest_of(self.full_about(teacher))[:FINGERPRINT_CHARACTERS]

    def full_about(self, teacher: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the fingerprint is made of."""
        return {**self.about, "teacher": dict(teacher)}


def projection_sample(manifest: Manifest, views: OpenedStore, section: FitProjection) -> list[tuple[StoredObject, int]]:
    """Draw (object, view) pairs of the rendered train split, each once. Raises UserError if the split is empty."""
    train = [views.rows[key] for o in manifest.of_split("train") if (key := manifest.key(o.id)) in views.rows]
    if not train:
        raise UserError(
            f"no train object of {manifest.category} is rendered, and projections are fitted on them: "
            f"run `pipeline render --category {manifest.category}`."
        )
    rng = generator_of("projection sample", section.seed, manifest.synset)
    count = views.store.specs["rgba"].shape[0]
    drawn = np.sort(rng.choice(len(train) * count, size=min(section.views, len(train) * count), replace=False))
    return [(train[int(number) // count], int(number) % count) for number in drawn]


def read_fit_record(instance: str) -> FitRecord:
    """Read the receipt of fit-projection. Raises UserError that names the command to run."""
    path = receipt_path(STAGE, instance)
    return read_record(path, STAGE, instance, FitRecord)


def open_projection(inputs: ProjectionInputs) -> FittedProjection:
    """Open a fitted projection for reading; it needs no weights. Raises UserError if it is of other settings."""
    record = read_fit_record(inputs.instance)
    path, command = receipt_path(STAGE, inputs.instance), stage_command(STAGE, inputs.instance)
    folder = inputs.place / record.fingerprint
    fitted = kept_projection(folder)
    if fitted is None or fitted.content != record.sha256:
        raise UserError(f"{folder} does not hold the projection that {path} speaks of: run `{command}` again.")
    if inputs.folder(fitted.teacher) != folder:
        raise UserError(f"{path} points to a projection of other settings: run `{command}` first.")
    return fitted


def kept_projection(folder: Path) -> FittedProjection | None:
    """Return the projection in a folder if it is whole, else None."""
    try:
        content = str(read_checked(folder / RECORD)["sha256"])
        data = plain_bytes(folder / TENSORS)
        teacher = load_json(plain_bytes(folder / ABOUT))["teacher"]
        if hashlib.sha256(data).hexdigest() != content or not isinstance(teacher, dict):
            return None
        return FittedProjection(Projection.from_bytes(data), folder.name, content, teacher)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def is_named_by_about(folder: Path) -> bool:
    """Return whether the name of a projection's folder is the fingerprint of its about.json."""
    try:
        return digest_of(read_exact(folder / ABOUT))[:FINGERPRINT_CHARACTERS] == folder.name
    except (FileNotFoundError, DamagedJsonError):
        return False
