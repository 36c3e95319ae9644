"""Materials of a glTF file: base colours and their textures (glTF 2.0, section 3.9)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8

from pipeline.datasets.errors import DatasetError, raise_machine_error
from pipeline.datasets.meshes.gltf.container import GltfFile, is_data, natural
from pipeline.datasets.meshes.gltf.wrapping import REPEAT, Margins, laid_out
from pipeline.datasets.meshes.look_notes import TOO_LARGE, UNKNOWN_FORMAT, LostLookError
from pipeline.datasets.meshes.textures import OBJECT_PIXELS, Picture, TextureReader
from pipeline.datasets.text_files import TEXT_BYTES

_OLDER = "KHR_materials_pbrSpecularGlossiness"  # has the same two things under other names


@dataclass(frozen=True)
class Look:
    """The base colour of a material.

    `factor` is linear; with a `texture`, which it is already multiplied into, it is not used. `texcoord` is the set of
    coordinates that the texture wants, `turn` and `offset` move them, `wrap` is what lies outside of 0..1 in u and v.
    `lost` says why the look is not known: such faces are grey.
    """

    factor: Float64[np.ndarray, " 3"]
    transparent: bool = False
    texture: Picture | None = None
    texcoord: int = 0
    turn: Float64[np.ndarray, "2 2"] = field(default_factory=lambda: np.eye(2))
    offset: Float64[np.ndarray, " 2"] = field(default_factory=lambda: np.zeros(2))
    wrap: tuple[int, int] = (REPEAT, REPEAT)
    lost: LostLookError | None = None


class Looks:
    """Reads the materials of a file, each when it is first asked for. Each picture is decoded once."""

    def __init__(self, gltf: GltfFile) -> None:
        """Read nothing yet."""
        self._gltf = gltf
        self._reader = TextureReader()
        self._looks: dict[int | str | None, Look] = {}
        self._copies: dict[tuple[object, ...], Picture] = {}
        self._pictures: dict[int, Picture | LostLookError] = {}
        self._pixels = self._bytes = 0

    def look(self, number: object) -> Look:
        """The look of a material; None is glTF's default, which is white."""
        key = number if number is None or isinstance(number, int) else f"{number!r:.80}"
        if key not in self._looks:
            try:
                self._looks[key] = self._read({} if number is None else self._gltf.entry("materials", number))
            except Exception as error:  # a json of any shape
                self._looks[key] = Look(np.ones(3), lost=lost_look(error, f"materials {number}"))
        return self._looks[key]

    def laid_out(self, texture: Picture, wrap: tuple[int, int], margins: Margins) -> UInt8[np.ndarray, "_ _ 3"]:
        """A texture that does not repeat, with margins; the same array for the same arguments."""
        (left, right), (top, bottom) = margins
        pixels = (left + texture.shape[1] + right) * (top + texture.shape[0] + bottom)
        key = (id(texture), wrap, margins)
        return self._copy(key, pixels, "a texture that does not repeat", lambda: laid_out(texture, wrap, margins))

    def _copy(self, key: tuple[object, ...], pixels: int, name: str, make: Callable[[], Picture]) -> Picture:
        """A copy of a picture, made once. Raises LostLookError if all copies have more pixels than an object may."""
        if key not in self._copies:
            if self._pixels + pixels > OBJECT_PIXELS:
                raise LostLookError(f"texture {TOO_LARGE}", f"{name}: a copy of {pixels} pixels, limit {OBJECT_PIXELS}")
            self._pixels += pixels
            self._copies[key] = make()
        return self._copies[key]

    def _read(self, material: dict[str, Any]) -> Look:
        extensions = material.get("extensions", {})
        if _OLDER in extensions:
            given, colour, reference = extensions[_OLDER], "diffuseFactor", "diffuseTexture"
        else:
            given, colour, reference = material.get("pbrMetallicRoughness"), "baseColorFactor", "baseColorTexture"
        factor = np.array((given or {}).get(colour, (1.0, 1.0, 1.0))[:3], dtype=np.float64)
        if factor.shape != (3,) or not np.isfinite(factor).all():
            raise DatasetError(self._gltf.file, colour, "is no colour")
        factor = unit_colours(factor)
        transparent = material.get("alphaMode", "OPAQUE") != "OPAQUE"
        if given is None:
            needed = sorted(set(extensions) & {str(name) for name in self._gltf.tree.get("extensionsRequired", [])})
            other = next((name for name in needed if not name.startswith("KHR_materials_")), None)
            lost = LostLookError("material extension is not supported", other[:80]) if other else None
            return Look(factor, transparent, lost=lost)
        if given.get(reference) is None:
            return Look(factor, transparent)
        try:
            return self._textured(given[reference], factor, transparent)
        except LostLookError as error:
            return Look(factor, transparent, lost=lost_look(error, reference))

    def _textured(self, reference: dict[str, Any], factor: Float64[np.ndarray, " 3"], transparent: bool) -> Look:
        texture = self._gltf.entry("textures", reference["index"])
        extensions = texture.get("extensions", {})
        webp, plain = extensions.get("EXT_texture_webp", {}).get("source"), texture.get("source")
        if webp is None and plain is None:
            raise LostLookError(f"texture {UNKNOWN_FORMAT}", next(iter(extensions), "no image")[:80])
        try:
            picture = self._picture(plain if webp is None else webp, factor)
        except (LostLookError, DatasetError):
            if webp is None or plain is None:
                raise
            picture = self._picture(plain, factor)
        moved = reference.get("extensions", {}).get("KHR_texture_transform", {})
        cosine, sine = np.cos(moved.get("rotation", 0.0)), np.sin(moved.get("rotation", 0.0))
        turn = np.array([[cosine, sine], [-sine, cosine]]) * np.array(moved.get("scale", (1.0, 1.0)))
        sampler = self._gltf.entry("samplers", texture["sampler"]) if "sampler" in texture else {}
        return Look(
            factor,
            transparent,
            picture,
            natural(moved.get("texCoord", reference.get("texCoord", 0))),
            turn,
            np.array(moved.get("offset", (0.0, 0.0)), dtype=np.float64),
            (sampler.get("wrapS", REPEAT), sampler.get("wrapT", REPEAT)),
        )

    def _picture(self, source: int, factor: Float64[np.ndarray, " 3"]) -> Picture:
        """An image times a linear factor."""
        if source not in self._pictures:
            try:
                self._pictures[source] = self._decoded(source)
            except LostLookError as error:
                self._pictures[source] = lost_look(error, f"image {source}")
        picture = self._pictures[source]
        if isinstance(picture, LostLookError):
            raise LostLookError(*picture.args)
        if (factor == 1.0).all():
            return picture
        key = (id(picture), *factor.tolist())  # the reader keeps its pictures
        pixels = picture.shape[0] * picture.shape[1]
        return self._copy(key, pixels, f"image {source}", lambda: _tinted(picture, factor))

    def _decoded(self, source: int) -> Picture:
        image = self._gltf.entry("images", source)
        uri = str(image.get("uri", "data:"))
        name = str(image.get("name") or (f"image {source}" if is_data(uri) else uri))[:200]
        name = name.encode("utf-8", "replace").decode()  # a surrogate alone cannot be written
        self._bytes += len(self._gltf.view(image["bufferView"])) if "bufferView" in image else 0
        if self._bytes > TEXT_BYTES:  # images may share bytes: a small file can announce any number
            raise LostLookError(f"texture {TOO_LARGE}", f"{name}: all images have more than {TEXT_BYTES} bytes")
        return self._reader.read(self._gltf.image(image, name), name)


def lost_look(error: Exception, name: str) -> LostLookError:
    """Turn an error in a material or an attribute into a lost look: it costs no object.

    Errors that concern the machine are raised again.
    """
    raise_machine_error(error)
    if isinstance(error, LostLookError):
        return LostLookError(*error.args)  # without its traceback, which holds pictures in memory
    detail = f"{error.field}: {error.reason}" if isinstance(error, DatasetError) else f"{name}: {error!r:.200}"
    named = detail if detail.startswith(name) else f"{name}: {detail}"
    return LostLookError("material or its attributes are damaged", named)


def unit_colours(linear: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Colours cut to 0..1. Raises LostLookError where one is beyond 2: then its unit is not known."""
    largest = float(np.nanmax(linear, initial=0.0))
    if largest > 2.0:
        raise LostLookError("colour is not in 0..1", f"{largest:g}")
    clipped: Float64[np.ndarray, "*shape"] = np.clip(linear, 0.0, 1.0)
    return clipped


def srgb(linear: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Linear light to sRGB, both 0..1 (IEC 61966-2-1). White stays exactly 1, unlike by trimesh's formula."""
    curved: Float64[np.ndarray, "*shape"] = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.0 + 1.055 * (np.maximum(linear, 0.0031308) ** (1 / 2.4) - 1.0)
    )
    return curved


def _tinted(picture: Picture, factor: Float64[np.ndarray, " 3"]) -> Picture:
    """The sRGB picture times a linear factor."""
    levels = np.arange(256) / 255.0
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    shown = np.round(255.0 * srgb(linear[:, None] * factor)).astype(np.uint8)
    return np.stack([shown[picture[..., channel], channel] for channel in range(3)], axis=-1)
