"""Collect what must stay below storage.root: what receipts, models and manifests name, or params.yaml selects."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.places import PLACE_KINDS, Place, place_folders
from pipeline.artifacts.prepared_meshes import prepared_mesh_paths
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import RECEIPTS, read_record, stage_command
from pipeline.artifacts.references import references
from pipeline.artifacts.runs import MODELS, RUN, read_run_record, run_folder
from pipeline.config.field_name import list_fields
from pipeline.errors import UserError
from pipeline.manifests.manifest import every_manifest, manifest_path
from pipeline.manifests.sources import made_up_folder, made_up_root


@dataclass(frozen=True)
class InUse:
    """The paths that are needed, and the folders in which everything must stay, with the reason."""

    paths: frozenset[Path]
    folders: dict[Path, str]


def in_use(project: Project) -> InUse:
    """Collect what must stay below storage.root.

    Raises UserError if a receipt, a manifest or a model's record is damaged.
    """
    root = project.root
    folders = {
        folder: f"{record} is missing, so `{command}` may be under way"
        for folder, record, command in _records(root)
        if not record.exists()
    }
    paths = {reference.place.below(root) for reference in references()}
    fields = [record.parent.name for record in MODELS.glob(f"*/{RUN}")]
    paths |= {run_folder(root, field, read_run_record(field).fingerprint) for field in fields}
    for path in (RECEIPTS / "synthesize").glob("*.json"):
        made_up = read_record(path, "synthesize", path.stem, dict).get("root")
        paths |= {root / "made-up" / Path(str(made_up)).name} if made_up is not None else set()
    for manifest in every_manifest():
        paths |= prepared_mesh_paths(root, manifest)
        source = manifest.made_with.get("source")
        recorded = source.get("synthesize") if isinstance(source, dict) else source
        if isinstance(recorded, dict):
            # As they are recorded: settings of another version have named the folder without today's keys.
            paths.add(made_up_folder(root, recorded))
        elif recorded is not None:
            path = manifest_path(manifest.category)
            folders[root / "made-up"] = f"{path} does not say which made-up objects it is of"
    for category in project.settings.categories:
        _add_selected(project, category, paths, folders)
    return InUse(frozenset(paths | {made_up_root(root, project.settings.synthesize)}), folders)


def _records(root: Path) -> Iterator[tuple[Path, Path, str]]:
    """Yield each folder of results, the file that says which of them are needed, and the command that writes this file.

    params.yaml need not name them. A stage removes its receipt before it writes.
    """
    for kind in PLACE_KINDS:
        for folder in place_folders(root, kind):
            place = Place.at(root, folder)
            yield folder.parent, place.receipt, place.command
    for folder in sorted((root / "meshes").glob("*")):
        yield folder, manifest_path(folder.name), f"pipeline manifest --category {folder.name}"
    for folder in sorted((root / "runs").glob("*")):
        yield folder, MODELS / folder.name / RUN, stage_command("train", folder.name)


def _add_selected(project: Project, category: str, paths: set[Path], folders: dict[Path, str]) -> None:
    """Add the stores and runs that params.yaml selects. Where that cannot be told, everything in the folder stays."""
    root = project.root

    @contextmanager
    def within(*places: Path) -> Iterator[None]:
        try:
            yield
        except UserError as error:
            for folder in places:
                folders.setdefault(folder, f"what params.yaml selects cannot be told: {str(error).rstrip('.')}")

    with within(root / "views" / category):
        paths.add(project.views_store(category).path)
    with within(root / "labels" / category):
        paths.add(project.labels_store(project.manifest(category)).path)
    for teacher in project.settings.teachers:
        projections = root / "projections" / teacher / category
        with within(projections, root / "maps" / teacher / category):
            fitted = project.projection(project.manifest(category), teacher, project.views(category))
            paths |= {projections / fitted.fingerprint, project.maps_store(category, teacher, fitted).path}
        for field in list_fields(category, teacher, project.settings.fields):
            with within(root / "runs" / field.instance):
                stored = project.stored_views(category, teacher)
                paths.add(run_folder(root, field.instance, project.run_fingerprint(field, stored)))
