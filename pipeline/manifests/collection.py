"""A category of a collection of meshes or of views, as the manifest stage needs it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.settings import Camera, ManifestSettings, Source, Synthesize
from pipeline.datasets.annotations import open_parts
from pipeline.datasets.categories import Category
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.manifests.describe import Describer, DescribeTask
from pipeline.manifests.describe_views import ViewDescriber
from pipeline.manifests.manifest import ManifestObject
from pipeline.manifests.sources import open_roots, require_made_up
from pipeline.manifests.splits import GivenSplits
from pipeline.manifests.view_collection import open_view_collection


@dataclass(frozen=True)
class Collection:
    """The objects of a category, and what describes one of them. `splits` are the collection's own, if it has any."""

    root: Path
    listing: Listing
    splits: GivenSplits | None
    part_names: tuple[str, ...]
    describer: Callable[[], Callable[[DescribeTask], ManifestObject]]


def open_collection(
    root: Path, source: Source, synthesize: Synthesize, chosen: ManifestSettings, camera: Camera, category: Category
) -> Collection:
    """Open what the settings name; `root` is storage.root. Raises UserError if it, or the category, is not there."""
    if source.kind == "renders":
        views = open_view_collection(source, camera)
        listing, own = views.listing(category.synset), views.splits(category.synset)
        splits = None if own is None else GivenSplits({i: own[i] for i in listing.ids if i in own}, {}, None, None)
        describer = ViewDescriber(views, str(source.layout), camera.views)
        return Collection(views.root, listing, splits, views.part_names(category.synset), describer)
    roots = open_roots(root, source, synthesize)
    require_made_up(roots, category.name)
    listing, parts = roots.meshes.listing(category.synset), open_parts(roots, category)
    names = parts.part_names if parts else ()
    return Collection(roots.meshes.root, listing, None, names, Describer(roots, category, chosen))
