"""A rendered view as three pictures: colour, features, depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from eval.pictures.canvas import as_bytes, laid_over_checker
from eval.pictures.depth_colours import depth_picture
from eval.pictures.feature_colours import ColourBasis, feature_picture
from featurenerf.answers import RenderedView
from featurenerf.views_around import met
from pipeline.config.settings import Camera


@dataclass(frozen=True)
class ViewPictures:
    """The pictures of a view over a pale checker, sRGB. Features are shown by their main components."""

    colour: UInt8[np.ndarray, "h w 3"]
    features: UInt8[np.ndarray, "h w 3"]
    depth: UInt8[np.ndarray, "h w 3"]


def view_pictures(view: RenderedView, basis: ColourBasis, camera: Camera) -> ViewPictures:
    """Draw a view. Views that stand side by side share `basis`."""
    return ViewPictures(
        colour=colour_picture(view),
        features=feature_picture(basis, view.internal, view.opacity),
        depth=depth_picture(view.depth, view.opacity, camera),
    )


def colour_picture(view: RenderedView) -> UInt8[np.ndarray, "h w 3"]:
    """Draw the colours of a view over a pale checker."""
    return laid_over_checker(as_bytes(met(view, "rgb")), view.opacity)
