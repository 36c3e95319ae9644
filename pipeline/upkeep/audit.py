"""`pipeline audit`: list what is wrong with a collection of meshes, before hours are spent on it."""

import csv
from collections.abc import Callable, Sequence
from functools import partial
from io import StringIO
from pathlib import Path

import numpy as np

from pipeline.artifacts.project import Project
from pipeline.config.settings import Camera
from pipeline.datasets.alignment import place_mesh
from pipeline.datasets.errors import DatasetError, grouped_reasons, some
from pipeline.datasets.meshes.look_notes import grouped_notes
from pipeline.datasets.meshes.mesh_source import MeshSource
from pipeline.datasets.printable import csv_cell, printable_lines
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.text_files import reading
from pipeline.errors import UserError
from pipeline.executors.executor import run
from pipeline.manifests.audit import (
    GREY_FACES,
    LOOK,
    MEANING,
    UNREADABLE,
    ObjectAudit,
    audit_mesh,
    look_kind,
    unreadable,
)
from pipeline.manifests.sources import require_made_up
from pipeline.progress import Progress
from pipeline.stores.atomic_files import write_bytes

SHOWN = 3  # examples of each kind of finding


def audit_category(project: Project, category_name: str, limit: int | None = None) -> list[ObjectAudit]:
    """Read every mesh of a category, with its textures. Raises UserError if there is none."""
    settings = project.settings
    category = settings.category(category_name)
    roots = project.roots()
    require_made_up(roots, category_name)
    meshes = roots.meshes
    listing = meshes.listing(category.synset)
    if not listing.ids and not listing.passed_over:
        raise UserError(f"there is no mesh of category {category_name} below {meshes.root}.")
    tasks = [ObjectKey(category.synset, object_id) for object_id in listing.ids[:limit]]
    auditor = partial(_make_auditor, meshes, settings.camera, settings.manifest.longest_edge)
    progress = Progress(f"audit {category_name}", len(tasks), "objects")
    audits = [unreadable(name, reason) for name, reason in listing.passed_over.items()]
    for key, answer in run(auditor, tasks, settings.machine, raw_files=True):
        progress.step()
        audits.append(answer.result or unreadable(key.id, str(answer.failure)))
    progress.close()
    return sorted(audits, key=lambda audit: audit.id)


def _make_auditor(meshes: MeshSource, camera: Camera, longest_edge: float) -> Callable[[ObjectKey], ObjectAudit]:
    def audit(key: ObjectKey) -> ObjectAudit:
        with reading(key):
            mesh = meshes.read_mesh(key)
            try:
                place = place_mesh(mesh.vertices, mesh.faces, meshes.axes, longest_edge)
            except ValueError as error:
                raise DatasetError(meshes.mesh_path(key), "v", str(error)) from None
            return audit_mesh(key.id, mesh, place, camera)

    return audit


def audit_table(category_name: str, audits: Sequence[ObjectAudit]) -> str:
    """Format the findings for a person: the size of the collection, each kind of finding, its count and meaning."""
    read = [audit for audit in audits if audit.faces]
    lines = [f"{category_name}: {len(audits)} objects"]
    if read:
        faces = np.array([audit.faces for audit in read])
        edges = np.array([max(audit.extent) for audit in read])
        lines[0] += f", a median of {np.median(faces):.0f} faces, {faces.max()} at most"
        lines.append(f"  longest edge {edges.min():.3g} to {edges.max():.3g} in the files' unit")
    for kind, meaning in MEANING.items():
        findings = [(audit.id, finding) for audit in audits for finding in audit.findings if finding.kind == kind]
        if not findings:
            continue
        count = len({object_id for object_id, _ in findings})
        lines.append(f"  {count:6} {kind} ({100 * count / len(audits):.1f}%): {meaning}")
        if kind in (GREY_FACES, LOOK):
            notes = ((audit.id, note) for audit in audits for note in audit.look_notes if look_kind(note) == kind)
            lines += [f"           {line}" for line in grouped_notes(notes)]
        elif kind == UNREADABLE:
            groups = grouped_reasons({object_id: finding.detail for object_id, finding in findings})
            lines += [f"           {len(ids)}: {reason}: {some(ids)}" for reason, ids in groups]
        else:
            lines += [f"           {object_id}: {finding.detail}" for object_id, finding in findings[:SHOWN]]
            if len(findings) > SHOWN:
                lines.append(f"           and {len(findings) - SHOWN} more")
    if not any(audit.findings for audit in audits):
        lines.append("  nothing to report")
    return printable_lines("\n".join(lines))


def write_audit(path: Path, audits: Sequence[tuple[str, ObjectAudit]]) -> None:
    """Write the findings of (category, audit) pairs as comma-separated values, one finding a line."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["category", "id", "faces", "width", "height", "depth", "finding", "detail"])
    for category, audit in audits:
        row = [category, csv_cell(audit.id), audit.faces, *(f"{side:.6g}" for side in audit.extent)]
        writer.writerows([*row, finding.kind, csv_cell(finding.detail)] for finding in audit.findings)
        if not audit.findings:
            writer.writerow([*row, "", ""])
    write_bytes(path, text.getvalue().encode())
