"""What of the things below storage.root is needed: what receipts, models and manifests name, and what params.yaml
stands for now. Where that cannot be told, nothing of the kind counts as unneeded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.artifacts.places import PLACE_KINDS, Place, PlaceKind, has_teacher
from pipeline.artifacts.prepared_meshes import prepared_mesh_paths, prepared_meshes_folder
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import RECEIPTS, read_json_object, receipt_path, stage_command
from pipeline.artifacts.references import references
from pipeline.artifacts.runs import MODELS, RUN, read_run_record, run_folder
from pipeline.config.field_name import FieldName, list_fields
from pipeline.errors import UserError
from pipeline.manifests.manifest import Manifest, every_manifest, manifest_path
from pipeline.manifests.sources import made_up_folder, made_up_root


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


def in_use(project: Project) -> InUse:
    """Collect what must stay below storage.root.

    Raises UserError if a receipt, a manifest or a model's record is damaged.
    """
    root, settings = project.root, project.settings
    paths = {reference.place.below(root) for reference in references()}
    paths |= set(_runs_of_models(root))
    for manifest in every_manifest():
        paths |= prepared_mesh_paths(root, manifest)
    paths.add(made_up_root(root, settings.synthesize))
    paths |= set(_made_up_of_receipts(root))
    folders = dict(_without_record(root))
    for manifest in every_manifest():
        drawn = _drawn(manifest)
        if isinstance(drawn, dict):
            # As they are recorded: settings of another version have named the folder without today's keys.
            paths.add(made_up_folder(root, drawn))
        elif drawn is not None:
            folders[root / "made-up"] = (
                f"{manifest_path(manifest.category)} does not say which made-up objects it is of"
            )
    for category in settings.categories:
        for wanted in _wanted(project, category):
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
    for path in sorted(MODELS.glob(f"*/{RUN}")):
        instance = path.parent.name
        yield run_folder(root, instance, read_run_record(instance).fingerprint)


def _drawn(manifest: Manifest) -> object:
    """What a manifest records of the made-up objects that it was made of; None if it was made of others."""
    source = manifest.made_with.get("source")
    return source.get("synthesize") if isinstance(source, dict) else source


def _made_up_of_receipts(root: Path) -> Iterator[Path]:
    for path in sorted((RECEIPTS / "synthesize").glob("*.json")):
        named = read_json_object(path, "synthesize", path.stem).get("root")
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
        record = MODELS / folder.name / RUN
        yield folder, record, stage_command("train", folder.name)


def _wanted(project: Project, category: str) -> Iterator[_Wanted]:
    """List every folder that a stage fills with the present settings."""
    root, settings = project.root, project.settings

    def filled(kind: PlaceKind, path: Callable[[], Path], teacher: str | None = None) -> _Wanted:
        place = Place(kind, teacher, category, "")
        instance = category if teacher is None else f"{category}-{teacher}"
        return _Wanted(place.below(root), receipt_path(place.stage, instance), place.command, path)

    meshes = prepared_meshes_folder(root, category)
    yield _Wanted(meshes, manifest_path(category), f"pipeline manifest --category {category}", lambda: meshes)
    yield filled("views", lambda: project.views_store(category).path)
    yield filled("labels", lambda: project.labels_store(project.manifest(category)).path)
    for teacher in settings.teachers:
        yield filled("projections", partial(_projection, project, category, teacher), teacher)
        yield filled("maps", partial(_maps, project, category, teacher), teacher)
        for field in list_fields(category, teacher, settings.fields):
            yield _Wanted(
                root / "runs" / field.instance,
                MODELS / field.instance / RUN,
                f"pipeline train {field.options}",
                partial(_run, project, field),
            )


def _projection(project: Project, category: str, teacher: str) -> Path:
    fitted = project.projection(project.manifest(category), teacher, project.views(category))
    return Place("projections", teacher, category, fitted.fingerprint).below(project.root)


def _maps(project: Project, category: str, teacher: str) -> Path:
    fitted = project.projection(project.manifest(category), teacher, project.views(category))
    return project.maps_store(category, teacher, fitted).path


def _run(project: Project, field: FieldName) -> Path:
    stored = project.stored_views(field.category, field.teacher)
    return run_folder(project.root, field.instance, project.run_fingerprint(field, stored))
