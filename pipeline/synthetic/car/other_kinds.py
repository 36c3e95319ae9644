"""Kinds of cars with an opening, and those for loads and passengers. Each function draws the dimensions of one car."""

import numpy as np

from pipeline.synthetic.car.dimensions import Body, Cabin, Car, Well, Wheels


def roadster(rng: np.random.Generator) -> Car:
    """A roadster: open, with two seats behind a long hood. It has no roof."""
    belt, start = rng.uniform(0.182, 0.19), rng.uniform(-0.04, 0.0)
    end = start + rng.uniform(0.2, 0.23)
    return Car(
        kind="roadster",
        body=Body(
            half_width=rng.uniform(0.19, 0.21),
            sill=0.04,
            deck=(
                (-0.5, belt - 0.055),
                (-0.4, belt - 0.01),
                (start - 0.04, belt),
                (end, belt - 0.002),
                (0.4, belt - 0.01),
                (0.5, belt - 0.035),
            ),
            nose=rng.uniform(0.66, 0.76),
            tail=rng.uniform(0.72, 0.82),
        ),
        wheels=Wheels(
            front=rng.uniform(-0.33, -0.31),
            rear=rng.uniform(0.28, 0.31),
            radius=rng.uniform(0.071, 0.075),
            width=0.05,
            rim=0.64,
            style="cast",
            spokes=int(rng.choice([6, 8])),
        ),
        well=Well(start=start, end=end, floor=0.075, side=0.03),
        hood=(-0.485, start - 0.045),
        boot=(end + 0.02, 0.485),
        doors=(start + 0.01, end - 0.02),
        lamps="round",
        lamp_height=belt - 0.075,
        grille=rng.uniform(0.38, 0.5),
    )


def pickup(rng: np.random.Generator) -> Car:
    """A pickup: a short or double cabin, and an open bed behind it."""
    belt, base = rng.uniform(0.205, 0.225), rng.uniform(-0.23, -0.2)
    double = bool(rng.random() < 0.4)
    back = base + (rng.uniform(0.36, 0.4) if double else rng.uniform(0.24, 0.28))
    return Car(
        kind="pickup",
        body=Body(
            half_width=rng.uniform(0.175, 0.19),
            sill=rng.uniform(0.075, 0.09),
            deck=((-0.5, belt - 0.02), (-0.44, belt - 0.008), (base, belt), (back, belt), (0.5, belt)),
            nose=0.94,
            tail=0.99,
        ),
        wheels=Wheels(
            front=rng.uniform(-0.34, -0.32),
            rear=rng.uniform(0.28, 0.31),
            radius=rng.uniform(0.084, 0.094),
            width=0.054,
            rim=0.58,
            style=str(rng.choice(["cast", "cover"])),
            spokes=int(rng.choice([5, 6])),
        ),
        cabin=Cabin(
            base_front=base,
            base_rear=back,
            top_front=base + rng.uniform(0.07, 0.09),
            top_rear=back - rng.uniform(0.015, 0.03),
            roof=belt + rng.uniform(0.125, 0.145),
            lean=rng.uniform(0.85, 0.9),
            pillars=((0.44, 0.48), (0.9, 1.0)) if double else ((0.84, 1.0),),
        ),
        well=Well(start=back + 0.02, end=0.482, floor=0.13, side=0.018),
        hood=(-0.487, base + 0.005),
        doors=(base + 0.03, base + 0.19, base + 0.34) if double else (base + 0.03, back - 0.03),
        lamps="upright" if rng.random() < 0.5 else "round",
        lamp_height=belt - 0.06,
        grille=rng.uniform(0.52, 0.64),
    )


def van(rng: np.random.Generator) -> Car:
    """A van: a short sloping hood before a tall cabin; the rear of its sides is glazed or closed."""
    belt, base = rng.uniform(0.225, 0.245), rng.uniform(-0.39, -0.36)
    glazed = bool(rng.random() < 0.4)
    return Car(
        kind="van",
        body=Body(
            half_width=rng.uniform(0.195, 0.21),
            sill=0.055,
            deck=((-0.5, belt - 0.075), (-0.46, belt - 0.05), (base, belt), (0.0, belt), (0.5, belt)),
            nose=0.86,
            tail=0.98,
        ),
        wheels=Wheels(
            front=rng.uniform(-0.32, -0.3),
            rear=rng.uniform(0.3, 0.33),
            radius=rng.uniform(0.07, 0.076),
            width=0.048,
            rim=0.62,
            style="cover",
        ),
        cabin=Cabin(
            base_front=base,
            base_rear=0.49,
            top_front=base + rng.uniform(0.13, 0.17),
            top_rear=rng.uniform(0.475, 0.485),
            roof=belt + rng.uniform(0.19, 0.22),
            lean=rng.uniform(0.9, 0.95),
            pillars=((0.28, 0.32), (0.6, 0.64), (0.94, 1.0)) if glazed else ((0.28, 1.0),),
        ),
        hood=(-0.485, base + 0.005),
        doors=(base + 0.08, -0.09, 0.14),
        lamps="upright",
        lamp_height=belt - 0.105,
        grille=rng.uniform(0.4, 0.55),
    )


def bus(rng: np.random.Generator) -> Car:
    """A bus: a box with a row of windows and a flat front. It has no hood."""
    belt = rng.uniform(0.165, 0.185)
    windows = int(rng.choice([5, 6, 7]))
    posts = tuple((n / windows - 0.012, n / windows + 0.012) for n in range(1, windows))
    return Car(
        kind="bus",
        body=Body(
            half_width=rng.uniform(0.135, 0.15),
            sill=0.04,
            deck=((-0.5, belt), (-0.4, belt), (0.0, belt), (0.5, belt)),
            nose=0.97,
            tail=0.97,
        ),
        wheels=Wheels(
            front=rng.uniform(-0.33, -0.28),
            rear=rng.uniform(0.24, 0.3),
            radius=rng.uniform(0.05, 0.056),
            width=0.04,
            rim=0.62,
            style="cover",
        ),
        cabin=Cabin(
            base_front=-0.472,
            base_rear=0.492,
            top_front=-0.455,
            top_rear=0.485,
            roof=belt + rng.uniform(0.13, 0.15),
            lean=0.97,
            pillars=posts,
        ),
        doors=(-0.46, -0.38, 0.02, 0.12),
        lamps="round",
        lamp_height=belt - 0.08,
    )
