"""Stage manifest: raw data in, a category's manifest out."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pipeline.config.settings import Machine, ManifestSettings, Settings
from pipeline.datasets.categories import Category
from pipeline.datasets.records import ObjectKey, Split
from pipeline.errors import UserError
from pipeline.executors.executor import run
from pipeline.manifests.collection import open_collection
from pipeline.manifests.describe import DescribeTask
from pipeline.manifests.manifest import Manifest, ManifestObject, made_with, manifest_path, write_manifest
from pipeline.manifests.pairs import Pairs, seeded_pairs, usable_pairs
from pipeline.manifests.splits import SEEDED, GivenSplits, read_given_splits, seeded_splits
from pipeline.progress import Progress, say

SHOWN = 5
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
    split, dropped = choose_objects(chosen, listing.ids, given, category.synset)
    dropped |= listing.passed_over
    objects, failures = _describe_all(settings.machine, collection.describer, category, split)
    dropped |= failures
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


def choose_objects(
    settings: ManifestSettings, ids: list[str], given: GivenSplits | None, synset: str
) -> tuple[dict[str, Split], dict[str, str]]:
    """Give every wanted object its split, and every other one the reason why not. `ids` are those of the data."""
    if given is None:
        return seeded_splits(ids[: settings.objects], settings.fractions, settings.seed, synset), {}
    there = set(ids)
    dropped = dict(given.refused)
    dropped |= {i: IN_NO_SPLIT for i in ids if i not in given.split and i not in given.refused}
    dropped |= {i: NOT_IN_THE_DATA for i in given.split if i not in there}
    ids = [i for i in ids if i in given.split][: settings.objects]
    return {i: given.split[i] for i in ids}, dropped


def _describe_all(
    machine: Machine,
    describer: Callable[[], Callable[[DescribeTask], ManifestObject]],
    category: Category,
    split: dict[str, Split],
) -> tuple[tuple[ManifestObject, ...], dict[str, str]]:
    tasks = [DescribeTask(ObjectKey(category.synset, i), name) for i, name in split.items()]
    progress = Progress(f"manifest {category.name}", len(tasks), "objects")
    objects, failures = [], {}
    for outcome in run(describer, tasks, machine, raw_files=True):
        progress.step()
        if outcome.result is None:
            failures[outcome.task.key.id] = str(outcome.failure)
        else:
            objects.append(outcome.result)
    progress.close()
    return tuple(sorted(objects, key=lambda o: o.id)), failures


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
    for reason, count in Counter(_kind(reason) for reason in manifest.dropped.values()).most_common():
        examples = [i for i, held in manifest.dropped.items() if _kind(held) == reason]
        say(f"  dropped {count}: {manifest.dropped[examples[0]] if count == 1 else reason}: {_some(examples)}")
    for reason, count in pairs.skipped.items():
        say(f"  skipped {count} pairs: {reason}")
    noted = [(item.id, note) for item in manifest.objects for note in item.notes]
    for object_id, note in noted[:SHOWN]:
        say(f"  {object_id}: {note}")
    if len(noted) > SHOWN:
        say(f"  and {len(noted) - SHOWN} more notes in {manifest_path(manifest.category)}")
    for split in ("train", "test"):
        if not manifest.of_split(split):
            say(f"  no object is in the {split} split: the stages that need one will refuse")


def _kind(reason: str) -> str:
    """Group reasons: those that name a single file are one kind."""
    return reason if reason in (NOT_IN_THE_DATA, IN_NO_SPLIT) or ": " not in reason else "unreadable"


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:SHOWN]) + (", ..." if len(ids) > SHOWN else "")
