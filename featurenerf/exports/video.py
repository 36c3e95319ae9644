"""Pictures as an MP4 video, by the encoder of imageio-ffmpeg."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import UInt8

from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes

QUALITY = 8  # of 10


def require_encoder() -> None:
    """Raise UserError if the encoder is not installed."""
    if find_spec("imageio_ffmpeg") is None:
        raise UserError('a video needs the package imageio-ffmpeg: run `pip install -e ".[video]"`.')


def write_video(path: Path, frames: Iterable[UInt8[np.ndarray, "h w 3"]], fps: int) -> None:
    """Write frames, at least one, as an MP4 file (H.264) that common players show. Raises UserError without encoder.

    H.264 wants an even height and width: a frame gets another row or column if it needs one. The file is there when all
    frames are.
    """
    require_encoder()
    with TemporaryDirectory() as folder:
        unfinished = Path(folder) / "video.mp4"
        _encode(unfinished, map(even, frames), fps)
        write_bytes(path, unfinished.read_bytes())


def even(frame: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Repeat the last row or column of a picture whose height or width is odd."""
    height, width, _ = frame.shape
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _encode(path: Path, frames: Iterator[UInt8[np.ndarray, "h w 3"]], fps: int) -> None:
    from imageio_ffmpeg import write_frames

    first = next(frames)
    size = (first.shape[1], first.shape[0])
    writer = write_frames(str(path), size, fps=fps, quality=QUALITY, codec="libx264", macro_block_size=2)
    writer.send(None)
    try:
        for frame in chain([first], frames):
            writer.send(np.ascontiguousarray(frame))
    finally:
        writer.close()
