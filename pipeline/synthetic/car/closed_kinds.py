"""Kinds of cars with a boot or a tailgate behind the seats. Each function draws the dimensions of one car."""

import numpy as np

from pipeline.synthetic.car.dimensions import Body, Cabin, Car, Wheels


def sedan(rng: np.random.Generator) -> Car:
    """A sedan with three boxes: hood, cabin, boot."""
    belt, base = rng.uniform(0.185, 0.205), rng.uniform(-0.22, -0.18)
    rear = rng.uniform(0.28, 0.33)
    return Car(
        kind="sedan",
        body=Body(
            half_width=rng.uniform(0.18, 0.2),
            sill=0.048,
            deck=(
                (-0.5, belt - 0.035),
                (-0.42, belt - 0.018),
                (base, belt),
                (0.1, belt + 0.004),
                (rear, belt),
                (0.5, belt - 0.01),
            ),
            nose=0.86,
            tail=0.9,
        ),
        wheels=_wheels(rng, rng.uniform(-0.33, -0.3), rng.uniform(0.27, 0.3), rng.uniform(0.07, 0.077)),
        cabin=Cabin(
            base_front=base,
            base_rear=rear,
            top_front=base + rng.uniform(0.1, 0.13),
            top_rear=rear - rng.uniform(0.11, 0.14),
            roof=belt + rng.uniform(0.115, 0.135),
            lean=rng.uniform(0.8, 0.86),
            pillars=((0.46, 0.5), (0.84, 1.0)),
        ),
        hood=(-0.485, base + 0.005),
        boot=(rear - 0.005, 0.485),
        doors=(base + 0.04, base + 0.5 * (rear - base), rear - 0.09),
        lamps=str(rng.choice(["round", "wide"])),
        lamp_height=belt - 0.075,
        grille=rng.uniform(0.4, 0.52),
    )


def hatchback(rng: np.random.Generator) -> Car:
    """A hatchback: short and high, its tailgate steep; some with a spoiler above no boot."""
    belt, base = rng.uniform(0.215, 0.24), rng.uniform(-0.25, -0.21)
    return Car(
        kind="hatchback",
        body=Body(
            half_width=rng.uniform(0.205, 0.225),
            sill=0.055,
            deck=((-0.5, belt - 0.06), (-0.4, belt - 0.028), (base, belt), (0.2, belt + 0.008), (0.5, belt + 0.008)),
            nose=0.8,
            tail=0.86,
        ),
        wheels=_wheels(rng, rng.uniform(-0.33, -0.3), rng.uniform(0.3, 0.33), rng.uniform(0.082, 0.092)),
        cabin=Cabin(
            base_front=base,
            base_rear=0.487,
            top_front=base + rng.uniform(0.12, 0.16),
            top_rear=rng.uniform(0.34, 0.42),
            roof=belt + rng.uniform(0.14, 0.165),
            lean=rng.uniform(0.8, 0.86),
            pillars=((0.52, 0.57), (0.83, 1.0)),
        ),
        hood=(-0.485, base + 0.005),
        doors=(base + 0.05, 0.14),
        lamps="round" if rng.random() < 0.6 else "wide",
        lamp_height=belt - 0.105,
        grille=rng.uniform(0.3, 0.45),
    )


def suv(rng: np.random.Generator) -> Car:
    """An SUV: high off the ground, square, on large wheels; rails on most roofs."""
    belt, base = rng.uniform(0.245, 0.265), rng.uniform(-0.22, -0.18)
    return Car(
        kind="suv",
        body=Body(
            half_width=rng.uniform(0.2, 0.215),
            sill=rng.uniform(0.085, 0.1),
            deck=((-0.5, belt - 0.025), (-0.44, belt - 0.01), (base, belt), (0.2, belt), (0.5, belt)),
            nose=0.92,
            tail=0.95,
        ),
        wheels=_wheels(rng, rng.uniform(-0.32, -0.3), rng.uniform(0.28, 0.31), rng.uniform(0.096, 0.108)),
        cabin=Cabin(
            base_front=base,
            base_rear=0.488,
            top_front=base + rng.uniform(0.06, 0.09),
            top_rear=rng.uniform(0.44, 0.47),
            roof=belt + rng.uniform(0.15, 0.175),
            lean=rng.uniform(0.86, 0.92),
            pillars=((0.36, 0.4), (0.67, 0.71), (0.95, 1.0)),
        ),
        hood=(-0.487, base + 0.005),
        doors=(base + 0.03, base + 0.26, 0.27),
        lamps="upright" if rng.random() < 0.5 else "round",
        lamp_height=belt - 0.07,
        grille=rng.uniform(0.5, 0.62),
        rails=bool(rng.random() < 0.75),
    )


def coupe(rng: np.random.Generator) -> Car:
    """A coupe: low and wide, a short cabin that slopes to the tail, a wing on legs."""
    belt, base = rng.uniform(0.18, 0.19), rng.uniform(-0.15, -0.1)
    return Car(
        kind="coupe",
        body=Body(
            half_width=rng.uniform(0.205, 0.22),
            sill=0.034,
            deck=((-0.5, belt - 0.06), (-0.4, belt - 0.014), (base, belt), (0.2, belt + 0.01), (0.5, belt + 0.006)),
            nose=0.78,
            tail=0.9,
        ),
        wheels=_wheels(rng, rng.uniform(-0.32, -0.29), rng.uniform(0.28, 0.31), rng.uniform(0.072, 0.075), fast=True),
        cabin=Cabin(
            base_front=base,
            base_rear=rng.uniform(0.36, 0.41),
            top_front=base + rng.uniform(0.12, 0.14),
            top_rear=rng.uniform(0.18, 0.23),
            roof=belt + rng.uniform(0.085, 0.095),
            lean=rng.uniform(0.74, 0.8),
            pillars=((0.55, 1.0),),
        ),
        hood=(-0.485, base + 0.005),
        doors=(base + 0.02, 0.16),
        lamps="wide",
        lamp_height=belt - 0.08,
        spoiler=rng.uniform(0.04, 0.06),
    )


def _wheels(rng: np.random.Generator, front: float, rear: float, radius: float, fast: bool = False) -> Wheels:
    return Wheels(
        front=front,
        rear=rear,
        radius=radius,
        width=rng.uniform(0.056, 0.064) if fast else rng.uniform(0.046, 0.054),
        rim=0.72 if fast else rng.uniform(0.6, 0.66),
        style="cast" if fast or rng.random() < 0.6 else "cover",
        spokes=int(rng.choice([5, 6, 7, 8])),
    )
