"""`pipeline show views`: draw a contact sheet of the rendered objects."""

from pathlib import Path

from eval.pictures.canvas import png_bytes
from eval.pictures.contact_sheet import contact_sheet
from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes


def show_views(project: Project, category: str, objects: int, path: Path) -> str:
    """Write the picture and return a line about it. Raises UserError if nothing of the category is rendered."""
    manifest, views = project.manifest(category), project.views(category)
    if not views.receipt.objects:
        raise UserError(f"no object of category {category} is rendered: run `pipeline render --category {category}`.")
    sheet, shown = contact_sheet(manifest, views, objects)
    write_bytes(path, png_bytes(sheet))
    return f"{shown} of {len(manifest.objects)} objects of category {category} -> {path}"
