"""Kinds of chairs on a star, a pedestal or bent tubes. Each function draws the dimensions of one chair."""

import numpy as np

from pipeline.synthetic.chair.dimensions import Arms, Back, Base, Chair, Seat


def office(rng: np.random.Generator) -> Chair:
    """An office chair: a swivel chair with a star base on casters, padded seat and back, often arms and a head rest."""
    width = rng.uniform(0.48, 0.54)
    return Chair(
        kind="office",
        seat=Seat(
            width=width,
            depth=rng.uniform(0.46, 0.5),
            height=rng.uniform(0.46, 0.52),
            board=0.03,
            cushion=rng.uniform(0.06, 0.09),
            power=4.5,
            material="fabric",
        ),
        back=Back(
            style="pad",
            width=width - 0.05,
            height=rng.uniform(0.5, 0.66),
            lean=rng.uniform(0.1, 0.22),
            curve=rng.uniform(0.04, 0.09),
            start=0.14,
            material="second",
        ),
        arms=Arms(style="tee" if rng.random() < 0.7 else "none", height=rng.uniform(0.19, 0.24)),
        base=Base(style="star", radius=0.03, reach=rng.uniform(0.28, 0.33), material="metal"),
        head=rng.uniform(0.13, 0.18) if rng.random() < 0.6 else 0.0,
    )


def pedestal(rng: np.random.Generator) -> Chair:
    """A pedestal chair: a round seat on one foot, a curved shell behind it."""
    size = rng.uniform(0.46, 0.52)
    cushion, height = rng.uniform(0.03, 0.06), rng.uniform(0.34, 0.48)
    return Chair(
        kind="pedestal",
        seat=Seat(
            width=size,
            depth=size,
            height=rng.uniform(0.45, 0.5),
            board=0.04,
            cushion=cushion,
            power=2.0,
            material="fabric",
        ),
        back=Back(
            style="shell",
            width=0.94 * size,
            height=height,
            lean=rng.uniform(0.12, 0.22),
            curve=rng.uniform(0.14, 0.2),
            start=-(cushion + 0.012) / height,
            material="plastic",
        ),
        arms=Arms(style="none", height=0.2),
        base=Base(style="pedestal", radius=rng.uniform(0.022, 0.032), reach=rng.uniform(0.2, 0.25), material="plastic"),
    )


def tubular(rng: np.random.Generator) -> Chair:
    """A tubular chair: a bent tube carries a seat and a back of board or pad."""
    width = rng.uniform(0.44, 0.5)
    cantilever = bool(rng.random() < 0.5)
    return Chair(
        kind="tubular",
        seat=Seat(
            width=width,
            depth=rng.uniform(0.43, 0.48),
            height=rng.uniform(0.44, 0.48),
            board=0.022,
            cushion=float(rng.choice([0.0, 0.03])),
            power=6.0,
            material="second",
        ),
        back=Back(
            style=str(rng.choice(["board", "pad"])),
            width=width - 0.03,
            height=rng.uniform(0.36, 0.46),
            lean=rng.uniform(0.14, 0.24),
            curve=0.03,
            start=0.42,
            material="second",
        ),
        arms=Arms(style="loop" if rng.random() < 0.6 else "none", height=rng.uniform(0.19, 0.23)),
        base=Base(style="cantilever" if cantilever else "sled", radius=0.013, material="metal"),
    )
