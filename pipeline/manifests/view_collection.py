"""The user's collection of views that were made elsewhere."""

from pipeline.config.settings import Camera, Source
from pipeline.datasets.views.layouts import VIEW_LAYOUTS
from pipeline.datasets.views.view_source import ViewSource
from pipeline.errors import UserError
from pipeline.manifests.sources import existing_folder


def open_view_collection(source: Source, camera: Camera) -> ViewSource:
    """Open the collection. Raises UserError if it is not a folder, or the objects are meshes."""
    if source.kind != "renders" or source.layout is None:
        raise UserError(f"source.kind is {source.kind}: only renders are views that were made elsewhere.")
    return VIEW_LAYOUTS[source.layout](existing_folder("views_root", str(source.views_root)), source, camera)
