"""Kinds of chairs on four legs. Each function draws the dimensions of one chair."""

import numpy as np

from pipeline.synthetic.chair.dimensions import Arms, Back, Base, Chair, Seat


def dining(rng: np.random.Generator) -> Chair:
    """A wooden dining chair: four straight legs, slats or rails in the back."""
    width, style = rng.uniform(0.42, 0.48), str(rng.choice(["slats", "rails"]))
    arms = Arms(style="posts" if rng.random() < 0.3 else "none", height=rng.uniform(0.2, 0.24))
    cushion = float(rng.choice([0.0, 0.035]))
    return Chair(
        kind="dining",
        seat=Seat(
            width=width,
            depth=rng.uniform(0.41, 0.46),
            height=rng.uniform(0.45, 0.49),
            board=0.035,
            cushion=cushion,
            power=7.0,
            material="fabric" if cushion else str(rng.choice(["wood", "plastic"])),
        ),
        back=Back(
            style=style,
            width=width - 0.04,
            height=rng.uniform(0.42, 0.6),
            lean=rng.uniform(0.08, 0.18),
            curve=0.03,
            start=0.22,
            count=int(rng.integers(3, 6)),
            material="wood",
        ),
        arms=arms,
        base=Base(
            style="legs",
            radius=rng.uniform(0.019, 0.024),
            square=True,
            stretchers=bool(rng.random() < 0.6),
            material="wood",
        ),
    )


def upholstered(rng: np.random.Generator) -> Chair:
    """An upholstered chair: a padded seat and back on four tapered legs."""
    width = rng.uniform(0.46, 0.54)
    return Chair(
        kind="upholstered",
        seat=Seat(
            width=width,
            depth=rng.uniform(0.46, 0.52),
            height=rng.uniform(0.46, 0.5),
            board=0.03,
            cushion=rng.uniform(0.07, 0.1),
            power=6.0,
            material="fabric",
        ),
        back=Back(
            style="pad",
            width=width - 0.02,
            height=rng.uniform(0.45, 0.62),
            lean=rng.uniform(0.12, 0.24),
            curve=rng.uniform(0.0, 0.05),
            start=-0.12,
            material="fabric",
        ),
        arms=Arms(style="posts" if rng.random() < 0.4 else "none", height=rng.uniform(0.2, 0.24)),
        base=Base(
            style="legs",
            radius=rng.uniform(0.022, 0.028),
            reach=rng.uniform(0.0, 0.05),
            square=bool(rng.random() < 0.5),
            material="wood",
        ),
    )


def moulded(rng: np.random.Generator) -> Chair:
    """A moulded chair: a plastic shell on thin splayed legs."""
    width = rng.uniform(0.44, 0.5)
    cushion, height = float(rng.choice([0.0, 0.03])), rng.uniform(0.36, 0.46)
    return Chair(
        kind="moulded",
        seat=Seat(
            width=width,
            depth=rng.uniform(0.42, 0.46),
            height=rng.uniform(0.43, 0.47),
            board=0.03,
            cushion=cushion,
            power=3.0,
            material="plastic",
        ),
        back=Back(
            style="shell",
            width=0.96 * width,
            height=height,
            lean=rng.uniform(0.16, 0.28),
            curve=rng.uniform(0.07, 0.12),
            start=-(cushion + 0.012) / height,
            material="plastic",
        ),
        arms=Arms(style="loop" if rng.random() < 0.25 else "none", height=rng.uniform(0.17, 0.2)),
        base=Base(
            style="legs",
            radius=rng.uniform(0.016, 0.02),
            reach=rng.uniform(0.05, 0.09),
            stretchers=bool(rng.random() < 0.5),
            material="wood",
        ),
    )


def lounge(rng: np.random.Generator) -> Chair:
    """A lounge chair: thick cushions between solid arms, short feet."""
    width = rng.uniform(0.56, 0.66)
    return Chair(
        kind="lounge",
        seat=Seat(
            width=width,
            depth=rng.uniform(0.56, 0.64),
            height=rng.uniform(0.4, 0.45),
            board=0.14,
            cushion=rng.uniform(0.11, 0.14),
            power=9.0,
            material="fabric",
        ),
        back=Back(
            style="pad",
            width=width + 0.06,
            height=rng.uniform(0.4, 0.52),
            lean=rng.uniform(0.12, 0.24),
            curve=0.0,
            start=-0.3,
            material="fabric",
        ),
        arms=Arms(style="sofa", height=rng.uniform(0.14, 0.2)),
        base=Base(
            style="legs",
            radius=0.026,
            reach=rng.uniform(0.0, 0.03),
            square=bool(rng.random() < 0.5),
            material="wood",
        ),
        head=rng.uniform(0.16, 0.2) if rng.random() < 0.5 else 0.0,
    )


def bistro(rng: np.random.Generator) -> Chair:
    """A bistro chair: a round seat, a bent hoop with spindles, splayed legs with stretchers."""
    size = rng.uniform(0.41, 0.46)
    cushion = float(rng.choice([0.0, 0.035]))
    return Chair(
        kind="bistro",
        seat=Seat(
            width=size,
            depth=size,
            height=rng.uniform(0.45, 0.48),
            board=0.03,
            cushion=cushion,
            power=2.0,
            material="fabric" if cushion else str(rng.choice(["wood", "plastic"])),
        ),
        back=Back(
            style="hoop",
            width=0.84 * size,
            height=rng.uniform(0.4, 0.54),
            lean=rng.uniform(0.1, 0.2),
            curve=rng.uniform(0.04, 0.08),
            start=0.0,
            count=int(rng.integers(2, 6)),
            material="wood",
        ),
        arms=Arms(style="loop" if rng.random() < 0.3 else "none", height=rng.uniform(0.19, 0.22)),
        base=Base(
            style="legs",
            radius=rng.uniform(0.016, 0.02),
            reach=rng.uniform(0.02, 0.05),
            stretchers=True,
            material="wood",
        ),
    )
