"""Check that stores can be written below storage.root, and that its file system locks files."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.artifacts.project import Project
from pipeline.stores.writable import require_writable
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host, existing_parent

MOUNTS = Path("/proc/self/mounts")


def check_store_folder(project: Project, _host: Host) -> Iterator[Finding]:
    """Try whether files can be written and locked in storage.root, or in the nearest folder above it that exists."""
    require_writable(project.root)
    device, kind = _mount_of(existing_parent(project.root).resolve())
    # server:/folder, //server/folder; C:\ is a drive of Windows, whose backslash is written in octal.
    if ":" not in device.replace(r":\134", "") and not device.startswith("//"):
        yield Finding("stores", "ok", f"files in {project.root} can be written and locked")
        return
    saw = f"{project.root} is on a network file system ({kind}): locks were tried on this machine alone"
    remedy = "if others write there too, mount it with locks that all of them see (NFS: without nolock and local_lock)"
    yield Finding("stores", "warning", saw, remedy)


def _mount_of(folder: Path) -> tuple[str, str]:
    """Return device and type of the file system that holds a folder: of what is mounted above it, the last."""
    mounts = [line.split()[:3] for line in MOUNTS.read_text().splitlines()]  # device, folder, type
    return next(
        ((device, kind) for device, at, kind in reversed(mounts) if folder.is_relative_to(at.replace(r"\040", " "))),
        ("", ""),
    )
