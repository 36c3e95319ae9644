"""Open a trained field, from a folder or from the Hugging Face hub."""

from pathlib import Path

import huggingface_hub
from huggingface_hub.errors import HFValidationError

from eval.descriptors.field_renderer import FieldRenderer
from featurenerf.field import Field
from pipeline.config.settings import Evaluate
from pipeline.errors import UserError
from pipeline.executors.devices import device_named
from train.model_files import TENSORS, load_model
from train.model_record import RECORD

RAYS_PER_BATCH = Evaluate().rays_per_batch
DEVICES = ("auto", "cpu", "cuda")


def load_field(folder_or_hub_id: str | Path, *, device: str = "auto", rays_per_batch: int = RAYS_PER_BATCH) -> Field:
    """Open a trained field.

    Args:
        folder_or_hub_id: a folder that the train stage wrote, such as `models/chair-lite0-whole`; or a model of the
            Hugging Face hub as `owner/name`, which is downloaded once. A folder of that name comes first.
        device: `cpu`, `cuda`, or `auto`: CUDA where there is one.
        rays_per_batch: rays that are rendered at once. The default suits a CPU; a GPU is faster with thousands.

    Raises UserError if there is no such folder or model, if it is damaged, or if the device is missing.
    """
    if device not in DEVICES:
        raise UserError(f"device must be one of {', '.join(DEVICES)}, not '{device}'.")
    if rays_per_batch < 1:
        raise UserError(f"rays_per_batch must be at least 1, not {rays_per_batch}.")
    folder = Path(folder_or_hub_id).expanduser()
    if not folder.is_dir():
        folder = _downloaded(folder_or_hub_id)
    if not (folder / RECORD).is_file():
        raise UserError(f"{folder} holds no model, there is no {RECORD}: name a folder such as models/NAME.")
    return Field(FieldRenderer(load_model(folder, device_named(device)), rays_per_batch))


def _downloaded(name: str | Path) -> Path:
    """Return the folder of a model of the hub, downloaded if it is not in the hub's cache. Raises UserError."""
    # `models/typo` has the form of a hub id: where the folder `models` is, a file of this machine was meant.
    if isinstance(name, Path) or name.count("/") != 1 or Path(name).expanduser().parent.is_dir():
        raise UserError(f"{name} is no folder: name a folder that `pipeline train` wrote, such as models/NAME.")
    try:
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=[TENSORS, RECORD, "README.md"]))
    # What the hub's client raises, and what comes through it from the network.
    except (OSError, HFValidationError) as error:
        raise UserError(
            f"{name} is no folder here, and the hub gives no model of that name ({type(error).__name__}): correct it, "
            f"or connect to the network."
        ) from None
