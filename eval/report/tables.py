"""Numbers as tables: the text of each cell, and which value of a row is best."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.evaluate import TransferSummary
from eval.report.contents import LossTerm, Section
from eval.view_synthesis import SynthesisSummary

NOTHING = "–"
ENDLESS = "∞"


@dataclass(frozen=True)
class Cell:
    """A cell's text, and whether it is the best of those it is compared with."""

    text: str
    best: bool = False


@dataclass(frozen=True)
class Table:
    """Column heads, over them groups of columns (name, span) where there are any, and rows of (name, cells)."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    groups: tuple[tuple[str, int], ...] = ()


def percent(share: float) -> str:
    """A share in percent, one decimal."""
    return f"{100 * share:.1f}"


def decibel(value: float) -> str:
    """PSNR in dB, two decimals."""
    return ENDLESS if math.isinf(value) else f"{value:.2f}"


def similarity(value: float) -> str:
    """SSIM, three decimals."""
    return f"{value:.3f}"


def compared(values: Sequence[float | None], text_of: Callable[[float], str]) -> tuple[Cell, ...]:
    """Cells of values to compare, higher being better; a dash for None.

    What reads the same as the best is marked too. Nothing is marked where all that is known reads the same.
    """
    known = [value for value in values if value is not None]
    best = text_of(max(known)) if len({text_of(value) for value in known}) > 1 else None
    texts = [NOTHING if value is None else text_of(value) for value in values]
    return tuple(Cell(text, text == best) for text in texts)


def transfer_table(summaries: Sequence[TransferSummary]) -> Table:
    """A row for each metric, a column for each descriptor, and over how many pairs the mean goes.

    All summaries are of the same pairs and thresholds; there is at least one.
    """
    first = summaries[0]
    keypoint_pairs = Cell(f"{first.keypoint_pairs} of {first.pairs}")
    rows = [
        (
            f"PCK below {threshold:g} px, %",
            (*compared([None if s.pck is None else s.pck[index] for s in summaries], percent), keypoint_pairs),
        )
        for index, threshold in enumerate(first.thresholds)
    ]
    iou = compared([summary.iou for summary in summaries], percent)
    rows.append(("Part IoU, %", (*iou, Cell(f"{first.part_pairs} of {first.pairs}"))))
    return Table(("Metric", *(summary.descriptor for summary in summaries), "Pairs"), tuple(rows))


def synthesis_table(summary: SynthesisSummary) -> Table:
    """PSNR and SSIM of the rendered views beside those of the source image put in their place."""
    both = (summary.rendered, summary.source_image)
    psnr = compared([None if metrics is None else metrics.psnr for metrics in both], decibel)
    ssim = compared([None if metrics is None else metrics.ssim for metrics in both], similarity)
    views = Cell(str(summary.views))
    return Table(
        ("Metric", "rendered", "source image", "Views"), (("PSNR, dB", (*psnr, views)), ("SSIM", (*ssim, views)))
    )


def loss_table(terms: Sequence[LossTerm]) -> Table:
    """Each term's size at the beginning and the end, and its share of the weighted sum at the end."""
    total = sum(term.weight * term.last for term in terms)
    rows = []
    for term in terms:
        weighted = term.weight * term.last
        share = percent(weighted / total) if total > 0 else NOTHING
        numbers = (f"{term.weight:g}", f"{term.first:.3g}", f"{term.last:.3g}", f"{weighted:.3g}", share)
        rows.append((term.name, tuple(Cell(number) for number in numbers)))
    return Table(("Term", "weight", "first", "last", "weight × last", "share, %"), tuple(rows))


def overview_table(sections: Sequence[Section]) -> Table:
    """A row for each section: the descriptor and its baseline at the widest threshold, and the rendered views."""
    widest = max((s.thresholds[-1] for section in sections for s in section.transfer), default=0)
    groups = (("", 1), (f"PCK below {widest:g} px, %", 2), ("Part IoU, %", 2), ("PSNR, dB", 2))
    heads = ("Category, teacher", "field", "teacher", "field", "teacher", "rendered", "source image")
    rows = []
    for section in sections:
        both = (section.of(section.subject), section.of(section.baseline))
        views = (section.synthesis.rendered, section.synthesis.source_image)
        cells = (
            *compared([None if one.pck is None else one.pck[-1] for one in both], percent),
            *compared([one.iou for one in both], percent),
            *compared([None if metrics is None else metrics.psnr for metrics in views], decibel),
        )
        rows.append((f"{section.category}, {section.teacher}", cells))
    return Table(heads, tuple(rows), groups)
