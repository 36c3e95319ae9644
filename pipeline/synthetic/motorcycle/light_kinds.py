"""Kinds of lighter motorcycles. Each function draws the dimensions of one motorcycle."""

import numpy as np

from pipeline.synthetic.motorcycle.dimensions import Engine, Exhaust, Fender, Lamp, Motorcycle, Wheel, varied


def scooter(rng: np.random.Generator) -> Motorcycle:
    """A scooter: small wheels, a flat floor behind a leg shield. Its tank is hidden below the seat."""
    radius = rng.uniform(0.098, 0.112)
    return Motorcycle(
        kind="scooter",
        front=Wheel(rng.uniform(-0.34, -0.32), radius, 0.055, 0.6, "disc", 0),
        rear=Wheel(rng.uniform(0.27, 0.3), radius, 0.062, 0.6, "disc", 0),
        head=(rng.uniform(0.5, 0.53), -0.215),
        spread=0.046,
        pivot=(0.13, 0.14),
        seat=(
            (0.02, 0.385, 0.035, 0.018),
            (0.09, 0.4, 0.075, 0.03),
            (0.25, 0.41, 0.08, 0.03),
            (0.36, 0.41, 0.05, 0.02),
        ),
        tail=varied(
            rng,
            (
                (0.005, 0.235, 0.045, 0.07),
                (0.05, 0.255, 0.08, 0.11),
                (0.12, 0.28, 0.095, 0.118),
                (0.24, 0.3, 0.105, 0.105),
                (0.37, 0.32, 0.08, 0.075),
                (0.43, 0.33, 0.04, 0.035),
            ),
            0.07,
        ),
        bar=((0.0, 0.545, -0.215), (0.04, 0.55, -0.21), (0.085, 0.565, -0.195), (0.185, 0.555, -0.15)),
        engine=Engine("hidden", 0.13, 0.0, 0.05),
        exhaust=Exhaust(((0.04, 0.1, 0.1), (0.075, 0.09, 0.17)), (0.085, 0.125, 0.36), 0.028, False),
        front_fender=Fender(-75.0, 75.0, 0.012, 0.046),
        nose=varied(rng, ((-0.265, 0.545, 0.03, 0.028), (-0.23, 0.55, 0.055, 0.042), (-0.18, 0.55, 0.045, 0.034)), 0.1),
        screen=(0.14, 0.085, 0.06) if rng.random() < 0.35 else (0.0, 0.0, 0.0),
        lamp=Lamp("round", 0.55, -0.272, 0.034),
        tail_lamp=(0.33, 0.435),
        rests=(rng.uniform(0.115, 0.13), 0.0, 0.105),
        shocks=True,
        mirrors=True,
    )


def dirt(rng: np.random.Generator) -> Motorcycle:
    """A dirt bike, high on thin wire wheels: a high front fender, a long flat seat, a tail that points up."""
    high = rng.uniform(-0.015, 0.02)
    return Motorcycle(
        kind="dirt",
        front=Wheel(rng.uniform(-0.4, -0.37), rng.uniform(0.16, 0.172), 0.044, 0.8, "wire", 28),
        rear=Wheel(rng.uniform(0.31, 0.34), rng.uniform(0.148, 0.158), 0.054, 0.76, "wire", 28),
        head=(0.555 + high, -0.2),
        spread=0.05,
        pivot=(0.23, 0.1),
        tank=varied(
            rng,
            (
                (-0.16, 0.47 + high, 0.04, 0.04),
                (-0.1, 0.465 + high, 0.072, 0.075),
                (0.0, 0.455 + high, 0.062, 0.05),
                (0.05, 0.45 + high, 0.04, 0.03),
            ),
        ),
        seat=(
            (-0.01, 0.49 + high, 0.03, 0.015),
            (0.1, 0.475 + high, 0.048, 0.022),
            (0.25, 0.49 + high, 0.052, 0.022),
            (0.38, 0.515 + high, 0.038, 0.018),
        ),
        tail=varied(
            rng,
            (
                (0.05, 0.44 + high, 0.045, 0.026),
                (0.2, 0.455 + high, 0.055, 0.028),
                (0.36, 0.495 + high, 0.05, 0.018),
                (0.52, 0.545 + high, 0.032, 0.009),
            ),
            0.1,
        ),
        bar=(
            (0.0, 0.572 + high, -0.2),
            (0.05, 0.58 + high, -0.2),
            (0.095, rng.uniform(0.62, 0.65) + high, -0.19),
            (0.225, 0.625 + high, -0.14),
        ),
        engine=Engine("single", 0.24, -0.02, 0.062),
        exhaust=Exhaust(
            ((0.02, 0.33, -0.06), (0.07, 0.31, -0.12), (0.088, 0.28, 0.03), (0.09, 0.38, 0.15)),
            (0.092, 0.46, rng.uniform(0.38, 0.43)),
            0.026,
            False,
        ),
        beak=True,
        lamp=Lamp("round", 0.52 + high, -0.285, rng.uniform(0.034, 0.042)),
        tail_lamp=(0.535 + high, 0.51),
        rests=(0.2, 0.06, 0.11),
        indicators=bool(rng.random() < 0.5),
    )


def standard(rng: np.random.Generator) -> Motorcycle:
    """A motorcycle without fairing: a round lamp, a flat seat, two shock absorbers, an upright twin engine."""
    style = str(rng.choice(["wire", "cast"]))
    count = 24 if style == "wire" else int(rng.choice([5, 7]))
    radius = rng.uniform(0.145, 0.157)
    cafe = bool(rng.random() < 0.4)
    return Motorcycle(
        kind="standard",
        front=Wheel(rng.uniform(-0.37, -0.35), radius, 0.054, 0.72, style, count),
        rear=Wheel(rng.uniform(0.3, 0.33), radius, 0.066, 0.72, style, count),
        head=(0.47, -0.2),
        spread=0.052,
        pivot=(0.19, 0.1),
        tank=varied(
            rng,
            (
                (-0.17, 0.42, 0.05, 0.03),
                (-0.1, 0.43, 0.082, 0.055),
                (0.02, 0.42, 0.08, 0.052),
                (0.08, 0.4, 0.05, 0.034),
            ),
            0.16,
        ),
        seat=(
            (0.06, 0.405, 0.045, 0.02),
            (0.12, 0.4, 0.072, 0.026),
            (0.26, 0.405, 0.07, 0.026),
            (0.34, 0.415, 0.055, 0.022),
        )
        if cafe
        else (
            (0.06, 0.405, 0.045, 0.02),
            (0.12, 0.4, 0.075, 0.026),
            (0.3, 0.41, 0.07, 0.026),
            (0.41, 0.42, 0.05, 0.02),
        ),
        tail=(
            (0.08, 0.37, 0.05, 0.02),
            (0.26, 0.375, 0.065, 0.025),
            (0.38, 0.41, 0.06, 0.045),
            (0.46, 0.41, 0.03, 0.022),
        )
        if cafe
        else (
            (0.08, 0.37, 0.05, 0.02),
            (0.25, 0.375, 0.062, 0.022),
            (0.4, 0.385, 0.052, 0.024),
            (0.46, 0.39, 0.03, 0.016),
        ),
        bar=((0.0, 0.482, -0.2), (0.055, 0.482, -0.2), (0.1, 0.478, -0.2), (0.195, 0.462, -0.17))
        if cafe
        else ((0.0, 0.482, -0.2), (0.055, 0.49, -0.2), (0.105, rng.uniform(0.52, 0.56), -0.19), (0.22, 0.52, -0.12)),
        engine=Engine("parallel", 0.2, -0.03, rng.uniform(0.066, 0.074)),
        exhaust=Exhaust(
            ((0.04, 0.27, -0.075), (0.072, 0.2, -0.145), (0.078, 0.1, -0.08), (0.082, 0.1, 0.1)),
            (0.098, rng.uniform(0.11, 0.17), 0.42),
            0.024,
            bool(rng.random() < 0.6),
        ),
        front_fender=Fender(-45.0, 80.0, 0.014, 0.048),
        rear_fender=Fender(-35.0, 75.0, 0.016, 0.05),
        lamp=Lamp("round", 0.435, -0.3, rng.uniform(0.046, 0.055)),
        tail_lamp=(0.395, 0.468),
        rests=(0.16, 0.06, 0.13),
        shocks=True,
        mirrors=not cafe,
        indicators=True,
    )
