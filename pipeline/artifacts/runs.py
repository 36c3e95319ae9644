"""Training runs and the models published from them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.artifacts.receipts import checksums, read_record, require_unchanged, stage_command
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.recipes import recipe_of
from pipeline.config.settings import Camera, Train
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS, digest_of, sha256_of
from pipeline.stores.checked_json import write_checked

MODELS, CURVES = Path("models"), Path("curves")
CHECKPOINT_WEIGHTS, MODEL_WEIGHTS = "state.safetensors", "model.safetensors"
MODEL_RECORD = "model.json"
RUN, CARD = "run.json", "README.md"


@dataclass(frozen=True)
class RunRecord:
    """The run that a published model was taken from, and the checksums of what was published.

    That is the run's folder and its fingerprint, and the sha256 of the files of the model and of its curves by name.
    """

    run: str
    fingerprint: str
    model: Mapping[str, str]
    curves: Mapping[str, str]

    @property
    def model_digest(self) -> str:
        """A digest of the model's files, as a loaded model has it."""
        return digest_of([self.model.get(name) for name in (MODEL_WEIGHTS, MODEL_RECORD)])


def run_folder(root: Path, instance: str, fingerprint: str) -> Path:
    """Return the folder of a run below `root`, which is storage.root."""
    return root / "runs" / instance / fingerprint


def run_fingerprint(
    train: Train,
    camera: Camera,
    stored: StoredViews,
    keys: Sequence[ObjectKey] | None = None,
    validation_keys: Sequence[ObjectKey] | None = None,
) -> str:
    """Name a run by its settings, its first weights, and everything that the stores hold of its objects.

    Without keys it is the run on the whole train split, the one whose model is published.
    """
    keys = stored.keys("train") if keys is None else keys
    validation_keys = stored.keys("val") if validation_keys is None else validation_keys
    initial = train.initial_checkpoint
    return digest_of(
        {
            "recipe": recipe_of("train"),
            "train": train.model_dump(),
            "encoder_weights": _weights_digest(train.encoder_weights),
            "initial_weights": sha256_of(initial_weights_file(initial)) if initial is not None else None,
            "camera": camera.model_dump(),
            "train_objects": stored.contents(list(keys)),
            "validation_objects": stored.contents(list(validation_keys)),
        }
    )[:FINGERPRINT_CHARACTERS]


def write_run_record(instance: str, run: Path, fingerprint: str) -> None:
    """Write which run the published model and curves are of, which are there by now."""
    model, curves = checksums(MODELS / instance, "model.*"), checksums(CURVES / instance, "*.tsv")
    write_checked(MODELS / instance / RUN, asdict(RunRecord(run.as_posix(), fingerprint, model, curves)))


def read_run_record(instance: str) -> RunRecord:
    """Read which run a published model is of. Raises UserError that names the command to run."""
    return read_record(MODELS / instance / RUN, "train", instance, RunRecord)


def require_run(instance: str, fingerprint: str) -> RunRecord:
    """Read the record of a published model. Raises UserError if it is of another run, or the model is damaged."""
    record = read_run_record(instance)
    if record.fingerprint != fingerprint:
        raise UserError(
            f"the model in {MODELS / instance} was trained with other settings or data: "
            f"run `{stage_command('train', instance)}` first."
        )
    require_unchanged(MODELS / instance, record.model, "train", instance)
    return record


def initial_weights_file(folder: str) -> Path:
    """Return the file of weights in a checkpoint's or a model's folder. Raises UserError if there is none."""
    for name in (CHECKPOINT_WEIGHTS, MODEL_WEIGHTS):
        if (Path(folder) / name).is_file():
            return Path(folder) / name
    raise UserError(
        f"train.initial_checkpoint is {folder}, where neither {CHECKPOINT_WEIGHTS} nor {MODEL_WEIGHTS} is: name the "
        f"folder of a checkpoint (storage.root/runs/.../step-...) or of a model (models/...), or set it to null."
    )


def _weights_digest(named: str | None) -> str | None:
    """Return the checksum of a file of encoder weights; names of published weights stand for themselves."""
    path = Path(named) if named is not None else None
    return sha256_of(path) if path is not None and path.is_file() else None
