"""Read the text files of a data set within limits.

What data say can never lead outside a data set's root: ids and synsets are plain names (pipeline.datasets.file_names)
and names of textures are checked as they are written (meshes.object_files). Links that lie on the disk are the user's
own will and are followed: people put object folders into place by linking them. Only plain files are read, so a FIFO
or a device in a file's place is an error and no hang.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.datasets.errors import DatasetError, raise_machine_error
from pipeline.datasets.records import ObjectKey
from pipeline.stores.plain_files import POINTER, POINTER_BYTES, PointerError, open_file, read_file
from pipeline.stores.typed_json import load_json

TEXT_BYTES = 2**30
JSON_BYTES = 2**29
OBJECT_JSON_BYTES = 2**26  # for the json files of one object
FRAMES_JSON_BYTES = 2**25
BRACKETS_OF_A_FRAME = 8  # its own, and those of a matrix of four rows, with room for two more
LINE_CHARACTERS = 1_000_000
LINES = 2**24


def plain_file(root: Path, file: PurePosixPath, limit: int) -> Path:
    """Return the path of `root / file`; links are followed, see above.

    Raises DatasetError if it is missing, no plain file, of more than `limit` bytes, or a pointer of git-lfs.
    """
    path = root / file
    try:
        about = path.stat()
        if stat.S_ISREG(about.st_mode) and about.st_size < POINTER_BYTES:
            open_file(path).close()
    except PointerError:
        raise DatasetError(file, "file", POINTER) from None
    except FileNotFoundError:
        raise DatasetError(file, "file", "is missing") from None
    except (OSError, ValueError) as error:
        raise unreadable(file, error) from None
    if not stat.S_ISREG(about.st_mode):
        raise DatasetError(file, "file", "is no plain file")
    if about.st_size > limit:
        raise DatasetError(file, "file", f"is too large: {about.st_size} bytes, the limit is {limit}")
    return path


def unreadable(file: PurePosixPath, error: OSError | ValueError) -> DatasetError:
    """Describe a file that the system does not let us read. What concerns the machine is raised as it is."""
    raise_machine_error(error)
    return DatasetError(file, "file", f"cannot be read: {getattr(error, 'strerror', None) or error}")


@contextmanager
def reading(key: ObjectKey) -> Iterator[None]:
    """Turn what the system raises while an object's folders are looked at into that object's DatasetError."""
    try:
        yield
    except OSError as error:
        raise unreadable(PurePosixPath(str(key)), error) from None


def read_bytes(root: Path, file: PurePosixPath, limit: int = TEXT_BYTES) -> bytes:
    """Read `root / file`. Raises DatasetError as `plain_file` does, and if it cannot be read."""
    path = plain_file(root, file, limit)
    try:
        return read_file(path)
    except OSError as error:
        raise unreadable(file, error) from None


def read_lines(root: Path, file: PurePosixPath) -> bytes:
    """Read the text file `root / file`, with LF at the ends of lines and no byte order mark.

    Raises DatasetError if it cannot be read, has a line of more than a million characters or too many lines.
    """
    content = line_feeds(without_mark(read_bytes(root, file)))
    check_lines(content, file)
    return content


def without_mark(content: bytes) -> bytes:
    """A text without its byte order mark; one that says UTF-16 becomes UTF-8."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode()
    return content.removeprefix(b"\xef\xbb\xbf")


def line_feeds(content: bytes) -> bytes:
    """A text whose lines end with LF alone, instead of CRLF or CR."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content


def read_text(root: Path, file: PurePosixPath) -> str:
    """Read a file as `read_lines` does, as text; bytes that are no UTF-8 become U+FFFD."""
    return read_lines(root, file).decode("utf-8", "replace")


def read_json(root: Path, file: PurePosixPath, limit: int = JSON_BYTES) -> Any:
    """Read the value in the json file `root / file`. Raises DatasetError if it is missing, too large or no json."""
    return parsed_json(read_bytes(root, file, limit), file)


def parsed_json(content: bytes, file: PurePosixPath) -> Any:
    """Parse a json file's content. Raises DatasetError if it is no json."""
    try:
        return load_json(content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    except ValueError as error:
        raise DatasetError(file, "file", f"is no valid json: {error}") from None


def read_frames(root: Path, file: PurePosixPath, frames: int) -> Any:
    """Read the value in a json file of at most so many frames with a 4x4 each, with bounded memory.

    Lists and mappings cost far more memory than their text, so they are counted before it is parsed. Raises
    DatasetError if there are too many, or as `read_json` does.
    """
    content = read_bytes(root, file, FRAMES_JSON_BYTES)
    if content.count(b"{") + content.count(b"[") > BRACKETS_OF_A_FRAME * frames:
        raise DatasetError(file, "frames", f"are more than {frames}")
    return parsed_json(content, file)


def check_lines(content: bytes, file: PurePosixPath) -> None:
    """Raise DatasetError for a line, which LF ends, of more than LINE_CHARACTERS bytes, or more than LINES lines."""
    if len(content) > LINES and content.count(b"\n") > LINES:
        raise DatasetError(file, "file", f"has more than {LINES} lines")
    begin = 0
    while len(content) - begin > LINE_CHARACTERS:
        # The last line feed that the next line may have: all lines before it are short enough too.
        end = content.rfind(b"\n", begin, begin + LINE_CHARACTERS + 1)
        if end < 0:
            line = content.count(b"\n", 0, begin) + 1
            raise DatasetError(file, f"line {line}", f"is longer than {LINE_CHARACTERS} characters")
        begin = end + 1


def filled_lines(text: str) -> list[str]:
    """The lines of `text` that hold more than white space."""
    return [line for line in text.splitlines() if line.strip()]
