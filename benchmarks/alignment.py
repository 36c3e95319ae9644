"""Do distances tell right annotations from wrong ones? `python -m benchmarks.alignment`.

Twelve made-up objects of each category: the part points and the keypoints of each are laid on the mesh of every one, as
`pipeline manifest` does it. Objects of one kind can be near twins.
"""

import itertools
import tempfile
from pathlib import Path

from pipeline.config.settings import load_settings
from pipeline.datasets.alignment import place_mesh, world_from_keypointnet
from pipeline.datasets.annotations import open_annotations
from pipeline.datasets.categories import CATEGORIES, Category
from pipeline.datasets.meshes.shapenet import ShapeNet
from pipeline.datasets.records import ObjectKey
from pipeline.manifests.describe import annotation_distance, pick_evenly
from pipeline.manifests.sources import Roots
from pipeline.synthetic.synthesize import synthesize_category

OBJECTS = 12


def main() -> None:
    """Make up the objects, print a line for each category, and the sum."""
    settings = load_settings().manifest
    refused = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for category in CATEGORIES:
            synthesize_category(category.name, OBJECTS, 0, Path(folder), lambda _: None)
            parts, keypoints = distances(Path(folder), category, settings.longest_edge)
            own = [i * (OBJECTS + 1) for i in range(OBJECTS)]  # the diagonal
            others = [i for i in range(OBJECTS**2) if i not in own]
            count = sum(parts[i] > settings.part_error for i in others)
            points = sum(keypoints[i] > settings.keypoint_error for i in others)
            refused, wrong = refused + count, wrong + len(others)
            print(
                f"{category.name:11} parts: right at most {max(parts[i] for i in own):.6f}, wrong at least "
                f"{min(parts[i] for i in others):.4f}, {count} of {len(others)} wrong ones refused; keypoints: {points}"
            )
    print(f"parts of another object refused: {refused} of {wrong}, at part_error {settings.part_error:g}")


def distances(root: Path, category: Category, longest_edge: float) -> tuple[list[float], list[float]]:
    """Measure, for each mesh and each object's annotations, the parts' mean and the keypoints' largest distance."""
    meshes = ShapeNet(root / "ShapeNetCore.v2", "shapenet-v2")
    roots = Roots(meshes, root / "KeypointNet", root / "shapenet_part", root / "PartNet")
    annotations = open_annotations(roots, category)
    keys = [ObjectKey(category.synset, object_id) for object_id in meshes.listing(category.synset).ids]
    parts, keypoints = [], []
    for on, of in itertools.product(keys, keys):
        geometry = meshes.read_mesh(on)
        mesh = place_mesh(geometry.vertices, geometry.faces, meshes.axes, longest_edge)
        cloud, named = annotations.read_parts(of), annotations.read_keypoints(of)
        assert cloud is not None and named is not None and annotations.parts is not None
        matrix = annotations.parts.world_from_source(of, cloud, mesh)
        parts.append(annotation_distance(mesh, matrix, pick_evenly(cloud.xyz), longest_edge).mean)
        matrix = world_from_keypointnet(mesh)
        keypoints.append(annotation_distance(mesh, matrix, named.xyz, longest_edge).largest)
    return parts, keypoints


if __name__ == "__main__":
    main()
