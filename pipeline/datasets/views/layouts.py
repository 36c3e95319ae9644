"""The layouts of views that were made elsewhere. A new one is a reader, its name in ViewLayout and a line here."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from pipeline.config.sections.data import Source, ViewLayout
from pipeline.config.sections.views import Camera
from pipeline.datasets.axes import Axes
from pipeline.datasets.views.camera_npy import CameraNpy
from pipeline.datasets.views.co3d.source import Co3dViews
from pipeline.datasets.views.frame import Frame
from pipeline.datasets.views.released import open_released
from pipeline.datasets.views.srn import Srn
from pipeline.datasets.views.transforms import Transforms
from pipeline.datasets.views.view_source import ViewSource

# What a reader is made of: the folder of the views, section `source` and section `camera`.
OpenViews: TypeAlias = Callable[[Path, Source, Camera], ViewSource]


def frame_of(source: Source) -> Frame:
    """The frame that the settings give the cameras of a collection."""
    return Frame(Axes(source.up, source.front), source.scale)


VIEW_LAYOUTS: Mapping[ViewLayout, OpenViews] = {
    "srn": lambda root, source, _: Srn(root, frame_of(source)),
    "transforms": lambda root, source, _: Transforms(root, frame_of(source)),
    "camera-npy": lambda root, source, camera: CameraNpy(root, frame_of(source), camera.angle_x),
    "co3d": lambda root, source, _: Co3dViews(root, source.co3d),
    "released": lambda root, source, _: open_released(root, frame_of(source)),
}
