"""`pipeline show views`: draw a contact sheet of the rendered objects."""

from pathlib import Path

from eval.pictures.canvas import png_bytes
from eval.pictures.contact_sheet import contact_sheet
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import Receipt, StoredObject
from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes
from pipeline.stores.store import Store


def show_views(project: Project, category: str, objects: int, path: Path) -> str:
    """Write the picture and return a line about it. Raises UserError if nothing of the category is rendered."""
    manifest, views = project.manifest(category), _views_so_far(project.views_store(category))
    if not views.rows:
        raise UserError(f"no object of category {category} is rendered: run `pipeline render --category {category}`.")
    sheet, shown = contact_sheet(manifest, views, objects)
    write_bytes(path, png_bytes(sheet))
    return f"{shown} of {len(manifest.objects)} objects of category {category} -> {path}"


def _views_so_far(store: Store) -> OpenedStore:
    """Open what a store holds now: there is no receipt after `render --limit`."""
    markers = [(entry.key, row, store.done(row)) for row, entry in enumerate(store.table())]
    objects = tuple(StoredObject(key, row, marker.content) for key, row, marker in markers if marker is not None)
    return OpenedStore(Receipt("render", store.category, str(store.path), store.fingerprint, objects, {}), store)
