"""One broken data set through everything that reads it, and what may become of it."""

import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from pipeline.config.profiles import profile_text
from pipeline.config.settings import ManifestSettings
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import Mesh, ObjectKey
from pipeline.errors import UserError
from pipeline.manifests.describe import Describer, DescribeTask
from tests.fuzz.layouts import CATEGORY, Sample
from tests.fuzz.outside import Witness


@dataclass(frozen=True)
class Verdict:
    """`kind` is accepted, noted (accepted without an annotation), rejected, refused (a UserError) or DEFECT."""

    kind: str
    message: str


class WrongError(Exception):
    """Accepted, but what came back is no mesh, or reading it twice gives two things."""


class TooLong(BaseException):
    """Work took longer than its limit. No Exception, so that no reader of broken files can take it for one."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooLong within the block after so many seconds: an alarm, which ends Python code, but no call into C."""

    def ring(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_GIVEN = yaml.safe_load(profile_text("smoke"))["manifest"]
# The box of so small a cloud does not reach the surface's, so PartNet's h5 clouds land further off than real ones.
SETTINGS = ManifestSettings.model_validate({**_GIVEN, "keypoint_error": 0.01, "part_error": 0.05})


def attempt(sample: Sample, witness: Witness, seconds: float, key: ObjectKey | None = None) -> Verdict:
    """What `pipeline manifest` does for an object, then what rendering reads."""
    with witness.watching(sample.folder) as opened:
        verdict = _guarded(lambda: _read(sample, key or sample.key), seconds)
    if opened:
        return Verdict("DEFECT", f"opened outside the data set: {sorted(set(opened))[:5]}")
    return verdict


def _guarded(read: Callable[[], Verdict], seconds: float) -> Verdict:
    try:
        with time_limit(seconds):
            return read()
    except DatasetError as error:
        return Verdict("rejected", str(error))
    except UserError as error:
        return Verdict("refused", str(error))
    except (Exception, TooLong) as error:  # whatever escapes is what is looked for
        frames = [f"{Path(f.f_code.co_filename).name}:{line}" for f, line in traceback.walk_tb(error.__traceback__)]
        return Verdict("DEFECT", f"{type(error).__name__}: {error} ({' '.join(frames[-4:])})")


def _read(sample: Sample, key: ObjectKey) -> Verdict:
    meshes = sample.roots.meshes
    describe = Describer(sample.roots, CATEGORY, SETTINGS)()
    try:
        item = describe(DescribeTask(key, "train"))
    except DatasetError as error:
        # Rendering must refuse what the manifest refuses because of the mesh itself.
        _same_refusal(sample, key, error)
        raise
    mesh = meshes.read_mesh(key)
    _check(mesh)
    for file in mesh.files:
        if not (meshes.root / file).resolve().is_relative_to(sample.folder.resolve()):
            raise WrongError(f"{file} lies outside")
    notes = [note for note in item.notes if "not used" in note]
    return Verdict("noted", notes[0]) if notes else Verdict("accepted", "; ".join(item.notes))


def _same_refusal(sample: Sample, key: ObjectKey, error: DatasetError) -> None:
    if error.field in ("synset", "id", "file"):
        try:
            sample.roots.meshes.read_mesh(key)
        except DatasetError:
            return
        raise WrongError(f"read_mesh accepts what the manifest refuses: {error}")


def _check(mesh: Mesh) -> None:
    faces, count = len(mesh.faces), len(mesh.vertices)
    if not np.isfinite(mesh.vertices).all() or not np.isfinite(mesh.uv).all():
        raise WrongError("a coordinate is not finite")
    if not faces or mesh.faces.min() < 0 or mesh.faces.max() >= count:
        raise WrongError("an index is out of range")
    if mesh.uv.shape != (faces, 3, 2) or mesh.face_material.shape != (faces,):
        raise WrongError("arrays differ in length")
    if mesh.face_material.min() < 0 or mesh.face_material.max() >= len(mesh.materials):
        raise WrongError("a material is out of range")
