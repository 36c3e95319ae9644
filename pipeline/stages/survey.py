"""Stage survey: write a digest of the raw data's names, sizes and times. DVC reruns the manifest when it changes."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.artifacts.receipts import receipt_path
from pipeline.config.settings import Camera, Settings, Source, Synthesize
from pipeline.datasets.categories import Category
from pipeline.errors import UserError
from pipeline.manifests.sources import open_roots
from pipeline.manifests.view_collection import open_view_collection
from pipeline.progress import say
from pipeline.stores.atomic_files import digest_of, write_json


def survey_category(settings: Settings, category_name: str) -> None:
    """Write the names, sizes and times of a category's files as one digest.

    Nothing is read but the folders themselves. Where the data are not on this machine, the last survey is kept: stages
    that only need stores still run.
    """
    receipt = receipt_path("survey", category_name)
    category = settings.category(category_name)
    try:
        folders = _folders(Path(settings.storage.root), settings.source, settings.synthesize, settings.camera, category)
    except UserError as error:
        if not receipt.exists():
            raise
        say(f"survey {category_name}: the last one is kept, because {error}")
        return
    files = sorted(entry for folder in folders for entry in _files(folder))
    if not files and receipt.exists():
        say(f"survey {category_name}: the last one is kept, because {folders[0]} holds no file on this machine")
        return
    record = {"stage": "survey", "instance": category_name, "files": len(files), "digest": digest_of(files)}
    write_json(receipt, record)
    shown = next((folder for folder in folders if folder.exists()), folders[0])
    say(f"survey {category_name}: {len(files)} files below {shown}")


def _folders(root: Path, source: Source, synthesize: Synthesize, camera: Camera, category: Category) -> list[Path]:
    """List what holds a category: meshes or views first, then annotations. `root` is storage.root.

    Raises UserError if a root is no folder.
    """
    if source.kind == "renders":
        views = open_view_collection(source, camera)
        return [views.root / folder for folder in views.folders(category.synset)]
    roots, synset = open_roots(root, source, synthesize), category.synset
    folders = [roots.meshes.root / name for name in dict.fromkeys((synset, category.name))]
    if roots.keypointnet is not None:
        # Not the whole folder: a stage of one category must not follow the files of another.
        folders += [
            roots.keypointnet / "annotations" / f"{category.keypointnet}.json",
            roots.keypointnet / "pcds" / synset,
        ]
    if roots.shapenet_part is not None:
        folders.append(roots.shapenet_part / synset)
    return folders


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield path, bytes and time of change (ns) of every file below a folder; links are followed, errors passed over.

    An unreadable folder is the manifest's to report, object by object.
    """
    if folder.is_file():
        yield folder.name, folder.stat().st_size, folder.stat().st_mtime_ns
    deepest = len(folder.parts) + 64  # os.walk calls itself for each level
    seen: set[tuple[int, int]] = set()  # a link may lead back to a folder above it
    for parent, names, files in os.walk(folder, followlinks=True):
        here = Path(parent).stat()
        if (here.st_dev, here.st_ino) in seen or len(Path(parent).parts) > deepest:
            names.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        for name in files:
            path = Path(parent) / name
            with suppress(OSError):
                found = path.stat()
                yield path.relative_to(folder.parent).as_posix(), found.st_size, found.st_mtime_ns
