"""Find what is wrong with a mesh before hours are spent on rendering it. Only an unreadable mesh is dropped."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.config.settings import Camera
from pipeline.datasets.alignment import PlacedMesh, transform
from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.records import Mesh, transparent_share
from pipeline.datasets.twins import first_of_twins

UNREADABLE = "cannot be read"
GREY_FACES = "grey faces that the file did not ask for"
LOOK = "looks found otherwise than written"
TRANSPARENT = "transparent materials"
TWINS = "twin faces"
DEGENERATE = "faces without area"
STRAY = "vertices without faces"
FLAT = "flat in one direction"
OUTSIDE_RANGE = "outside near and far"
OUTSIDE_IMAGE = "may be cut by the image's edge"
HEAVY = "more than 500,000 faces"

# What each means for a run; the order is that of the table.
MEANING = {
    UNREADABLE: "dropped by the manifest",
    GREY_FACES: "a texture or material is lost: see the reasons",
    LOOK: "check that the choice is right",
    TRANSPARENT: "drawn opaque",
    TWINS: "drawn once, from both sides",
    DEGENERATE: "never hit by a ray",
    STRAY: "ignored, but they count in ShapeNet's own normalisation",
    FLAT: "thinner than a thousandth of its longest edge: invisible from the side",
    OUTSIDE_RANGE: "parts of it are not sampled: raise far, lower near, or lower manifest.longest_edge",
    OUTSIDE_IMAGE: "lower manifest.longest_edge or widen camera.angle_x",
    HEAVY: "slow to render",
}
_MANY_FACES = 500_000
_THIN = 1e-3  # of the longest edge
_NO_AREA = 1e-12  # of the squared longest edge


@dataclass(frozen=True)
class Finding:
    """A fault of an object: one of the kinds above, and how much of it, in words."""

    kind: str
    detail: str


@dataclass(frozen=True)
class ObjectAudit:
    """An object's size and findings. `faces` and `extent` (of the surface, source units) are 0 if it cannot be read."""

    id: str
    faces: int
    extent: tuple[float, float, float]
    findings: tuple[Finding, ...]
    look_notes: tuple[LookNote, ...] = ()


def look_kind(note: LookNote) -> str:
    """The kind of finding that a look note is."""
    return GREY_FACES if note.grey_faces else LOOK


def unreadable(object_id: str, reason: str) -> ObjectAudit:
    """The audit of an object that its reader refuses."""
    return ObjectAudit(object_id, 0, (0.0, 0.0, 0.0), (Finding(UNREADABLE, reason),))


def audit_mesh(object_id: str, mesh: Mesh, placed: PlacedMesh, camera: Camera) -> ObjectAudit:
    """Find everything that can be told of a mesh without rendering it. `placed` is its place in the world."""
    extent = np.ptp(placed.surface_bounds(), axis=0)
    world = transform(placed.world_from_mesh, mesh.vertices)
    shares = {
        TRANSPARENT: transparent_share(mesh.materials, mesh.face_material),
        TWINS: 1.0 - float(first_of_twins(world, mesh.faces).mean()),
        DEGENERATE: _flat_share(mesh, float(extent.max())),
    }
    findings = [Finding(kind, f"{100 * share:.1f}% of the faces") for kind, share in shares.items() if share > 0]
    findings += [Finding(look_kind(note), str(note)) for note in mesh.look_notes]
    stray = len(mesh.vertices) - len(np.unique(mesh.faces))
    if stray:
        findings.append(Finding(STRAY, f"{stray} of {len(mesh.vertices)}"))
    if extent.min() < _THIN * extent.max():
        findings.append(Finding(FLAT, f"{extent.min() / extent.max():.2g} of the longest edge"))
    if len(mesh.faces) > _MANY_FACES:
        findings.append(Finding(HEAVY, f"{len(mesh.faces)}"))
    findings += _camera_findings(world[np.unique(mesh.faces)], camera)
    order = list(MEANING)
    ordered = tuple(sorted(findings, key=lambda finding: order.index(finding.kind)))
    width, height, depth = (float(side) for side in extent)
    return ObjectAudit(object_id, len(mesh.faces), (width, height, depth), ordered, mesh.look_notes)


def _camera_findings(points: Float64[np.ndarray, "n 3"], camera: Camera) -> list[Finding]:
    """Find out whether a camera on the hemisphere could have a point outside its range or outside its image.

    A sphere about the origin holds the object; it lies within range if its radius is at most radius - near and
    far - radius, and within the image if its tangent cone is narrower than the field of view.
    """
    reach = float(np.linalg.norm(points, axis=1).max())
    room = min(camera.radius - camera.near, camera.far - camera.radius)
    findings = []
    if reach > room:
        findings.append(Finding(OUTSIDE_RANGE, f"reaches {reach:.3f} from the centre, {room:.3f} are sampled"))
    seen = camera.radius * float(np.sin(camera.angle_x / 2))
    if reach > seen:
        findings.append(Finding(OUTSIDE_IMAGE, f"reaches {reach:.3f} from the centre, {seen:.3f} are always seen"))
    return findings


def _flat_share(mesh: Mesh, longest: float) -> float:
    """The share of faces whose area vanishes against the object's size."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces], 1, 0)
    area = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return float((area <= _NO_AREA * longest**2).mean())
