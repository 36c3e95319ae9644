"""Check that rays are sampled where objects are."""

from collections.abc import Iterator

from pipeline.artifacts.project import Project
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host


def check_camera(project: Project, _host: Host) -> Iterator[Finding]:
    """Compare near and far with the size of objects; of views made elsewhere, only the render stage can tell."""
    camera, kind = project.settings.camera, project.settings.source.kind
    doubt = None if kind == "renders" else camera.doubt(project.settings.manifest.longest_edge)
    if doubt is None:
        yield Finding("camera", "ok", f"rays are sampled from {camera.near:g} to {camera.far:g} world units")
    else:
        saw, _, remedy = doubt.rpartition("set ")
        yield Finding("camera", "warning", saw.rstrip(":; "), f"set {remedy}")
