"""What of the things below storage.root is needed: what receipts, models and manifests name, and what params.yaml
stands for now. Where that cannot be told, nothing of the kind counts as unneeded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.manifest import every_manifest, manifest_path, read_manifest
from pipeline.receipts import RECEIPTS, command_of, read_made, read_receipt, receipt_path
from pipeline.settings import Settings, Synthesize
from pipeline.sources import made_up_root
from pipeline.stages.cache_teachers import maps_store
from pipeline.stages.fit_projection import open_projection
from pipeline.stages.kept_meshes import named_meshes
from pipeline.stages.label import labels_store
from pipeline.stages.prepared_meshes import prepared_meshes_folder
from pipeline.stages.render import views_store
from pipeline.stages.stored_views import open_stored_views
from pipeline.stages.train import MODELS, run_fingerprint
from pipeline.stores.places import Place, PlaceKind
from pipeline.stores.references import references


@dataclass(frozen=True)
class InUse:
    """What is needed, and the folders of which everything must stay, with the reason."""

    paths: frozenset[Path]
    folders: dict[Path, str]


@dataclass(frozen=True)
class _Wanted:
    """What a stage with the present settings has made, or is making, in `folder`; `record` is written last."""

    folder: Path
    record: Path
    command: str
    path: Callable[[], Path]


def in_use(settings: Settings) -> InUse:
    """What must stay below storage.root. Raises UserError if a receipt, a manifest or a model's record is damaged."""
    root = Path(settings.storage.root)
    paths = {reference.place.below(root) for reference in references()}
    paths |= set(_runs_of_models(root))
    for manifest in every_manifest():
        paths |= named_meshes(root, manifest)
    paths |= set(_made_up(settings))
    folders: dict[Path, str] = {}
    for category in settings.categories:
        for wanted in _wanted(settings, root, category):
            if not wanted.record.exists():
                folders[wanted.folder] = f"{wanted.record} is missing, so `{wanted.command}` may be under way"
                continue
            try:
                paths.add(wanted.path())
            except UserError as error:
                folders[wanted.folder] = f"what params.yaml stands for cannot be told: {str(error).rstrip('.')}"
    return InUse(frozenset(paths), folders)


def _runs_of_models(root: Path) -> Iterator[Path]:
    """The runs that models were taken from."""
    for path in sorted(MODELS.glob("*/run.json")):
        instance = path.parent.name
        fingerprint = read_made(path, "train", instance).get("fingerprint")
        if not isinstance(fingerprint, str):
            raise UserError(f"{path} is damaged: run `{command_of('train', instance)}` again, or `dvc repro --force`.")
        yield root / "runs" / instance / fingerprint


def _made_up(settings: Settings) -> Iterator[Path]:
    """The made-up objects of the settings, of manifests and of receipts."""
    yield made_up_root(settings)
    for manifest in every_manifest():
        drawn = manifest.made_with.get("source", {}).get("synthesize")
        if drawn is not None:
            yield made_up_root(settings.model_copy(update={"synthesize": Synthesize(**drawn)}))
    for path in sorted((RECEIPTS / "synthesize").glob("*.json")):
        named = read_made(path, "synthesize", path.stem).get("root")
        if isinstance(named, str):
            yield Path(settings.storage.root) / "made-up" / Path(named).name


def _wanted(settings: Settings, root: Path, category: str) -> Iterator[_Wanted]:
    """Every folder that a stage fills with the present settings."""

    def filled(kind: PlaceKind, path: Callable[[], Path], teacher: str | None = None) -> _Wanted:
        place = Place(kind, teacher, category, "")
        instance = category if teacher is None else f"{category}-{teacher}"
        return _Wanted(place.below(root), receipt_path(place.stage, instance), place.command, path)

    meshes = prepared_meshes_folder(root, category)
    yield _Wanted(meshes, manifest_path(category), f"pipeline manifest --category {category}", lambda: meshes)
    yield filled("views", lambda: views_store(settings, category).path)
    yield filled("labels", lambda: labels_store(settings, read_manifest(settings, category)).path)
    for teacher in settings.teachers:
        yield filled("projections", partial(_projection, settings, root, category, teacher), teacher)
        yield filled("maps", partial(_maps, settings, category, teacher), teacher)
        yield _Wanted(
            root / "runs" / f"{category}-{teacher}",
            MODELS / f"{category}-{teacher}" / "run.json",
            f"pipeline train --category {category} --teacher {teacher}",
            partial(_run, settings, root, category, teacher),
        )


def _projection(settings: Settings, root: Path, category: str, teacher: str) -> Path:
    fitted = open_projection(settings, read_manifest(settings, category), teacher, read_receipt("render", category))
    return Place("projections", teacher, category, fitted.fingerprint).below(root)


def _maps(settings: Settings, category: str, teacher: str) -> Path:
    manifest = read_manifest(settings, category)
    fitted = open_projection(settings, manifest, teacher, read_receipt("render", category))
    return maps_store(settings, manifest, teacher, fitted).path


def _run(settings: Settings, root: Path, category: str, teacher: str) -> Path:
    fingerprint = run_fingerprint(settings, open_stored_views(settings, category, teacher))
    return root / "runs" / f"{category}-{teacher}" / fingerprint
