"""Rings, wheels, blocks and hulls: their measures by hand, closed and outward."""

import numpy as np
import pytest

from pipeline.synthetic.blocks import block, hull
from pipeline.synthetic.surfaces import Surface, joined, moved, signed_volume
from pipeline.synthetic.wheels import cast_spokes, cover, hub, ring, tyre, wire_spokes

SURFACES = {
    "ring": ring([(-1.0, 2.0), (1.0, 2.0), (1.0, 3.0), (-1.0, 3.0)]),
    "ring wound the other way": ring([(-1.0, 3.0), (1.0, 3.0), (1.0, 2.0), (-1.0, 2.0)]),
    "tyre": tyre(0.3, 0.1, 0.2),
    "hub": hub(0.1, 0.2),
    "cover": cover(0.2, 0.05, 0.01),
    "cast spokes": cast_spokes(5, 0.1, 0.3, 0.01, 0.0),
    "wire spokes": wire_spokes(12, 0.1, 0.3, 0.05, 0.002),
    "block": block(0.3, 0.2, 0.5),
    "hull": hull(((0.0, 0.0, 0.1, 0.2), (0.5, 0.1, 0.3, 0.2), (1.0, 0.0, 0.1, 0.1))),
}


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_closed_and_outward(surface: Surface) -> None:
    faces = surface.faces
    edges = {tuple(edge) for edge in np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).tolist()}
    assert len(edges) == 3 * len(faces)
    assert all((b, a) in edges for a, b in edges)
    assert signed_volume(surface.vertices, faces) > 0


def test_a_ring_has_the_volume_of_pappus() -> None:
    """A section of 2 x 1 on a circle of radius 2.5 sweeps 2 pi 2.5 x 2; the polygon of 400 sides is 4e-5 smaller."""
    surface = ring([(-1.0, 2.0), (1.0, 2.0), (1.0, 3.0), (-1.0, 3.0)], sides=400)
    assert np.isclose(signed_volume(surface.vertices, surface.faces), 10.0 * np.pi, rtol=1e-4)
    assert np.hypot(surface.vertices[:, 1], surface.vertices[:, 2]).min() > 1.99, "it has a hole"


def test_a_tyre_fills_its_measures() -> None:
    vertices = tyre(0.3, 0.1, 0.2).vertices
    radius = np.hypot(vertices[:, 1], vertices[:, 2])
    assert np.allclose([radius.min(), radius.max()], [0.2, 0.3])
    assert np.allclose([vertices[:, 0].min(), vertices[:, 0].max()], [-0.05, 0.05])


def test_spokes_reach_from_the_hub_to_the_rim() -> None:
    for surface in (SURFACES["cast spokes"], SURFACES["wire spokes"]):
        radius = np.hypot(surface.vertices[:, 1], surface.vertices[:, 2])
        assert radius.min() < 0.105
        assert 0.299 < radius.max() < 0.301


def test_a_block_is_as_long_as_it_is_told() -> None:
    vertices = block(0.3, 0.2, 0.5, power=40.0, bevel=0.15, sides=8).vertices
    assert np.allclose(np.ptp(vertices, axis=0)[2], 0.5)
    # The widest section lies 0.3 of the bevel (0.15 x 0.2) inside the outline on either side.
    assert np.allclose(np.ptp(vertices, axis=0)[:2], [0.3 - 0.018, 0.2 - 0.018], atol=5e-3)


def test_a_hull_passes_through_its_end_stations() -> None:
    vertices = SURFACES["hull"].vertices
    first = vertices[vertices[:, 2] < 1e-9]
    assert np.allclose(vertices[:, 2].max(), 1.0)
    assert np.isclose(np.ptp(first[:, 1]) / np.ptp(first[:, 0]), 2.0, rtol=0.05)
    assert 0.27 < vertices[:, 0].max() <= 0.3


def test_joined_surfaces_keep_their_volume() -> None:
    one = block(0.1, 0.1, 0.1)
    both = joined([one, moved(one, (1.0, 0.0, 0.0))])
    assert len(both.faces) == 2 * len(one.faces)
    assert np.isclose(signed_volume(both.vertices, both.faces), 2.0 * signed_volume(one.vertices, one.faces))
