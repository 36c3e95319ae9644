"""The verdict of a section: which descriptor wins, by how much, and whether that is sure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from eval.report.contents import CONTROLS, Section
from eval.report.sentences import (
    What,
    first_letter,
    lead_sentence,
    negated,
    points,
    quoted,
    standing,
    told_values,
)
from eval.statistics.summary import Difference

Surety: TypeAlias = Literal["sure", "partly sure", "undecided", "not measured"]
NOT_COMPARED = "Transfer was not measured: no two test objects have keypoints or parts in common."


@dataclass(frozen=True)
class Verdict:
    """The outcome of a section: a sentence, and what to know beside it.

    `surety` is of the scores that `text` speaks of: is the winner surely ahead of `rival` in all or in some? `wins` of
    `scores` scores are the winner's; in `sure` of `leads` it is surely better than `rival`, in `lost` surely worse.
    """

    surety: Surety
    text: str
    more: str = ""
    winner: str = ""
    rival: str = ""
    wins: int = 0
    scores: int = 0
    sure: int = 0
    lost: int = 0
    leads: int = 0


def verdict(section: Section) -> Verdict:
    """Judge by all tasks: the winner is the descriptor that is best in most scores.

    Of descriptors that are best equally often the one with the larger mean over all scores wins.
    """
    scores = _scores(section)
    names = {name for means in scores for name in means}
    if len(names) < 2:
        return Verdict("not measured", NOT_COMPARED if not names else f"Only {names.pop()} was measured.")
    firsts = Counter(max(means, key=lambda name: means[name]) for means in scores)
    winner = max(firsts, key=lambda name: (firsts[name], np.mean([means.get(name, 0) for means in scores])))
    rival, leads = _rival(section, winner, names)
    if not leads:
        text = f"{first_letter(winner)} is best in {firsts[winner]} of {len(scores)} scores."
        return Verdict("not measured", text, winner=winner)
    surety, text, more = _words(section, firsts, (winner, rival), leads)
    sure, lost = _counted([lead for _, lead in leads])
    return Verdict(surety, text, more, winner, rival, firsts[winner], len(scores), sure, lost, len(leads))


def _scores(section: Section) -> list[dict[str, float]]:
    """Collect the means of the descriptors, without controls: of each task its keypoints, then its parts."""
    scores: list[dict[str, float]] = []
    for task in section.tasks:
        told = {row.descriptor: told_values(row) for row in task.rows if row.descriptor not in CONTROLS}
        kinds: tuple[What, ...] = ("keypoints", "parts")
        scores += [{name: values[what].mean for name, values in told.items() if what in values} for what in kinds]
    return [means for means in scores if means]


Lead: TypeAlias = tuple[What, Difference]


def _rival(section: Section, winner: str, names: set[str]) -> tuple[str, list[Lead]]:
    """Choose the method to compare the winner with: the teacher's map, else another that it was compared with."""
    for rival in sorted(names - {winner}, key=lambda name: (name != section.teacher_map, name != "internal", name)):
        leads: list[Lead] = []
        for compared in (difference for task in section.tasks for difference in task.differences):
            if (compared.descriptor, compared.baseline) == (winner, rival):
                leads += told_values(compared).items()
            elif (compared.descriptor, compared.baseline) == (rival, winner):
                leads += [(what, negated(value)) for what, value in told_values(compared).items()]
        if leads:
            return rival, leads
    return "", []


def _words(
    section: Section, firsts: Counter[str], names: tuple[str, str], leads: Sequence[Lead]
) -> tuple[Surety, str, str]:
    """Say how sure the outcome is, then in a sentence who wins and by how much, and in another how sure that is.

    Keypoints are what is told, or parts where there are none. Who is best in half of the scores or fewer wins nothing.
    """
    winner, rival = names
    what = "keypoints" if any(of_what == "keypoints" for of_what, _ in leads) else "parts"
    shown = [lead for of_what, lead in leads if of_what == what]
    objects, total, (sure, _) = section.objects.get("test", 0), firsts.total(), _counted(shown)
    surety: Surety = "sure" if sure == len(shown) else "partly sure" if sure else "undecided"
    size = f"{_size(shown)} than {quoted(rival)} on {objects} unseen objects"
    if 2 * firsts[winner] <= total:
        others = [f"{quoted(name)} in {count}" for name, count in firsts.most_common() if name != winner]
        text = f"No descriptor wins clearly: {quoted(winner)} is best in {firsts[winner]} of {total} scores"
        more = f"For {what}, {quoted(winner)} is {size}. {_surety(shown)}"
        return "undecided", f"{', '.join([text, *others])}.", more
    if len(shown) == 1:
        return surety, f"{first_letter(lead_sentence(winner, rival, shown[0], f'for {what}', objects))}.", ""
    begin = f"{first_letter(quoted(winner))} {'wins' if sure else 'is ahead'}: for {what} it is {size}."
    return surety, begin, _surety(shown)


def _size(leads: Sequence[Difference]) -> str:
    """The range of some leads in words: `3.1 to 12.0 points better`."""
    low, high = min(lead.mean for lead in leads), max(lead.mean for lead in leads)
    if low < 0 < high:
        return f"between {points(low)} worse and {points(high)} better"
    small, large = (points(lead) for lead in ((low, high) if low >= 0 else (high, low)))
    size = large if small == large else f"{small.removesuffix(' points')} to {large}"
    return f"{size} {'better' if low >= 0 else 'worse'}"


def _counted(leads: Sequence[Difference]) -> tuple[int, int]:
    """Count the leads that are surely better, and those that are surely worse."""
    standings = [standing(lead) for lead in leads]
    return standings.count("better"), standings.count("worse")


def _surety(leads: Sequence[Difference]) -> str:
    (sure, lost), total = _counted(leads), len(leads)
    if sure == total:
        return f"This is sure in all {total} tasks."
    rest = total - sure - lost
    undecided = f", undecided in {rest}" if rest else ""
    if lost:
        return f"It is surely better in {sure} of {total} tasks, surely worse in {lost}{undecided}."
    if not sure:
        return f"In none of the {total} tasks is this sure: the objects are too few, or the scores too close."
    return f"This is sure in {sure} of {total} tasks{undecided}."
