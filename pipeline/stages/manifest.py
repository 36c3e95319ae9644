"""Stage manifest: raw data in, a category's manifest out."""

from pathlib import Path

from pipeline.categories import category_named
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.shapenet import object_ids
from pipeline.describe import Describer, DescribeTask
from pipeline.errors import UserError
from pipeline.executor import run
from pipeline.manifest import (
    SEEDED,
    CrossInstancePair,
    Manifest,
    ManifestObject,
    Split,
    made_with,
    manifest_path,
    write_manifest,
)
from pipeline.progress import Progress, say
from pipeline.settings import Settings
from pipeline.sources import Roots, roots_of
from pipeline.splits import ReleasedSplits, read_released_splits, seeded_pairs, seeded_splits

SHOWN = 5


def make_manifest(settings: Settings, category_name: str) -> Manifest:
    """Write `data_manifests/<category>.json`. Raises UserError if no object is left."""
    synset = category_named(category_name).synset
    roots = _existing_roots(settings, category_name)
    released = None
    if settings.manifest.splits != SEEDED:
        released = read_released_splits(Path(settings.manifest.splits), synset)
    split, dropped = _splits(settings, object_ids(roots.mesh, roots.mesh_format, synset), released, synset)
    objects, failures = _describe_all(settings, roots, category_name, split)
    dropped |= failures
    if not objects:
        reason = next(iter(dropped.values()), f"{roots.mesh / synset} holds none")
        raise UserError(f"no object of category {category_name} can be used: {reason}.")
    manifest = Manifest(
        category=category_name,
        synset=synset,
        made_with=made_with(settings, category_name),
        objects=objects,
        cross_instance_pairs=_pairs(settings, objects, synset, released),
        dropped=dict(sorted(dropped.items())),
    )
    write_manifest(manifest, manifest_path(category_name))
    _say(manifest)
    return manifest


def _existing_roots(settings: Settings, category_name: str) -> Roots:
    roots = roots_of(settings)
    if settings.source.kind == "made-up" and not roots.mesh.is_dir():
        raise UserError(
            f"the made-up objects of category {category_name} are missing: run `pipeline synthesize "
            f"--category {category_name}` first."
        )
    return roots


def _splits(
    settings: Settings, ids: list[str], released: ReleasedSplits | None, synset: str
) -> tuple[dict[str, Split], dict[str, str]]:
    """The split of every object that is wanted, and why others are not."""
    if released is None:
        ids = ids[: settings.manifest.objects]
        return seeded_splits(ids, settings.manifest.fractions, settings.manifest.seed, synset), {}
    dropped = {i: "in no released split" for i in ids if i not in released.split}
    there = set(ids)
    dropped |= {i: "in the released splits, not in the data" for i in released.split if i not in there}
    ids = [i for i in ids if i in released.split][: settings.manifest.objects]
    return {i: released.split[i] for i in ids}, dropped


def _describe_all(
    settings: Settings, roots: Roots, category_name: str, split: dict[str, Split]
) -> tuple[tuple[ManifestObject, ...], dict[str, str]]:
    synset = category_named(category_name).synset
    tasks = [DescribeTask(ObjectKey(synset, i), name) for i, name in split.items()]
    describer = Describer(roots, category_name, settings.manifest.longest_edge)
    # A process costs as much as a few hundred objects: few objects are read here.
    workers = settings.machine.workers if len(tasks) >= 200 else 1
    progress = Progress(f"manifest {category_name}", len(tasks), "objects")
    objects, failures = [], {}
    for outcome in run(describer, tasks, workers):
        progress.step()
        if outcome.result is None:
            failures[outcome.task.key.id] = str(outcome.failure)
        else:
            objects.append(outcome.result)
    progress.close()
    return tuple(sorted(objects, key=lambda o: o.id)), failures


def _pairs(
    settings: Settings, objects: tuple[ManifestObject, ...], synset: str, released: ReleasedSplits | None
) -> tuple[CrossInstancePair, ...]:
    """Pairs among the test objects that carry both annotations; where none does, those that carry one."""
    test = [o for o in objects if o.split == "test"]
    if released is not None:
        here = {o.id for o in test}
        return tuple(p for p in released.pairs if p.src in here and p.trg in here and p.view < settings.camera.views)
    both = [o.id for o in test if o.keypoints and o.parts] or [o.id for o in test if o.keypoints or o.parts]
    return seeded_pairs(both, settings.camera.views, settings.manifest.pairs, settings.manifest.seed, synset)


def _say(manifest: Manifest) -> None:
    counts = ", ".join(f"{len(manifest.of_split(name))} {name}" for name in ("train", "val", "test"))
    keypoints = sum(o.keypoints is not None for o in manifest.objects)
    parts = sum(o.parts is not None for o in manifest.objects)
    say(
        f"manifest {manifest.category}: {len(manifest.objects)} objects ({counts}), {keypoints} with keypoints, "
        f"{parts} with parts, {len(manifest.cross_instance_pairs)} pairs, {len(manifest.dropped)} dropped "
        f"-> {manifest_path(manifest.category)}"
    )
    for object_id, reason in list(manifest.dropped.items())[:SHOWN]:
        say(f"  dropped {object_id}: {reason}")
    noted = [(item.id, note) for item in manifest.objects for note in item.notes]
    for object_id, note in noted[:SHOWN]:
        say(f"  {object_id}: {note}")
    if len(noted) > SHOWN:
        say(f"  and {len(noted) - SHOWN} more notes in {manifest_path(manifest.category)}")
    for split in ("train", "test"):
        if not manifest.of_split(split):
            say(f"  no object is in the {split} split: the stages that need one will refuse")
