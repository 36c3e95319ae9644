"""Titles of tasks, and the texts under the titles of tasks and groups of pictures."""

from eval.descriptors.position import POSITION
from eval.transfer.transfer_result import Task

TASK_TITLES: dict[Task, str] = {
    "2d-cross-instance": "2D cross instance",
    "2d-other-camera": "2D cross instance, another camera",
    "2d-novel-view": "2D novel view",
    "3d-cross-instance": "3D cross instance",
}
TASK_TEXTS: dict[Task, str] = {
    "2d-cross-instance": "From a view of one object to a view of another; each is known from its own image. One camera "
    "sees both.",
    "2d-other-camera": "The same pairs, but another camera sees the target: a match by position alone helps far less.",
    "2d-novel-view": "From a view of an object to another view of it; the image of the first view alone is known.",
    "3d-cross-instance": "From points of one object to points of another; each is known from its own image.",
}
POSITION_TEXT = (
    f"{POSITION} is a control: it knows only where a cell lies in the image, so its match is the place nearest to the "
    "source's."
)
GROUP_TEXTS: dict[str, str] = {
    "at a glance": "A pair of middling score, the target seen by another camera.",
    "data": "What the objects look like and how they are labelled.",
    "features": "Three principal components as colours, one basis for all maps of a picture: equal colours mean equal "
    "features.",
    "best pairs": "The pairs with the highest scores. They show what can go right, not what is usual.",
    "worst pairs": "The pairs with the lowest scores. They show what can go wrong, not what is usual.",
    "spread pairs": "Pairs at even distances in the list, whatever their scores. They show what is usual.",
    "other camera": "Pairs at even distances in the list, whatever their scores. Another camera sees the target.",
    "novel views": "The field sees one image and renders the other views.",
}
