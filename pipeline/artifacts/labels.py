"""The label store of a category: keypoints and parts in each view and in 3D."""

from pathlib import Path

from pipeline.artifacts.layouts import WORLD, labels_layout
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.config.recipes import recipe_of
from pipeline.config.settings import Camera, Label
from pipeline.manifests.manifest import Manifest
from pipeline.stores.store import Store


def labels_store(root: Path, manifest: Manifest, views: Store, camera: Camera, label: Label) -> Store:
    """Return the label store of these views below `root`, sized for the manifest's largest annotation."""
    keypoints = [o.keypoints for o in manifest.objects if o.keypoints is not None]
    parts = [o.parts for o in manifest.objects if o.parts is not None]
    layout = labels_layout(  # at least 1: parts may be annotated in images alone, and an array of none has no file
        camera,
        keypoints=max([1, *(k.labels[-1] + 1 for k in keypoints)]),
        part_points=max([1, *(p.points for p in parts)]),
        candidates=max([1, *(k.points for k in keypoints)]),
    )
    recipe = {"recipe": recipe_of("label"), "views": views.fingerprint, "label": label.model_dump()}
    attributes = {
        "description": "Keypoints and parts of each object, in 3D and in each view.",
        "frame": WORLD,
        "views": views.fingerprint,
        "part_names": ", ".join(manifest.part_names),
    }
    return Store(root, "labels", manifest.category, recipe, layout, attributes)


def unlabelled_shares(labels: OpenedStore) -> dict[str, float]:
    """Return, for each object with part annotations, the share of foreground pixels without a part label.

    Such pixels lie further than label.part_distance from any annotated point, or on a part that nobody annotated.
    """
    shares = {
        str(stored.key): labels.marker(stored).facts["unlabelled_foreground"] for stored in labels.receipt.objects
    }
    return {name: share for name, share in shares.items() if share is not None}
