"""Training curves as TensorBoard's event files."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from pipeline.errors import UserError

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoardCurves:
    """Appends values and pictures to event files in `folder`. Continues a killed run.

    Each point is flushed, so that a kill loses none that a checkpoint has passed.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is written before the first point. Raises UserError if the package tensorboard is missing."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise UserError(
                f'TensorBoard\'s files cannot be written ({error}): pip install -e ".[tensorboard]", or leave them off.'
            ) from None
        self._folder = folder
        self._open = SummaryWriter
        self._writer: SummaryWriter | None = None

    def __enter__(self) -> TensorBoardCurves:
        """Use it as a context: leaving it closes the file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush and close."""
        if self._writer is not None:
            self._writer.close()

    def write(self, step: int, values: dict[str, float]) -> None:
        """One point on the curve of each name."""
        writer = self._at(step)
        for name, value in values.items():
            writer.add_scalar(name, value, step)
        writer.flush()

    def picture(self, step: int, picture: Path | UInt8[np.ndarray, "h w 3"]) -> None:
        """The picture of a validation, or the file that it lies in."""
        if isinstance(picture, Path):
            with Image.open(picture) as image:
                picture = np.asarray(image.convert("RGB"))
        writer = self._at(step)
        writer.add_image("validation", picture, step, dataformats="HWC")
        writer.flush()

    def _at(self, step: int) -> SummaryWriter:
        """The writer. Opened with a step, it makes TensorBoard forget what a killed run wrote from there on."""
        if self._writer is None:
            self._writer = self._open(str(self._folder), purge_step=step)
        return self._writer
