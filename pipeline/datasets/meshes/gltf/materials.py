"""Materials of a glTF file: base colours and their textures (glTF 2.0, section 3.9)."""

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8

from pipeline.datasets.meshes.gltf.container import GltfFile, natural
from pipeline.datasets.meshes.obj_materials import TEXTURE_PIXELS, read_texture

_OLDER = "KHR_materials_pbrSpecularGlossiness"  # has the same two things under other names
REPEAT, CLAMP, MIRROR = 10497, 33071, 33648
MOST_PIXELS = 4 * TEXTURE_PIXELS  # of all textures of a file together

Picture = UInt8[np.ndarray, "h w 3"]


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
    lost: str | None = None


class Looks:
    """Reads the materials of a file, each when it is first asked for. Each picture is decoded once."""

    def __init__(self, gltf: GltfFile, pictures: bool) -> None:
        """Nothing is read yet. Without `pictures` none is decoded."""
        self._gltf = gltf
        self._pictures = pictures
        self._looks: dict[int | None, Look] = {}
        self._decoded: dict[object, Picture | None] = {}
        self._pixels = 0

    def look(self, number: int | None) -> Look:
        """The look of a material; None is glTF's default, which is white."""
        if number not in self._looks:
            material = {} if number is None else self._gltf.tree["materials"][natural(number)]
            self._looks[number] = self._read(material)
        return self._looks[number]

    def spend(self, pixels: int) -> bool:
        """Tell whether so many more pixels are within the limit of a file, and count them."""
        self._pixels += pixels
        return self._pixels <= MOST_PIXELS

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
            return Look(factor, transparent, lost=other and f"material extension {other[:80]} is not supported")
        if given.get(reference) is None:
            return Look(factor, transparent)
        return self._textured(given[reference], factor, transparent)

    def _textured(self, reference: dict[str, Any], factor: Float64[np.ndarray, " 3"], transparent: bool) -> Look:
        texture = self._gltf.tree["textures"][natural(reference["index"])]
        extensions = texture.get("extensions", {})
        source = extensions.get("EXT_texture_webp", {}).get("source", texture.get("source"))
        if source is None:
            name = next(iter(extensions), "none")
            return Look(factor, transparent, lost=f"image of texture {reference['index']} is {name}, not supported")
        picture, lost = self._picture(natural(source), factor)
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
            lost,
        )

    def _picture(self, source: int, factor: Float64[np.ndarray, " 3"]) -> tuple[Picture | None, str | None]:
        """An image times a linear factor, or why there is none. Neither without `pictures`."""
        image = self._gltf.tree["images"][source]
        name = str(image.get("name") or image.get("uri") or f"image {source}")[:200].encode("utf-8", "replace").decode()
        data = self._gltf.image_data(image)
        if data is None:
            return None, name
        if not self._pictures:
            return None, None
        whole = hashlib.sha256(data).digest()
        if whole not in self._decoded:
            self._decoded[whole] = self._counted(read_texture(io.BytesIO(data)))
        picture = self._decoded[whole]
        if picture is None or (factor == 1.0).all():
            return picture, name if picture is None else None
        key = (whole, *factor.tolist())
        if key not in self._decoded:
            self._decoded[key] = self._counted(_tinted(picture, factor))
        return self._decoded[key], name if self._decoded[key] is None else None

    def _counted(self, picture: Picture | None) -> Picture | None:
        return picture if picture is not None and self.spend(picture.shape[0] * picture.shape[1]) else None


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
