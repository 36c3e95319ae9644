"""Warnings about views that were made elsewhere: without a background, or beyond near and far."""

from collections.abc import Mapping, Sequence
from typing import Any

ALL_OPAQUE = 0.999  # share of foreground above which a picture has no background


def doubtful_views(facts: Sequence[Mapping[str, Any]], near: float, far: float) -> list[str]:
    """Say which objects have no background, and which lie beyond near and far; one sentence for each of the two."""
    sentences = []
    opaque = sum(fact["foreground"] > ALL_OPAQUE for fact in facts)
    if opaque:
        sentences.append(
            f"{opaque} of {len(facts)} objects have no transparent background, so every pixel counts as the object: "
            "give the pictures an alpha channel"
        )
    bounded = [fact for fact in facts if fact["foreground"] <= ALL_OPAQUE]
    beyond = [fact for fact in bounded if fact["nearest"] < near or fact["farthest"] > far]
    if beyond:
        nearest, farthest = min(fact["nearest"] for fact in bounded), max(fact["farthest"] for fact in bounded)
        sentences.append(
            f"{len(beyond)} of {len(facts)} objects seem to be cut by camera.near {near:g} or camera.far {far:g}: all "
            f"lie {nearest:.3g} to {farthest:.3g} world units from their cameras; set near to {0.95 * nearest:.3g} and "
            f"far to {1.05 * farthest:.3g}, or change source.scale"
        )
    return sentences
