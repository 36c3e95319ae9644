"""What of the things below storage.root is needed: what receipts, models and manifests name, and what params.yaml
stands for now. Where that cannot be told, nothing of the kind counts as unneeded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.artifacts.places import PLACE_KINDS, Place, PlaceKind, has_teacher
from pipeline.artifacts.prepared_meshes import prepared_meshes_folder
from pipeline.artifacts.receipts import RECEIPTS, command_of, read_made, read_receipt, receipt_path
from pipeline.artifacts.references import references
from pipeline.artifacts.stored_views import open_stored_views
from pipeline.config.field_name import FieldName, fields_of
from pipeline.config.settings import Settings
from pipeline.errors import UserError
from pipeline.manifests.manifest import Manifest, every_manifest, manifest_path, read_manifest
from pipeline.manifests.sources import made_up_root
from pipeline.stages.cache_teachers import maps_store
from pipeline.stages.fit_projection import open_projection
from pipeline.stages.label import labels_store
from pipeline.stages.render import views_store
from pipeline.stages.train import MODELS, run_fingerprint
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.store import FINGERPRINT_CHARACTERS
from pipeline.synthetic.synthesize import GENERATOR
from pipeline.upkeep.kept_meshes import named_meshes


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
    paths.add(made_up_root(settings))
    paths |= set(_made_up_of_receipts(root))
    folders = dict(_without_record(root))
    for manifest in every_manifest():
        drawn = _drawn(manifest)
        if isinstance(drawn, dict):
            # As they stand there: settings of another version have named the folder without today's keys.
            fingerprint = digest_of({"generator": GENERATOR, **drawn})
            paths.add(root / "made-up" / fingerprint[:FINGERPRINT_CHARACTERS])
        elif drawn is not None:
            folders[root / "made-up"] = (
                f"{manifest_path(manifest.category)} does not say which made-up objects it is of"
            )
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


def _drawn(manifest: Manifest) -> object:
    """What a manifest records of the made-up objects that it was made of; None if it was made of others."""
    source = manifest.made_with.get("source")
    return source.get("synthesize") if isinstance(source, dict) else source


def _made_up_of_receipts(root: Path) -> Iterator[Path]:
    for path in sorted((RECEIPTS / "synthesize").glob("*.json")):
        named = read_made(path, "synthesize", path.stem).get("root")
        if isinstance(named, str):
            yield root / "made-up" / Path(named).name


def _without_record(root: Path) -> Iterator[tuple[Path, str]]:
    """The folders of categories and teachers that are there while what speaks of them is not, with the reason to keep.

    params.yaml need not name them: a stage that runs with other settings has removed its receipt.
    """
    for folder, record, command in (*_folders_of_places(root), *_folders_of_categories(root)):
        if not record.exists():
            yield folder, f"{record} is missing, so `{command}` may be under way"


def _folders_of_places(root: Path) -> Iterator[tuple[Path, Path, str]]:
    for kind in PLACE_KINDS:
        for folder in sorted((root / kind).glob("*/*" if has_teacher(kind) else "*")):
            *teachers, category = folder.relative_to(root / kind).parts
            place = Place(kind, teachers[0] if teachers else None, category, "")
            yield folder, receipt_path(place.stage, "-".join((category, *teachers))), place.command


def _folders_of_categories(root: Path) -> Iterator[tuple[Path, Path, str]]:
    for folder in sorted((root / "meshes").glob("*")):
        yield folder, manifest_path(folder.name), f"pipeline manifest --category {folder.name}"
    for folder in sorted((root / "runs").glob("*")):
        record = MODELS / folder.name / "run.json"
        yield folder, record, command_of("train", folder.name)


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
        for field in fields_of(settings, category, teacher):
            yield _Wanted(
                root / "runs" / field.instance,
                MODELS / field.instance / "run.json",
                f"pipeline train {field.options}",
                partial(_run, settings, root, field),
            )


def _projection(settings: Settings, root: Path, category: str, teacher: str) -> Path:
    fitted = open_projection(settings, read_manifest(settings, category), teacher, read_receipt("render", category))
    return Place("projections", teacher, category, fitted.fingerprint).below(root)


def _maps(settings: Settings, category: str, teacher: str) -> Path:
    manifest = read_manifest(settings, category)
    fitted = open_projection(settings, manifest, teacher, read_receipt("render", category))
    return maps_store(settings, manifest, teacher, fitted).path


def _run(settings: Settings, root: Path, field: FieldName) -> Path:
    ablated = field.ablated(settings)
    fingerprint = run_fingerprint(ablated, open_stored_views(ablated, field.category, field.teacher))
    return root / "runs" / field.instance / fingerprint
