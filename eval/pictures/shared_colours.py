"""A pair and its features in colours that both ends share."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from eval.pictures.canvas import enlarged
from eval.pictures.feature_colours import ColourBasis, feature_picture, fit_colours

_GAP = 12


@dataclass(frozen=True)
class FeatureView:
    """A view as it is shown, a finite feature map of it at any resolution, and which of the map's cells count."""

    rgb: UInt8[np.ndarray, "h w 3"]
    features: Float[np.ndarray, "r c d"]
    foreground: Bool[np.ndarray, "r c"]


def shared_colours_picture(source: FeatureView, target: FeatureView, size: int) -> Image.Image:
    """Source at the left, target at the right, their features below, all as large as a view enlarged to `size`.

    Both maps stand in ONE basis of principal components: equal colours mean equal features. Raises ValueError if
    neither has a cell that counts.
    """
    basis = fit_colours([view.features[view.foreground] for view in (source, target)])
    columns = [(enlarged(view.rgb, size), view) for view in (source, target)]
    width = sum(shown.width for shown, _ in columns) + _GAP
    height = max(shown.height for shown, _ in columns)
    sheet = Image.new("RGB", (width, 2 * height + _GAP), "white")
    left = 0
    for shown, view in columns:
        sheet.paste(shown, (left, 0))
        sheet.paste(_painted(basis, view).resize(shown.size, Image.Resampling.NEAREST), (left, height + _GAP))
        left += shown.width + _GAP
    return sheet


def _painted(basis: ColourBasis, view: FeatureView) -> Image.Image:
    return Image.fromarray(feature_picture(basis, view.features, view.foreground))
