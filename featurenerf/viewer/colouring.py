"""The colours of an object, in its image and in its cloud: its own, features, similarity or parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float32, UInt8

from eval.pictures.feature_colours import ColourBasis, colours, feature_picture
from eval.pictures.palette import part_colour
from eval.pictures.parts import part_map, part_picture
from featurenerf.matching import Feature
from featurenerf.viewer.answer import Heat
from featurenerf.viewer.viewed_object import ViewedObject

Colouring: TypeAlias = Literal["colour", "features", "similarity", "parts"]
_NO_PART = (176, 176, 180)
_HEAT = 0.8  # the share of the heat's colour where it is laid over the image
# Colours of the map "inferno" without its black end: lightness rises evenly, also for colour-blind readers.
_RAMP = np.array([(40, 11, 84), (120, 28, 109), (188, 55, 84), (237, 105, 37), (252, 181, 25), (252, 255, 164)], float)
# The range begins at this percentile: most places are unlike what was asked, and the rest is worth the colours.
_LOW = 30


@dataclass(frozen=True)
class Painted:
    """The colours of an object's cloud, and its image."""

    points: UInt8[np.ndarray, "m 3"]
    picture: UInt8[np.ndarray, "h w 3"]


def paint_colour(viewed: ViewedObject) -> Painted:
    """Show the predicted colours of the cloud, and the image as it was given."""
    return Painted(viewed.cloud.rgb, viewed.picture)


def paint_features(viewed: ViewedObject, kind: Feature, basis: ColourBasis) -> Painted:
    """Show three principal components of the features."""
    features = viewed.features[kind]
    return Painted(colours(basis, features.points), feature_picture(basis, features.image, viewed.view.opacity))


def paint_heat(viewed: ViewedObject, heat: Heat) -> Painted:
    """Show the similarity to what was asked; pixels and points each have their own range."""
    picture = viewed.picture.copy()
    at = tuple(viewed.searched.T)
    grey = picture[at].mean(axis=1, keepdims=True)
    hot = heat_colours(heat.pixels)
    picture[at] = np.rint((1 - _HEAT) * grey + _HEAT * hot).astype(np.uint8)
    return Painted(heat_colours(heat.points), picture)


def paint_parts(viewed: ViewedObject, pixels: UInt8[np.ndarray, " n"], points: UInt8[np.ndarray, " m"]) -> Painted:
    """Show part labels of the searched pixels and of the points; without a label they are grey."""
    part = part_map(viewed.searched, pixels, *viewed.picture.shape[:2])
    palette = np.array([_NO_PART, *(part_colour(label) for label in range(1, 256))], dtype=np.uint8)
    return Painted(palette[points], part_picture(viewed.picture, part))


def heat_colours(similarities: Float32[np.ndarray, " n"]) -> UInt8[np.ndarray, "n 3"]:
    """Colour similarities, at least one: the largest is the hottest."""
    stops = np.linspace(np.percentile(similarities, _LOW), similarities.max(), len(_RAMP))
    painted = np.stack([np.interp(similarities, stops, channel) for channel in _RAMP.T], axis=-1)
    return np.asarray(np.rint(painted), dtype=np.uint8)
