"""Check that the render backend of the settings can draw: EGL for pyrender, bpy and its libraries for Blender."""

from collections.abc import Iterator

from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.upkeep.doctor.finding import Finding, problem_of
from pipeline.upkeep.host import Host
from render.backends.backend import make_backend


def check_backend(project: Project, _host: Host) -> Iterator[Finding]:
    """Open the backend and close it again. Blender draws a trial image then."""
    settings = project.settings
    name = f"render: {settings.render.backend}"
    if settings.source.kind == "renders":
        yield Finding("render", "ok", "nothing is drawn: source.kind is renders")
        return
    try:
        backend = make_backend(settings.camera, settings.render, settings.machine.device)
    except UserError as error:
        yield problem_of(name, error)
        return
    try:
        yield Finding(name, "ok", backend.name)
    finally:
        backend.close()
