"""Features of several views in colours that all of them share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from eval.descriptors.descriptors import FieldDescriptor
from eval.evaluation_inputs import EvaluationInputs
from eval.pictures.canvas import enlarged, over_checker
from eval.pictures.feature_colours import feature_picture, fit_colours
from eval.pictures.grid import Tile, grid
from pipeline.artifacts.layouts import CELL
from pipeline.datasets.records import ObjectKey


@dataclass(frozen=True)
class FeatureView:
    """A view as it is shown, a finite feature map of it at any resolution, and which of the map's cells count."""

    rgb: UInt8[np.ndarray, "h w 3"]
    features: Float[np.ndarray, "r c d"]
    foreground: Bool[np.ndarray, "r c"]


def teacher_view(inputs: EvaluationInputs, key: ObjectKey, view: int) -> FeatureView:
    """A view with its teacher map; the cells that count are those of which a pixel is foreground."""
    foreground = inputs.view_labels(key, view).foreground
    height, width = foreground.shape
    cells = foreground.reshape(height // CELL, CELL, width // CELL, CELL).any(axis=(1, 3))
    return FeatureView(over_checker(inputs.rgba(key, view)), inputs.teacher_map(key, view), np.asarray(cells))


def field_view(inputs: EvaluationInputs, descriptor: FieldDescriptor, key: ObjectKey, view: int) -> FeatureView:
    """A view, which shows something, with the features that the field renders on its foreground."""
    foreground = inputs.view_labels(key, view).foreground
    pixels = np.argwhere(foreground).astype(np.int64)
    rendered = descriptor.at_pixels(key, view, view, pixels).cpu().numpy()
    features = np.zeros((*foreground.shape, rendered.shape[1]), dtype=rendered.dtype)
    features[foreground] = rendered
    return FeatureView(over_checker(inputs.rgba(key, view)), features, foreground)


def painted_features(views: Sequence[FeatureView]) -> list[UInt8[np.ndarray, "_ _ 3"]]:
    """Paint the maps in ONE basis of principal components: equal colours mean equal features.

    Raises ValueError if no map has a cell that counts.
    """
    basis = fit_colours([view.features[view.foreground] for view in views])
    return [feature_picture(basis, view.features, view.foreground.astype(np.float32)) for view in views]


def shared_colours_picture(source: FeatureView, target: FeatureView, size: int) -> Image.Image:
    """Draw source and target side by side, enlarged to `size`, and their features below in one basis."""
    views = (source, target)
    rows = [view.rgb for view in views], painted_features(views)
    return grid([[Tile(enlarged(picture, size)) for picture in row] for row in rows])
