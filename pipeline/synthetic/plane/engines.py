"""The engines of a made-up plane: jets under wings or at the tail, propellers, nozzles."""

import numpy as np

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import aerofoil, loft, revolved
from pipeline.synthetic.kernel.surface import Surface, Vector
from pipeline.synthetic.plane.body import section
from pipeline.synthetic.plane.wings import UP, placed_wing


def add_engines(plane: Builder) -> None:
    """Place all engines."""
    places = {"wing": _add_on_wings, "pod": _add_on_wings, "rear": _add_at_tail, "nose": _add_in_nose}
    places.get(plane["engines"].place, _add_nozzles)(plane)


def _add_jets(plane: Builder, name: str, front: Vector, first_id: int) -> None:
    """A pair of nacelles with an open mouth, a dark fan in it and a hot cone behind."""
    length, radius, shapes = plane["engines"].length, plane["engines"].radius, plane["shapes"]
    parts = (("nacelle", shapes.shell, "engine"), ("fan", shapes.fan, "dark"), ("cone", shapes.cone, "metal"))
    for part, profile, material in parts:
        surface = revolved(profile, "z", 18 if part == "nacelle" else 14, length, radius)
        plane.add_pair(f"{name} {part}", surface.moved(front), material, "engine")
    plane.keypoint_pair(first_id, "engine", front + radius * UP)


def _add_on_wings(plane: Builder) -> None:
    """Pairs of jets on pylons under the wings, or of propellers before pods on them."""
    wing, engines, across = placed_wing(plane, "wing"), plane["engines"], np.array([1.0, 0.0, 0.0])
    radius, length = engines.radius, engines.length
    for number, (share, name) in enumerate(zip(engines.at, ("inner", "outer"), strict=False)):
        x, first_id = share * plane["wing"].span, 12 + 2 * number
        if engines.place == "wing":
            front = wing.leading(x) - np.array([0.0, 1.35 * radius, 0.62 * length])
            _add_jets(plane, name, front, first_id)
            low = aerofoil(front + np.array([0.0, 0.9 * radius, 0.35 * length]), (0.0, 0.0, 0.7 * length), across, 0.09)
            high = aerofoil(wing.leading(x) + 0.04 * wing.chord(x), 0.6 * wing.chord(x), across, 0.09)
            plane.add_pair(f"{name} pylon", loft(np.stack([low, high])), "engine", "engine")
        else:
            front = wing.leading(x) - np.array([0.0, 0.25 * radius, 0.45 * length])
            plane.add_pair(
                f"{name} pod", revolved(plane["shapes"].pod, "z", 14, length, radius).moved(front), "engine", "engine"
            )
            for part, surface, material in _propeller(plane, 0.55 * radius, 2.2 * radius, int(engines.blades)):
                plane.add_pair(f"{name} {part}", surface.moved(front), material, "engine")
            plane.keypoint_pair(first_id, "engine", front - np.array([0.0, 0.0, radius]))


def _add_at_tail(plane: Builder) -> None:
    """A pair of jets beside the rear of the body."""
    radius, length = plane["engines"].radius, plane["engines"].length
    centre, width, height = section(plane["body"], 0.2 + 0.5 * length)
    front = np.array([float(width) + 1.15 * radius, float(centre + 0.35 * height), 0.2])
    _add_jets(plane, "rear", front, 12)
    chord, z = (0.0, 0.0, 0.6 * length), 0.2 + 0.25 * length
    rings = [aerofoil((x, front[1], z), chord, UP, 0.14) for x in (0.3 * front[0], front[0] - 0.85 * radius)]
    plane.add_pair("rear pylon", loft(np.stack(rings)), "engine", "engine")


def _add_in_nose(plane: Builder) -> None:
    """One propeller before the body."""
    centre, _, height = section(plane["body"], -0.497)
    spinner = max(0.024, 1.15 * float(height))
    for part, surface, material in _propeller(plane, spinner, plane["engines"].radius, int(plane["engines"].blades)):
        plane.add(f"nose {part}", surface.moved((0.0, float(centre), -0.497 + 0.2 * spinner)), material, "engine")


def _propeller(plane: Builder, spinner: float, radius: float, blades: int) -> list[tuple[str, Surface, str]]:
    """A spinner whose tip lies 1.8 of its radii before the origin, and blades around it: name, surface, material."""
    rings, root = [], 0.5 * spinner / radius
    for share, chord, twist in ((root, 0.11, 0.9), (0.5, 0.17, 0.6), (0.85, 0.14, 0.35), (1.0, 0.06, 0.3)):
        along, normal = np.array([[np.cos(twist), 0.0, np.sin(twist)], [-np.sin(twist), 0.0, np.cos(twist)]])
        leading = share * radius * UP - 0.5 * chord * radius * along
        rings.append(aerofoil(leading, chord * radius * along, normal, 0.2, 3))
    blade, centre = loft(np.stack(rings)), (0.0, 0.0, -0.6 * spinner)
    angles = 0.35 + 2.0 * np.pi * np.arange(blades) / blades
    return [
        ("spinner", revolved(plane["shapes"].spinner, "z", 14, spinner, spinner), "accent"),
        *((f"blade {number}", blade.turned("z", angle).moved(centre), "dark") for number, angle in enumerate(angles)),
    ]


def _add_nozzles(plane: Builder) -> None:
    """One nozzle or a pair at the end of the body."""
    engines = plane["engines"]
    share, (centre, width, _) = float(engines.at[0]), section(plane["body"], 0.5)
    at = np.array([share * float(width), float(centre), 0.5])
    surface = revolved(plane["shapes"].nozzle, "z", 18, engines.length, engines.radius).moved(at)
    if share:
        plane.add_pair("nozzle", surface, "engine", "engine")
        plane.keypoint_pair(12, "engine", at + engines.radius * UP)
    else:
        plane.add("nozzle", surface, "engine", "engine")
        plane.keypoint(16, "engine", at + engines.radius * UP)
