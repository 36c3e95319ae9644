"""Kinds of motorcycles for the road. Each function draws the dimensions of one motorcycle."""

import numpy as np

from pipeline.synthetic.motorcycle.dimensions import Engine, Exhaust, Fender, Lamp, Motorcycle, Wheel, varied


def sport(rng: np.random.Generator) -> Motorcycle:
    """A sport motorcycle: a full fairing, low handles, a high tail with a small second seat."""
    radius, head = rng.uniform(0.145, 0.155), (rng.uniform(0.44, 0.46), -0.205)
    return Motorcycle(
        kind="sport",
        front=Wheel(rng.uniform(-0.35, -0.33), radius, 0.058, 0.7, "cast", int(rng.choice([3, 5, 6]))),
        rear=Wheel(rng.uniform(0.31, 0.34), radius, rng.uniform(0.08, 0.092), 0.7, "cast", int(rng.choice([3, 5]))),
        head=head,
        spread=0.055,
        pivot=(0.19, 0.1),
        tank=varied(
            rng,
            (
                (-0.17, 0.42, 0.05, 0.03),
                (-0.12, 0.435, 0.085, 0.06),
                (-0.03, 0.43, 0.088, 0.06),
                (0.05, 0.4, 0.055, 0.045),
                (0.09, 0.385, 0.04, 0.03),
            ),
        ),
        seat=(
            (0.06, 0.395, 0.05, 0.018),
            (0.12, 0.39, 0.072, 0.02),
            (0.21, 0.405, 0.07, 0.02),
            (0.26, 0.42, 0.06, 0.02),
        ),
        back=((0.26, 0.455, 0.045, 0.015), (0.32, 0.465, 0.055, 0.018), (0.4, 0.475, 0.035, 0.014)),
        tail=varied(
            rng,
            (
                (0.1, 0.36, 0.055, 0.02),
                (0.2, 0.375, 0.072, 0.035),
                (0.3, 0.42, 0.065, 0.036),
                (0.42, 0.455, 0.042, 0.025),
                (0.49, 0.475, 0.02, 0.012),
            ),
            0.06,
        ),
        bar=((0.0, head[0], -0.205), (0.06, head[0], -0.205), (0.165, head[0] - 0.015, -0.165)),
        engine=Engine("parallel", 0.2, -0.04, 0.07),
        exhaust=Exhaust(
            ((0.04, 0.2, -0.16), (0.05, 0.085, -0.13), (0.05, 0.08, 0.1), (0.085, 0.15, 0.21)),
            (0.105, rng.uniform(0.22, 0.3), 0.43),
            0.029,
            bool(rng.random() < 0.3),
        ),
        front_fender=Fender(-50.0, 80.0, 0.012, 0.05),
        nose=varied(
            rng,
            (
                (-0.455, 0.395, 0.04, 0.028),
                (-0.42, 0.402, 0.07, 0.046),
                (-0.33, 0.42, 0.1, 0.066),
                (-0.22, 0.425, 0.112, 0.075),
                (-0.13, 0.405, 0.09, 0.055),
            ),
            0.06,
        ),
        belly=varied(
            rng,
            (
                (-0.185, 0.34, 0.08, 0.06),
                (-0.13, 0.27, 0.112, 0.14),
                (-0.02, 0.225, 0.112, 0.14),
                (0.08, 0.17, 0.095, 0.09),
                (0.17, 0.13, 0.06, 0.035),
            ),
            0.06,
        ),
        screen=(rng.uniform(0.09, 0.11), 0.075, 0.13),
        lamp=Lamp("pair", 0.41, -0.43, 0.05),
        tail_lamp=(0.468, 0.478),
        rests=(0.19, 0.13, 0.12),
        mirrors=True,
    )


def cruiser(rng: np.random.Generator) -> Motorcycle:
    """A cruiser, long and low: a raked fork, high handles, a stepped seat, a V engine, an exhaust on either side."""
    style = str(rng.choice(["wire", "cast"]))
    front = Wheel(rng.uniform(-0.43, -0.4), rng.uniform(0.135, 0.15), 0.06, 0.7, style, 24 if style == "wire" else 7)
    rear = Wheel(rng.uniform(0.29, 0.32), rng.uniform(0.13, 0.138), 0.1, 0.64, style, 24 if style == "wire" else 7)
    rise, head = rng.uniform(0.07, 0.17), rng.uniform(0.44, 0.47)
    return Motorcycle(
        kind="cruiser",
        front=front,
        rear=rear,
        head=(head, -0.2),
        spread=0.058,
        pivot=(0.16, 0.12),
        tank=varied(
            rng,
            (
                (-0.17, 0.385, 0.03, 0.025),
                (-0.11, 0.395, 0.072, 0.052),
                (-0.03, 0.385, 0.082, 0.056),
                (0.06, 0.36, 0.052, 0.042),
                (0.12, 0.34, 0.024, 0.02),
            ),
        ),
        seat=(
            (0.08, 0.335, 0.035, 0.015),
            (0.13, 0.31, 0.085, 0.026),
            (0.21, 0.312, 0.1, 0.03),
            (0.28, 0.345, 0.07, 0.03),
        ),
        back=((0.265, 0.355, 0.05, 0.022), (0.33, 0.355, 0.062, 0.022), (0.41, 0.335, 0.045, 0.016)),
        tail=((0.08, 0.3, 0.045, 0.03), (0.25, 0.3, 0.062, 0.04), (0.38, 0.3, 0.052, 0.03), (0.43, 0.29, 0.035, 0.02)),
        bar=(
            (0.0, head + 0.012, -0.2),
            (0.055, head + 0.02, -0.2),
            (0.11, head + rise, -0.19),
            (0.235, head + rise - 0.015, rng.uniform(-0.1, -0.06)),
        ),
        engine=Engine("twin", 0.19, -0.03, rng.uniform(0.068, 0.076)),
        exhaust=Exhaust(
            ((0.03, 0.27, -0.085), (0.088, 0.21, -0.14), (0.092, 0.11, -0.08), (0.095, 0.105, 0.1)),
            (0.105, rng.uniform(0.105, 0.14), 0.45),
            0.026,
            True,
        ),
        front_fender=Fender(-60.0, 95.0, 0.014, 0.053),
        rear_fender=Fender(-55.0, 95.0, 0.018, 0.066),
        lamp=Lamp("round", head - 0.03, -0.315, rng.uniform(0.043, 0.052)),
        tail_lamp=(0.285, 0.44),
        rests=(0.12, -0.12, 0.15),
        shocks=True,
        mirrors=bool(rng.random() < 0.8),
        indicators=True,
    )


def touring(rng: np.random.Generator) -> Motorcycle:
    """A touring motorcycle: a wide fairing with a tall screen, cases on both sides and behind the broad seats."""
    front = Wheel(rng.uniform(-0.41, -0.39), rng.uniform(0.135, 0.145), 0.06, 0.68, "cast", int(rng.choice([5, 7])))
    rear = Wheel(rng.uniform(0.29, 0.31), rng.uniform(0.132, 0.14), 0.08, 0.66, "cast", 5)
    return Motorcycle(
        kind="touring",
        front=front,
        rear=rear,
        head=(0.47, -0.2),
        spread=0.056,
        pivot=(0.16, 0.12),
        tank=varied(
            rng,
            (
                (-0.16, 0.41, 0.05, 0.03),
                (-0.1, 0.425, 0.09, 0.055),
                (0.0, 0.415, 0.095, 0.06),
                (0.07, 0.39, 0.06, 0.045),
                (0.1, 0.375, 0.03, 0.025),
            ),
        ),
        seat=(
            (0.06, 0.365, 0.05, 0.02),
            (0.12, 0.345, 0.1, 0.03),
            (0.19, 0.355, 0.11, 0.035),
            (0.24, 0.375, 0.09, 0.035),
        ),
        back=((0.22, 0.395, 0.085, 0.03), (0.28, 0.405, 0.1, 0.032), (0.36, 0.405, 0.088, 0.025)),
        tail=(
            (0.08, 0.315, 0.065, 0.03),
            (0.2, 0.32, 0.095, 0.045),
            (0.36, 0.335, 0.088, 0.05),
            (0.45, 0.335, 0.055, 0.03),
        ),
        bar=((0.0, 0.485, -0.2), (0.055, 0.495, -0.2), (0.11, rng.uniform(0.53, 0.56), -0.15), (0.215, 0.52, -0.06)),
        engine=Engine(str(rng.choice(["twin", "parallel"])), 0.19, -0.03, 0.074),
        exhaust=Exhaust(
            ((0.03, 0.25, -0.075), (0.088, 0.19, -0.13), (0.09, 0.1, -0.08), (0.095, 0.09, 0.1)),
            (0.115, 0.09, rng.uniform(0.42, 0.46)),
            0.025,
            True,
        ),
        front_fender=Fender(-65.0, 90.0, 0.014, 0.052),
        rear_fender=Fender(-50.0, 85.0, 0.016, 0.056),
        nose=varied(
            rng,
            (
                (-0.37, 0.44, 0.04, 0.03),
                (-0.33, 0.45, 0.11, 0.07),
                (-0.26, 0.455, 0.15, 0.085),
                (-0.17, 0.45, 0.12, 0.06),
            ),
            0.08,
        ),
        belly=varied(
            rng,
            (
                (-0.19, 0.34, 0.08, 0.06),
                (-0.155, 0.29, 0.13, 0.12),
                (-0.1, 0.27, 0.13, 0.11),
                (-0.06, 0.27, 0.09, 0.07),
            ),
            0.05,
        )
        if rng.random() < 0.6
        else (),
        screen=(rng.uniform(0.15, 0.2), 0.12, rng.uniform(0.07, 0.1)),
        lamp=Lamp(str(rng.choice(["pair", "wide"])), 0.445, -0.352, 0.042),
        tail_lamp=(0.335, 0.455),
        rests=(0.14, -0.06, 0.15),
        cases=True,
        mirrors=True,
    )
