"""Kinds of planes with propellers (some freighters have jets). Each function draws the dimensions of one plane."""

import numpy as np

from pipeline.synthetic.plane.dimensions import Body, Engines, Fin, Plane, Wing, level_tail


def light_plane(rng: np.random.Generator) -> Plane:
    """A light plane: a propeller in the nose, fixed wheels, straight wings high or low."""
    high = bool(rng.random() < 0.5)
    half, span = rng.uniform(0.085, 0.1), rng.uniform(0.58, 0.72)
    chord = rng.uniform(0.18, 0.22)
    return Plane(
        kind="light plane",
        body=Body(
            half_height=half,
            half_width=0.82 * half,
            nose=0.12,
            sharpness=0.75,
            droop=0.15,
            tail=rng.uniform(0.5, 0.58),
            end=0.2,
            rise=0.35,
        ),
        wing=Wing(
            z=rng.uniform(-0.24, -0.2),
            height=0.92 if high else -0.6,
            span=span,
            root=chord,
            kink=chord,
            tip=chord * rng.uniform(0.55, 0.95),
            sweep=rng.uniform(0.0, 0.04),
            dihedral=span * (0.02 if high else 0.1),
            thickness=0.13,
        ),
        fin=Fin(height=rng.uniform(0.15, 0.19), root=0.17, tip=0.09, sweep=rng.uniform(0.06, 0.12)),
        stabiliser=level_tail(rng, z=0.36, height=0.45, span=rng.uniform(0.2, 0.24), root=0.13, sweep=0.15),
        engines=Engines(place="nose", radius=rng.uniform(0.15, 0.18), length=0.08, blades=int(rng.choice([2, 3]))),
        canopy=0.0 if high else rng.uniform(0.26, 0.32),
        gear=True,
        struts=high,
    )


def twin_propeller(rng: np.random.Generator) -> Plane:
    """A plane with two propellers on straight wings, high or low."""
    high = bool(rng.random() < 0.6)
    half, span = rng.uniform(0.06, 0.075), rng.uniform(0.52, 0.64)
    chord = rng.uniform(0.15, 0.19)
    return Plane(
        kind="twin propeller",
        body=Body(
            half_height=half,
            half_width=half,
            nose=rng.uniform(0.14, 0.2),
            sharpness=1.1,
            droop=0.3,
            tail=rng.uniform(0.36, 0.44),
            end=0.14,
            rise=0.8,
        ),
        wing=Wing(
            z=rng.uniform(-0.16, -0.1),
            height=0.92 if high else -0.5,
            span=span,
            root=chord,
            kink=chord,
            tip=chord * rng.uniform(0.45, 0.7),
            sweep=rng.uniform(0.02, 0.06),
            dihedral=span * (0.0 if high else 0.09),
            thickness=0.14,
        ),
        fin=Fin(height=rng.uniform(0.18, 0.21), root=0.18, tip=0.11, sweep=rng.uniform(0.08, 0.13)),
        stabiliser=level_tail(rng, z=0.38, height=0.5, span=rng.uniform(0.19, 0.24), root=0.12, sweep=0.2),
        high_tail=bool(high and rng.random() < 0.6),
        engines=Engines(
            place="pod",
            at=(rng.uniform(0.32, 0.38),),
            radius=rng.uniform(0.03, 0.036),
            length=0.24,
            blades=int(rng.choice([3, 4])),
        ),
    )


def freighter(rng: np.random.Generator) -> Plane:
    """A freighter: a thick body under a high swept wing with four engines; a high tail."""
    half, span = rng.uniform(0.08, 0.095), rng.uniform(0.5, 0.6)
    jets = bool(rng.random() < 0.5)
    engines = (
        Engines(place="wing", at=(0.36, 0.64), radius=0.03, length=0.12)
        if jets
        else Engines(place="pod", at=(0.34, 0.62), radius=0.026, length=0.2, blades=4)
    )
    chord = rng.uniform(0.22, 0.26)
    return Plane(
        kind="freighter",
        body=Body(
            half_height=half,
            half_width=half,
            nose=rng.uniform(0.12, 0.15),
            sharpness=0.95,
            droop=0.3,
            tail=rng.uniform(0.4, 0.46),
            end=0.12,
            rise=0.85,
        ),
        wing=Wing(
            z=rng.uniform(-0.2, -0.15),
            height=0.9,
            span=span,
            root=chord,
            kink=0.78 * chord,
            tip=rng.uniform(0.07, 0.1),
            sweep=span * (rng.uniform(0.35, 0.5) if jets else 0.08),
            dihedral=-0.05 * span if jets else 0.0,
            thickness=0.13,
        ),
        fin=Fin(height=rng.uniform(0.2, 0.23), root=0.22, tip=0.14, sweep=rng.uniform(0.1, 0.15)),
        stabiliser=level_tail(rng, z=0.4, height=0.7, span=rng.uniform(0.22, 0.26), root=0.14, sweep=0.4),
        high_tail=jets,
        engines=engines,
    )
