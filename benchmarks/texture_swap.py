"""`python -m benchmarks.texture_swap MODEL_FOLDER [--category chair]`: how sharply a swapped texture keeps to its part.

In the project's folder. For pairs of test objects of the manifest, and for each part that both have, the second object
takes the texture of the first one's part. It is rendered in the camera of its own image and in another one. Prints the
mean absolute change of colour, of 0..1, in three groups of pixels, by the true labels that the label stage stored:

  inside      pixels of the part
  others      pixels of other parts
  background  pixels without a part, in the box around the object

`given` uses the stored labels of both objects; `transferred` moves those of the first object to the second by features.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np

import featurenerf
from featurenerf.editing.blend import Blend, blended
from featurenerf.editing.labelled_object import LabelledObject, transfer_labels
from featurenerf.editing.paint import Paint
from featurenerf.editing.painted_rays import render_painted
from featurenerf.editing.part_points import PartPoints
from featurenerf.editing.stored_view import StoredView, see_view, with_own_labels
from featurenerf.editing.texture import DISTANCE, swap_texture
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.progress import counted
from pipeline.seeds import generator_of

GROUPS = ("inside", "others", "background")


@dataclass(frozen=True)
class Change:
    """The changes of the pixels of one group in one picture, when one part is painted."""

    labels: str
    blend: Blend
    part: str
    group: str
    changes: np.ndarray


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--category", default="chair")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--pixels", type=int, default=800, help="of each picture, at most, drawn from the box")
    parser.add_argument("--points", type=int, default=10_000, help="labelled points of each object, at most")
    parser.add_argument("--distance", type=float, default=DISTANCE)
    parser.add_argument("--given-only", action="store_true", help="leave out transferred labels, which take longest")
    parser.add_argument("--running", action="store_true", help="print the table after each pair")
    arguments = parser.parse_args()
    field, labels = featurenerf.load_field(arguments.model), featurenerf.open_labels(arguments.category)
    stored = set(labels.ids)
    pairs = Project(load_settings()).manifest(arguments.category).pairs.cross_instance
    chosen = [pair for pair in pairs if {pair.src, pair.trg} <= stored][: arguments.pairs]
    start, changes = time.perf_counter(), []
    for pair in counted(chosen, "texture-swap", "pairs"):
        source, target = (StoredView(arguments.category, name, pair.view) for name in (pair.src, pair.trg))
        changes += list(measured(field, source, target, arguments))
        for line in table(changes) if arguments.running else ():
            print(line, flush=True)
    print(
        f"{arguments.category}: {len(chosen)} pairs of the test split, distance {arguments.distance}, "
        f"{time.perf_counter() - start:.0f} s"
    )
    for line in table(changes):
        print(line)


def measured(
    field: featurenerf.Field, source: StoredView, target: StoredView, arguments: argparse.Namespace
) -> Iterator[Change]:
    """Swap each common part of a pair, and yield the changes of pixels in two cameras."""
    labels, views = featurenerf.open_labels(target.category), featurenerf.open_views(target.category)
    known, true = (
        thinned(with_own_labels(see_view(field, named), named), arguments.points) for named in (source, target)
    )
    kinds = {"given": true}
    if not arguments.given_only:
        kinds["transferred"] = transfer_labels(known, true.seen)
    parts = sorted(set(known.parts.label) & set(true.parts.label) - {0})
    paints = {(kind, part): paint(known, kinds[kind], part, arguments.distance) for kind in kinds for part in parts}
    there = {key: of_part for key, of_part in paints.items() if of_part is not None}
    maps, poses, lenses = (read(target.object_id) for read in (labels.part, views.pose, views.intrinsics))
    for camera in (target.view, (target.view + len(maps) // 2) % len(maps)):
        pixels = pixels_in_box(maps[camera], arguments.pixels)
        label = maps[camera][tuple(pixels.T)]
        rays, channels = render_painted(true.seen, list(there.values()), poses[camera], lenses[camera], pixels)
        of_paint = dict(zip(there, channels, strict=True))
        for (kind, part), blend in product(paints, get_args(Blend)):
            change = np.zeros(len(pixels))
            if (kind, part) in of_paint:
                new = blended(blend, rays.rgb, rays.weight_sum, of_paint[kind, part])
                change = (new - rays.rgb).abs().mean(dim=1).cpu().numpy()
            for group, mask in zip(GROUPS, (label == part, (label > 0) & (label != part), label == 0), strict=True):
                yield Change(kind, blend, labels.part_names[part - 1], group, change[mask])


def thinned(labelled: LabelledObject, most: int) -> LabelledObject:
    """Keep every k-th labelled point, so that at most `most` are left."""
    step = slice(None, None, -(-len(labelled.parts.points) // most))
    return replace(labelled, parts=PartPoints(labelled.parts.points[step], labelled.parts.label[step]))


def paint(known: LabelledObject, target: LabelledObject, part: int, distance: float) -> Paint | None:
    """Return the paint of a swap; None if the transferred labels have no point of the part: then nothing changes."""
    if not (target.parts.label == part).any():
        return None
    return swap_texture(known, target, part, distance=distance).paint


def pixels_in_box(label: np.ndarray, most: int) -> np.ndarray:
    """Draw pixels (row, column) of the box around what is labelled in a view, at most `most`."""
    rows, columns = np.nonzero(label)
    box = np.mgrid[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].reshape(2, -1).T
    return generator_of("texture-swap").permutation(box)[:most].astype(np.int64)


def table(changes: list[Change]) -> Iterator[str]:
    """Say the mean changes of each way, over all parts and for each part. Every pixel counts alike."""
    sums: dict[Any, list[np.ndarray]] = defaultdict(list)
    for change in changes:
        for part in ("all parts", change.part):
            sums[change.labels, change.blend, part, change.group].append(change.changes)
    for labels, blend, part in dict.fromkeys(key[:3] for key in sums):
        inside, others, background = (
            float(np.concatenate(sums.get((labels, blend, part, group), [np.zeros(1)])).mean()) for group in GROUPS
        )
        ratio = inside / others if others else float("inf")
        yield (
            f"{labels:12} {blend:7} {part:10} inside {inside:.4f}  others {others:.5f}  background {background:.5f}  "
            f"inside / others {ratio:.1f}"
        )


if __name__ == "__main__":
    main()
