"""Kinds of planes with jets. Each function draws the dimensions of one plane."""

import numpy as np

from pipeline.synthetic.plane.dimensions import Body, Engines, Fin, Plane, Wing, level_tail


def airliner(rng: np.random.Generator) -> Plane:
    """An airliner: two or four jets under low swept wings."""
    half, four = rng.uniform(0.052, 0.07), bool(rng.random() < 0.4)
    span = rng.uniform(0.44, 0.56)
    return Plane(
        kind="airliner",
        body=Body(
            half_height=half,
            half_width=half,
            nose=rng.uniform(0.12, 0.18),
            sharpness=1.1,
            droop=0.25,
            tail=rng.uniform(0.3, 0.38),
            end=0.12,
            rise=0.75,
        ),
        wing=Wing(
            z=rng.uniform(-0.2, -0.13),
            height=-0.55,
            span=span,
            root=rng.uniform(0.26, 0.32),
            kink=rng.uniform(0.15, 0.18),
            tip=rng.uniform(0.04, 0.06),
            sweep=span * rng.uniform(0.5, 0.7),
            dihedral=span * rng.uniform(0.06, 0.12),
            thickness=0.11,
            winglet=float(rng.choice([0.0, 0.05, 0.07])),
        ),
        fin=Fin(height=rng.uniform(0.15, 0.19), root=rng.uniform(0.16, 0.2), tip=0.07, sweep=rng.uniform(0.12, 0.16)),
        stabiliser=level_tail(rng, z=0.33, height=0.3, span=rng.uniform(0.17, 0.21), root=0.12, sweep=0.5),
        engines=Engines(
            place="wing",
            at=(0.32, 0.6) if four else (0.34,),
            radius=0.026 if four else rng.uniform(0.032, 0.04),
            length=0.12,
        ),
    )


def business_jet(rng: np.random.Generator) -> Plane:
    """A business jet: two jets at the tail, stabilisers on top of the fin."""
    half, span = rng.uniform(0.052, 0.066), rng.uniform(0.4, 0.5)
    return Plane(
        kind="business jet",
        body=Body(
            half_height=half,
            half_width=half,
            nose=rng.uniform(0.18, 0.24),
            sharpness=1.35,
            droop=0.45,
            tail=rng.uniform(0.32, 0.4),
            end=0.14,
            rise=0.6,
        ),
        wing=Wing(
            z=rng.uniform(-0.1, -0.04),
            height=-0.75,
            span=span,
            root=rng.uniform(0.24, 0.28),
            kink=rng.uniform(0.15, 0.17),
            tip=0.06,
            sweep=span * rng.uniform(0.35, 0.6),
            dihedral=span * 0.07,
            thickness=0.11,
            winglet=float(rng.choice([0.0, 0.07])),
        ),
        fin=Fin(height=rng.uniform(0.15, 0.18), root=0.19, tip=0.13, sweep=rng.uniform(0.14, 0.18)),
        stabiliser=level_tail(rng, z=0.47, height=1.0, span=rng.uniform(0.15, 0.19), root=0.1, sweep=0.4),
        high_tail=True,
        engines=Engines(place="rear", radius=rng.uniform(0.032, 0.04), length=0.15),
    )


def fighter(rng: np.random.Generator) -> Plane:
    """A fighter: a pointed body, a delta or swept wing, one or two fins, one or two nozzles."""
    delta, twin = bool(rng.random() < 0.45), bool(rng.random() < 0.5)
    half = rng.uniform(0.05, 0.06)
    span = rng.uniform(0.3, 0.36) if delta else rng.uniform(0.32, 0.4)
    root = rng.uniform(0.5, 0.58) if delta else rng.uniform(0.34, 0.4)
    wing = Wing(
        z=0.44 - root,
        height=float(rng.choice([-0.3, 0.0, 0.25])),
        span=span,
        root=root,
        kink=0.66 * root,
        tip=rng.uniform(0.05, 0.1),
        sweep=root * (0.86 if delta else 0.62),
        dihedral=0.0,
        thickness=0.05,
    )
    stabiliser = (
        None if delta else level_tail(rng, z=0.37, height=0.0, span=rng.uniform(0.19, 0.23), root=0.15, sweep=0.6)
    )
    return Plane(
        kind="fighter",
        body=Body(
            half_height=half,
            half_width=(1.5 if twin else 1.15) * half,
            nose=rng.uniform(0.36, 0.44),
            sharpness=1.3,
            droop=0.3,
            tail=0.22,
            end=0.75,
            rise=0.0,
        ),
        wing=wing,
        fin=Fin(
            twin=twin,
            height=rng.uniform(0.14, 0.18),
            root=rng.uniform(0.18, 0.22),
            tip=0.08,
            sweep=rng.uniform(0.13, 0.17),
        ),
        stabiliser=stabiliser,
        engines=Engines(place="nozzle", at=(0.5,) if twin else (0.0,), radius=0.03 if twin else 0.042, length=0.09),
        canopy=rng.uniform(0.18, 0.24),
    )
