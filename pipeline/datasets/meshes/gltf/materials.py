"""Materials of a glTF file: base colours and their textures (glTF 2.0, section 3.9)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.meshes.gltf.container import GltfFile, natural
from pipeline.datasets.meshes.look_notes import TOO_LARGE, UNKNOWN_FORMAT, LostLookError
from pipeline.datasets.meshes.textures import OBJECT_PIXELS, Picture, TextureReader

_OLDER = "KHR_materials_pbrSpecularGlossiness"  # has the same two things under other names
REPEAT, CLAMP, MIRROR = 10497, 33071, 33648


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
    turn: Float64[np.ndarray, "2 2"] | None = None
    offset: Float64[np.ndarray, " 2"] | None = None
    wrap: tuple[int, int] = (REPEAT, REPEAT)
    lost: LostLookError | None = None


class Looks:
    """Reads the materials of a file, each when it is first asked for. Each picture is decoded once."""

    def __init__(self, gltf: GltfFile) -> None:
        """Nothing is read yet."""
        self._gltf = gltf
        self._reader = TextureReader()
        self._looks: dict[int | None, Look] = {}
        self._tinted: dict[tuple[object, ...], Picture] = {}
        self._pixels = 0

    def look(self, number: int | None) -> Look:
        """The look of a material; None is glTF's default, which is white."""
        if number not in self._looks:
            material = {} if number is None else self._gltf.tree["materials"][natural(number)]
            self._looks[number] = self._read(material)
        return self._looks[number]

    def count_pixels(self, pixels: int, name: str) -> None:
        """Raise LostLookError if copies of pictures would have more pixels than an object may have."""
        if self._pixels + pixels > OBJECT_PIXELS:
            raise LostLookError(f"texture {TOO_LARGE}", f"{name}: a copy of {pixels} pixels, limit {OBJECT_PIXELS}")
        self._pixels += pixels

    def _read(self, material: dict[str, Any]) -> Look:
        extensions = material.get("extensions", {})
        if _OLDER in extensions:
            given, colour, reference = extensions[_OLDER], "diffuseFactor", "diffuseTexture"
        else:
            given, colour, reference = material.get("pbrMetallicRoughness"), "baseColorFactor", "baseColorTexture"
        factor = np.clip(np.array((given or {}).get(colour, (1.0, 1.0, 1.0))[:3], dtype=np.float64), 0.0, 1.0)
        if not np.isfinite(factor).all():
            raise ValueError(f"{colour} is not finite")
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
            return Look(factor, transparent, lost=error)

    def _textured(self, reference: dict[str, Any], factor: Float64[np.ndarray, " 3"], transparent: bool) -> Look:
        texture = self._gltf.tree["textures"][natural(reference["index"])]
        extensions = texture.get("extensions", {})
        source = extensions.get("EXT_texture_webp", {}).get("source", texture.get("source"))
        if source is None:
            raise LostLookError(f"texture {UNKNOWN_FORMAT}", next(iter(extensions), "no image")[:80])
        picture = self._picture(natural(source), factor)
        moved = reference.get("extensions", {}).get("KHR_texture_transform", {})
        cosine, sine = np.cos(moved.get("rotation", 0.0)), np.sin(moved.get("rotation", 0.0))
        turn = np.array([[cosine, sine], [-sine, cosine]]) * np.array(moved.get("scale", (1.0, 1.0)))
        sampler = self._gltf.tree["samplers"][natural(texture["sampler"])] if "sampler" in texture else {}
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
        image = self._gltf.tree["images"][source]
        uri = str(image.get("uri", "data:"))
        name = str(image.get("name") or (f"image {source}" if uri.startswith("data:") else uri))[:200]
        name = name.encode("utf-8", "replace").decode()  # a surrogate alone cannot be written
        picture = self._reader.read(self._gltf.image(image, name), name)
        if (factor == 1.0).all():
            return picture
        key = (id(picture), *factor.tolist())  # the reader keeps its pictures
        if key not in self._tinted:
            self.count_pixels(picture.shape[0] * picture.shape[1], name)
            self._tinted[key] = _tinted(picture, factor)
        return self._tinted[key]


def srgb(linear: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Linear light to sRGB, both 0..1 (IEC 61966-2-1)."""
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
