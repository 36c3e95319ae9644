"""The pictures of an object, decoded within limits, each once."""

import hashlib
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from pipeline.datasets.errors import raise_machine_error
from pipeline.datasets.meshes.look_notes import DAMAGED, TOO_LARGE, UNKNOWN_FORMAT, UNREADABLE, LostLookError
from pipeline.datasets.picture_file import NoWhiteError, eight_bits
from pipeline.stores.plain_files import POINTER, PointerError, read_file

TEXTURE_BYTES = 2**28
TEXTURE_PIXELS = 2**26
OBJECT_PIXELS = 2**27  # of all pictures of an object together: 400 MB
# What textures come as. Pillow knows more formats, and one of them would start another program.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TGA", "TIFF", "WEBP", "PPM")
_DECODER_BYTES = 16  # that decoding takes, for each pixel

Picture = UInt8[np.ndarray, "h w 3"]


class TextureReader:
    """Decodes the pictures of one object. The same content is decoded once, whatever its names."""

    def __init__(self) -> None:
        """Begin with no picture."""
        self._pictures: dict[bytes, Picture | LostLookError] = {}
        self._pixels = 0

    def read(self, source: Path | bytes, name: str) -> Picture:
        """Read a picture as sRGB, row 0 at the top, without its alpha. Equal contents give the same array.

        Raises LostLookError, with `name`, for a picture that cannot be decoded or has more than TEXTURE_PIXELS, and
        where all that were read have more than OBJECT_PIXELS. MemoryError and errors of the disk pass: they say
        nothing about the picture.
        """
        data = source if isinstance(source, bytes) else _file_bytes(source, name)
        digest = hashlib.sha256(data).digest()
        if digest not in self._pictures:
            try:
                self._pictures[digest] = self._decoded(data)
            except LostLookError as error:
                self._pictures[digest] = LostLookError(*error.args)  # its traceback would hold the file's bytes
        picture = self._pictures[digest]
        if isinstance(picture, LostLookError):
            raise LostLookError(picture.reason, f"{name}: {picture.detail}")
        return picture

    def _decoded(self, data: bytes) -> Picture:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(BytesIO(data), formats=_FORMATS) as image:
                    self._count_pixels(image.width, image.height)
                    return _rgb(image)
        except LostLookError:
            raise
        except Image.DecompressionBombError as error:  # of Pillow itself, before it says the size
            raise _not_decoded(TOO_LARGE, f"{error}".partition(",")[0]) from None
        except NoWhiteError as error:
            raise _not_decoded(UNKNOWN_FORMAT, f"{error}") from None
        except UnidentifiedImageError:  # its message has an address in memory
            raise _not_decoded(UNKNOWN_FORMAT, f"none of {', '.join(_FORMATS)}") from None
        except Exception as error:  # decoders raise whatever they meet in a broken file
            raise_machine_error(error)
            _require_memory(TEXTURE_PIXELS)
            raise _not_decoded(DAMAGED, f"{error}"[:200]) from None

    def _count_pixels(self, width: int, height: int) -> None:
        size, pixels = f"{width} x {height} pixels", width * height
        if pixels > TEXTURE_PIXELS:
            raise _not_decoded(TOO_LARGE, f"{size} are {pixels}, limit {TEXTURE_PIXELS}")
        if self._pixels + pixels > OBJECT_PIXELS:
            raise _not_decoded(TOO_LARGE, f"{size}, and all of the object would be over the limit {OBJECT_PIXELS}")
        self._pixels += pixels
        _require_memory(pixels)


def _require_memory(pixels: int) -> None:
    """Raise MemoryError where so many pixels could not be decoded: some decoders call that damage of the picture."""
    np.empty(_DECODER_BYTES * pixels, dtype=np.uint8)


def _not_decoded(reason: str, detail: str) -> LostLookError:
    return LostLookError(f"texture {reason}", detail)


def _file_bytes(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > TEXTURE_BYTES:
            raise _not_decoded(TOO_LARGE, f"{name}: {size} bytes, limit {TEXTURE_BYTES}")
        return read_file(path)
    except PointerError:
        raise _not_decoded(POINTER, name) from None
    except OSError as error:
        raise_machine_error(error)
        raise _not_decoded(UNREADABLE, f"{name}: {error.strerror}") from None


def _rgb(image: Image.Image) -> Picture:
    # A palette with per-entry alpha has no direct way to RGB.
    opened = image.convert("RGBA") if image.mode == "P" else eight_bits(image)
    return np.array(opened.convert("RGB"))
