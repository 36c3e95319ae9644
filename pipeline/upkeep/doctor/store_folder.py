"""Check that stores can be written below storage.root, and that its file system locks files."""

from collections.abc import Iterator

from pipeline.artifacts.project import Project
from pipeline.stores.writable import require_writable
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host


def check_store_folder(project: Project, _host: Host) -> Iterator[Finding]:
    """Try whether files can be written and locked in storage.root, or in the nearest folder above it that exists."""
    require_writable(project.root)
    yield Finding("stores", "ok", f"files in {project.root} can be written and locked")
