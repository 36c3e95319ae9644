"""Rows of a table that are no competitors: they say how far a match without any knowledge of the object gets."""

from eval.descriptors.position import POSITION
from eval.report.contents import Section
from eval.transfer.chance import CHANCE

CONTROLS = (POSITION, CHANCE)
POSITION_TEXT = (
    f"{POSITION} is a control: it knows only where a cell lies in the image, so its match is the place nearest to the "
    "source's."
)


def control_text(section: Section) -> str:
    """Explain the control in a sentence; empty where no task has it."""
    return POSITION_TEXT if any(row.descriptor == POSITION for task in section.tasks for row in task.rows) else ""
