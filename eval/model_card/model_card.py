"""A model card in plain Markdown: what a field is, how it was made, how good it is, and how to load it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.distillation.distillation_summary import KIND_TITLES, Distillation
from eval.distillation.verdict import DistillationVerdict, distillation_verdict, interval_text

Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ModelCard:
    """The contents of a card: facts are pairs of a name and a value.

    `distillation` is empty for a field without feature loss. `teacher_licence` is the licence of the teacher's weights,
    in words that end without a full stop.
    """

    field: str
    category: str
    data: Facts
    teacher: Facts
    training: Facts
    distillation: Distillation
    teacher_licence: str


def card_markdown(card: ModelCard) -> str:
    """Write the card. Equal cards give equal text."""
    verdict = distillation_verdict(card.distillation)
    what = (
        f"A FeatureNeRF field of the category {card.category}. From one image of an object with its camera it predicts "
        "density, colour and features at every 3D point."
    )
    blocks = [
        f"# {card.field}",
        what,
        *([] if verdict is None else [_verdict(verdict)]),
        *_section("Data", _table(("", ""), card.data)),
        *_section("Teacher", _table(("", ""), card.teacher)),
        *_section("Training", _table(("", ""), card.training)),
        *([] if verdict is None else _section("Distillation", *_distillation(card.distillation))),
        *_section("Licence", f"The field and the code: Apache-2.0. The teacher's weights: {card.teacher_licence}."),
        *_section("Load it", _python(card.field)),
    ]
    return "\n\n".join(blocks) + "\n"


def _verdict(verdict: DistillationVerdict) -> str:
    return f"**Warning.** {verdict.text}" if verdict.is_warning else verdict.text


def _distillation(distillation: Distillation) -> Iterable[str]:
    yield (
        "R^2 is the share of the teacher's variance that a feature explains, over the cells of the teacher's maps that "
        "show an object. No constant has more than 0. In brackets: 95% intervals, objects resampled. Each object is "
        "seen from one view; the feature is rendered in another."
    )
    heads = ("feature", "measured on", "R^2", "mean cosine", "objects", "views", "cells")
    rows = []
    for kind, summary in distillation.items():
        measured = (str(summary.objects), str(summary.views), str(summary.cells))
        for name, scores in (("distilled", summary.field), ("constant mean", summary.constant)):
            texts = (interval_text(value, summary.has_interval) for value in (scores.r2, scores.cosine))
            rows.append((name, KIND_TITLES[kind], *texts, *measured))
    yield _table(heads, rows)


def _section(title: str, *blocks: str) -> tuple[str, ...]:
    return (f"## {title}", *blocks)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def _python(field: str) -> str:
    lines = ("```python", "import featurenerf", f'field = featurenerf.load_field("models/{field}")')
    return "\n".join(
        (*lines, 'seen = field.see(featurenerf.prepare_photo("photo.png"), azimuth=30, elevation=20)', "```")
    )
