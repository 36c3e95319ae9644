"""Training curves in TensorBoard's event files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pipeline.errors import UserError
from train.run.curves import Curves

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoardCurves(Curves):
    """Curves and pictures in event files in `folder`. Continues those of a killed run.

    Each point is flushed: a kill loses none from before the last checkpoint.
    """

    def __init__(self, folder: Path) -> None:
        """Write nothing before the first point. Raises UserError if the package tensorboard is missing."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise UserError(
                f'TensorBoard\'s files cannot be written ({error}): pip install -e ".[tensorboard]", or leave them off.'
            ) from None
        self._folder = folder
        self._open = SummaryWriter
        self._writer: SummaryWriter | None = None

    def close(self) -> None:
        """See `Curves.close`."""
        if self._writer is not None:
            self._writer.close()

    def write(self, step: int, values: dict[str, float]) -> None:
        """See `Curves.write`."""
        writer = self._at(step)
        for name, value in values.items():
            writer.add_scalar(name, value, step)
        writer.flush()

    def picture(self, step: int, picture: Path) -> None:
        """See `Curves.picture`."""
        with Image.open(picture) as image:
            pixels = np.asarray(image.convert("RGB"))
        writer = self._at(step)
        writer.add_image("validation", pixels, step, dataformats="HWC")
        writer.flush()

    def _at(self, step: int) -> SummaryWriter:
        """Return the writer, opened at the first step: TensorBoard drops what a killed run wrote from that step on."""
        if self._writer is None:
            self._writer = self._open(str(self._folder), purge_step=step)
        return self._writer
