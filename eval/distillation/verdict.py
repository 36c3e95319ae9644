"""Say in one sentence whether a field has learnt a feature of its teacher."""

from dataclasses import dataclass
from typing import Literal

from eval.distillation.distillation_summary import KIND_TITLES, Distillation, DistillationSummary, Kind
from eval.statistics.intervals import Interval


@dataclass(frozen=True)
class DistillationVerdict:
    """A sentence on the distilled feature, and whether it is better than the constant mean feature.

    `undecided`: it is better on the measured objects, but the interval of the difference holds 0.
    """

    standing: Literal["better", "undecided", "worse"]
    text: str

    @property
    def is_warning(self) -> bool:
        """Tell whether a reader must be warned of the distilled feature."""
        return self.standing != "better"


def distillation_verdict(distillation: Distillation) -> DistillationVerdict | None:
    """Judge by unseen objects; by held-out views where no unseen object was measured. None if nothing was."""
    unseen, held_out = (distillation.get(kind) for kind in ("unseen-objects", "held-out-views"))
    if unseen is not None:
        return _verdict("unseen-objects", unseen, held_out)
    return None if held_out is None else _verdict("held-out-views", held_out, None)


def standing_of(summary: DistillationSummary) -> Literal["better", "undecided", "worse"]:
    """Say `better` if the interval of the gain lies above 0, or without an interval if the gain does.

    A feature with R^2 <= 0 is `worse` in any case: some constant is nearer to the teacher.
    """
    if summary.gain.mean <= 0 or summary.field.r2.mean <= 0:
        return "worse"
    return "better" if not summary.has_interval or summary.gain.low > 0 else "undecided"


def interval_text(ranged: Interval, known: bool) -> str:
    """`0.41 [0.38, 0.44]`; without the interval unless it is `known`."""
    bounds = f" [{_decimals(ranged.low)}, {_decimals(ranged.high)}]" if known else ""
    return f"{_decimals(ranged.mean)}{bounds}"


def _verdict(kind: Kind, summary: DistillationSummary, held_out: DistillationSummary | None) -> DistillationVerdict:
    where, standing = KIND_TITLES[kind], standing_of(summary)
    numbers, constant = (
        f"R^2 {interval_text(summary.field.r2, summary.has_interval)}",
        _decimals(summary.constant.r2.mean),
    )
    if not summary.has_interval:
        numbers += "; one object is too few for an interval"
    if standing == "better":
        text = (
            f"The distilled feature explains {_share(summary)} of the teacher's variance on {where} ({numbers}); "
            f"the constant mean feature explains 0% (R^2 {constant})."
        )
    elif standing == "undecided":
        text = (
            f"The distilled feature is not clearly better than the constant mean feature on {where} ({numbers}, "
            f"against {constant}): what it explains on these {summary.objects} objects may be chance."
        )
    else:
        fails = "is no better than the constant mean feature" if summary.gain.mean <= 0 else "explains nothing"
        text = f"The distilled feature {fails} on {where} ({numbers}, against {constant}): {_learnt(held_out)}."
    return DistillationVerdict(standing, text)


def _learnt(held_out: DistillationSummary | None) -> str:
    """Say what a field has learnt that explains nothing on unseen objects."""
    if held_out is None or standing_of(held_out) != "better":
        return "this field has learnt no feature of the teacher"
    return f"it explains {_share(held_out)} of the variance on {KIND_TITLES['held-out-views']}, and nothing beyond them"


def _share(summary: DistillationSummary) -> str:
    return f"{max(0.0, summary.field.r2.mean):.0%}"


def _decimals(value: float) -> str:
    text = f"{value:.2f}"
    return text.lstrip("-") if float(text) == 0 else text
