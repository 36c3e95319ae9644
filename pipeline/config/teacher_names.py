"""The names of the teachers, for the settings; pipeline.teachers makes them."""

from pipeline.errors import UserError

TEACHER_NAMES = ("daisy", "dino", "dinov2", "dinov3", "ldm")
STAND_INS = ("daisy",)  # teachers without learned weights, for the demo and for tests


def check_teacher(name: str) -> None:
    """Raises UserError if no teacher is called `name`."""
    if name not in TEACHER_NAMES:
        raise UserError(f"teacher '{name}' is unknown; the teachers are {', '.join(TEACHER_NAMES)}.")
