"""The views of a training object that are never drawn in training, so that a field can be measured on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SplitViews:
    """The numbers of an object's views, ascending: those drawn in training, and those held out."""

    training: tuple[int, ...]
    held_out: tuple[int, ...]


def split_views(views: int, held_out: int) -> SplitViews:
    """Hold out `held_out` of `views` views: the middles of as many equal parts of the numbers 0 to `views` - 1.

    They are the same numbers for every object. No seed is needed: each training object has poses of its own, drawn at
    random. Raises ValueError if no view would be left.
    """
    if held_out >= views:
        raise ValueError(f"{held_out} of {views} views cannot be held out")
    held = tuple((2 * part + 1) * views // (2 * held_out) for part in range(held_out))
    return SplitViews(tuple(view for view in range(views) if view not in held), held)
