"""Facts from the manifest that stand in a store's own metadata: the split and the licence of each object."""

from collections.abc import Mapping

from pipeline.config.settings import Source
from pipeline.datasets.licences import licence_of
from pipeline.datasets.records import ObjectKey
from pipeline.manifests.manifest import Manifest
from pipeline.stores.row_facts import RowFacts


def manifest_facts(manifest: Manifest, source: Source) -> Mapping[ObjectKey, RowFacts]:
    """Return the facts of every object of a manifest."""
    licence = licence_of(source)
    return {manifest.key(item.id): RowFacts(item.split, licence) for item in manifest.objects}
