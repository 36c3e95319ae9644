"""Read a json file that lists frames, with bounded memory."""

from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_files import parsed_json, read_bytes

FRAME_JSON_BYTES = 2**25
BRACKETS_OF_A_FRAME = 8  # its own, and those of a matrix of four rows, with room for two more


def read_bounded_json(root: Path, file: PurePosixPath, frames: int) -> Any:
    """Read the value in a json file of at most so many frames.

    Lists and mappings cost far more memory than their text, so they are counted before it is parsed. Raises
    DatasetError if there are too many, or the file is missing, too large or no json.
    """
    content = read_bytes(root, file, FRAME_JSON_BYTES)
    if content.count(b"{") + content.count(b"[") > BRACKETS_OF_A_FRAME * frames:
        raise DatasetError(file, "frames", f"are more than {frames}")
    return parsed_json(content, file)
