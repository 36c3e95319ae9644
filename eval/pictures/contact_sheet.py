"""One picture of many objects: each from the camera whose height is nearest to 25 degrees."""

import numpy as np
from PIL import Image

from eval.pictures.canvas import enlarged, over_checker
from eval.pictures.grid import Tile, grid
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.manifests.manifest import Manifest

TILE, COLUMNS = 256, 6
HEIGHT = float(np.sin(np.radians(25)))


def contact_sheet(manifest: Manifest, views: OpenedStore, objects: int) -> tuple[Image.Image, int]:
    """The first `objects` rendered objects of the manifest with their splits, and how many they are: at least one."""
    shown = [item for item in manifest.objects if manifest.key(item.id) in views.rows][:objects]
    tiles = []
    for item in shown:
        key = manifest.key(item.id)
        pose = views.read("pose", key)
        height = pose[:, 1, 3] / np.linalg.norm(pose[:, :3, 3], axis=1)
        image = views.read("rgba", key)[int(np.abs(height - HEIGHT).argmin())]
        tiles.append(Tile(enlarged(over_checker(image), TILE), f"{item.split}: {item.id}"))
    return grid([tiles[start : start + COLUMNS] for start in range(0, len(tiles), COLUMNS)]), len(shown)
