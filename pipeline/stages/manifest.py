"""Stage manifest: raw data in, a category's manifest out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pipeline.config.settings import Machine, ManifestSettings, Settings
from pipeline.datasets.categories import Category
from pipeline.datasets.errors import SHOWN, grouped_reasons, some
from pipeline.datasets.meshes.look_notes import grouped_notes
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.executors.executor import run
from pipeline.manifests.collection import open_collection
from pipeline.manifests.describe import DescribeTask
from pipeline.manifests.manifest import Manifest, ManifestObject, made_with, manifest_path, write_manifest
from pipeline.manifests.pairs import Pairs, seeded_pairs, usable_pairs
from pipeline.manifests.splits import SEEDED, GivenSplits, read_given_splits, seeded_splits
from pipeline.progress import Progress, say

NOT_IN_THE_DATA = "in the splits, not in the data"
IN_NO_SPLIT = "in the data, in no split"


def make_manifest(settings: Settings, category_name: str) -> Manifest:
    """Write `data_manifests/<category>.json`. Raises UserError if no object is left."""
    category, chosen = settings.category(category_name), settings.manifest
    root = Path(settings.storage.root)
    collection = open_collection(root, settings.source, settings.synthesize, chosen, settings.camera, category)
    given, listing = collection.splits, collection.listing
    if chosen.splits != SEEDED:
        given = read_given_splits(chosen.splits, category.synset)
    ids, dropped = choose_objects(listing.ids, given)
    dropped |= listing.passed_over
    described, failures = _describe_all(settings.machine, collection.describer, category, ids, chosen.objects)
    dropped |= failures
    # Splits are drawn among the objects that can be read: another one takes no place and moves nobody.
    drawn = seeded_splits([item.id for item in described], chosen.fractions, chosen.seed, category.synset)
    split = drawn if given is None else given.split
    objects = tuple(replace(item, split=split[item.id]) for item in described)
    if not objects:
        first = next(iter({**failures, **dropped}.items()), None)
        reason = f"{first[0]}: {first[1]}" if first else f"{collection.root} holds none"
        raise UserError(f"no object of category {category_name} can be used: {reason}.")
    manifest = Manifest(
        category=category_name,
        synset=category.synset,
        made_with=made_with(settings.source, settings.synthesize, chosen, settings.camera.views, category.synset),
        part_names=collection.part_names,
        objects=objects,
        pairs=_pairs(chosen, settings.camera.views, objects, category.synset, given),
        dropped=dict(sorted(dropped.items())),
    )
    write_manifest(manifest, manifest_path(category_name))
    _say(manifest)
    return manifest


def choose_objects(ids: list[str], given: GivenSplits | None) -> tuple[list[str], dict[str, str]]:
    """Choose the objects that splits allow; give every other one the reason why not. `ids` are those of the data."""
    if given is None:
        return ids, {}
    there = set(ids)
    dropped = dict(given.refused)
    dropped |= {i: IN_NO_SPLIT for i in ids if i not in given.split and i not in given.refused}
    dropped |= {i: NOT_IN_THE_DATA for i in given.split if i not in there}
    return [i for i in ids if i in given.split], dropped


def _describe_all(
    machine: Machine,
    describer: Callable[[], Callable[[DescribeTask], ManifestObject]],
    category: Category,
    ids: list[str],
    limit: int | None,
) -> tuple[list[ManifestObject], dict[str, str]]:
    """Describe the first objects that can be read, at most `limit`; all as if for training. Why others cannot be."""
    objects: list[ManifestObject] = []
    failures: dict[str, str] = {}
    wanted = len(ids) if limit is None else min(limit, len(ids))
    while tasks := [DescribeTask(ObjectKey(category.synset, i), "train") for i in ids[: wanted - len(objects)]]:
        ids = ids[len(tasks) :]
        progress = Progress(f"manifest {category.name}", len(tasks), "objects")
        for task, answer in run(describer, tasks, machine, raw_files=True):
            progress.step()
            if answer.result is None:
                failures[task.key.id] = str(answer.failure)
            else:
                objects.append(answer.result)
        progress.close()
    return sorted(objects, key=lambda item: item.id), failures


def _pairs(
    settings: ManifestSettings, views: int, objects: tuple[ManifestObject, ...], synset: str, given: GivenSplits | None
) -> Pairs:
    """Take the pairs that the splits give, or draw seeded ones."""
    test = {o.id: o.carried() for o in objects if o.split == "test"}
    if given is not None and given.cross_instance_pairs is not None and given.cross_view_pairs is not None:
        return usable_pairs(given.cross_instance_pairs, given.cross_view_pairs, test, views)
    return seeded_pairs(test, views, settings.pairs, settings.seed, synset)


def _say(manifest: Manifest) -> None:
    counts = ", ".join(f"{len(manifest.of_split(name))} {name}" for name in ("train", "val", "test"))
    keypoints = sum(o.keypoints is not None for o in manifest.objects)
    parts = sum(o.parts is not None for o in manifest.objects)
    pairs = manifest.pairs
    say(
        f"manifest {manifest.category}: {len(manifest.objects)} objects ({counts}), {keypoints} with keypoints, "
        f"{parts} with parts, {len(pairs.cross_instance)} cross-instance and {len(pairs.cross_view)} cross-view pairs, "
        f"{len(manifest.dropped)} dropped -> {manifest_path(manifest.category)}"
    )
    for reason, ids in grouped_reasons(manifest.dropped):
        say(f"  dropped {len(ids)}: {reason}: {some(ids)}")
    for reason, count in pairs.skipped.items():
        say(f"  skipped {count} pairs: {reason}")
    noted = [(item.id, note) for item in manifest.objects for note in item.notes]
    for object_id, note in noted[:SHOWN]:
        say(f"  {object_id}: {note}")
    if len(noted) > SHOWN:
        say(f"  and {len(noted) - SHOWN} more notes in {manifest_path(manifest.category)}")
    for line in grouped_notes((item.id, note) for item in manifest.objects for note in item.look_notes):
        say(f"  {line}")
    for split in ("train", "test"):
        if not manifest.of_split(split):
            say(f"  no object is in the {split} split: the stages that need one will refuse")
