"""The verdict of a section: which descriptor wins, by how much, and whether that is sure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from eval.report.contents import Section, TransferTask
from eval.report.controls import CONTROLS
from eval.report.numbers import is_number
from eval.report.sentences import Standing, lead_sentence, negated, points, quoted, standing
from eval.statistics.intervals import Interval
from eval.statistics.summary import Difference, TransferDifference
from eval.transfer.transfer_result import TASKS, Task

Surety: TypeAlias = Literal["sure", "partly sure", "undecided", "not measured"]
NOT_COMPARED = "Transfer was not measured: no two test objects have keypoints or parts in common."


@dataclass(frozen=True)
class Score:
    """The means of the descriptors at one task, controls left out; `what` is `keypoints` or `parts`."""

    task: Task
    what: str
    means: Mapping[str, float]

    @property
    def best(self) -> str:
        """The descriptor with the largest mean; the first of equals."""
        return max(self.means, key=lambda name: self.means[name])


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
    scores = section_scores(section)
    names = {name for score in scores for name in score.means}
    if len(names) < 2:
        return Verdict("not measured", NOT_COMPARED if not names else f"Only {names.pop()} was measured.")
    winner = _winner(scores)
    rival, leads = _rival(section, winner, names)
    wins = sum(score.best == winner for score in scores)
    if not leads:
        return Verdict("not measured", f"{_first(winner)} is best in {wins} of {len(scores)} scores.", winner=winner)
    standings = [standing(lead) for _, _, lead in leads]
    told = {"wins": wins, "scores": len(scores), "sure": standings.count("better"), "lost": standings.count("worse")}
    surety, text, more = _words(section, _firsts(scores), (winner, rival), leads)
    return Verdict(surety, text, more, winner, rival, leads=len(leads), **told)


def section_scores(section: Section) -> tuple[Score, ...]:
    """Collect the means of each task: keypoints at the largest threshold, then parts. What has no mean is left out."""
    tasks = [task for name in TASKS if (task := section.task(name)) is not None]
    scores = [score for task in tasks for score in (_score(task, "keypoints"), _score(task, "parts"))]
    return tuple(score for score in scores if score.means)


def _score(task: TransferTask, what: str) -> Score:
    values: dict[str, Interval | None] = {
        row.descriptor: row.iou if what == "parts" else row.pck[-1] if row.pck else None
        for row in task.rows
        if row.descriptor not in CONTROLS
    }
    return Score(task.name, what, {name: v.mean for name, v in values.items() if v and is_number(v.mean)})


def _winner(scores: Sequence[Score]) -> str:
    firsts = _firsts(scores)
    return max(firsts, key=lambda name: (firsts[name], np.mean([score.means.get(name, 0) for score in scores])))


def _firsts(scores: Sequence[Score]) -> Counter[str]:
    """Count in how many scores each descriptor is best."""
    return Counter(score.best for score in scores)


Lead: TypeAlias = tuple[TransferTask, str, Difference]


def _rival(section: Section, winner: str, names: set[str]) -> tuple[str, list[Lead]]:
    """Choose whom the winner is compared with: the teacher's map, else another with which it was compared."""
    order = sorted(names - {winner}, key=lambda name: (name != section.teacher_map, name != "internal", name))
    for rival in order:
        leads = [lead for name in TASKS if (task := section.task(name)) for lead in _leads(task, winner, rival)]
        if leads:
            return rival, leads
    return "", []


def _leads(task: TransferTask, winner: str, rival: str) -> list[Lead]:
    for compared in task.differences:
        names = compared.descriptor, compared.baseline
        if names in ((winner, rival), (rival, winner)):
            return [
                (task, what, value if names[0] == winner else negated(value))
                for what, value in _measured(compared)
                if standing(value) != "not measured"
            ]
    return []


def _measured(compared: TransferDifference) -> list[tuple[str, Difference]]:
    values = (("keypoints", compared.pck[-1] if compared.pck else None), ("parts", compared.iou))
    return [(what, value) for what, value in values if value is not None]


def _words(
    section: Section, firsts: Counter[str], names: tuple[str, str], leads: Sequence[Lead]
) -> tuple[Surety, str, str]:
    """Say how sure the outcome is, then in a sentence who wins and by how much, and in another how sure that is.

    Keypoints are what is told, or parts where there are none. Who is best in half of the scores or fewer wins nothing.
    """
    winner, rival = names
    what = "keypoints" if any(of_what == "keypoints" for _, of_what, _ in leads) else "parts"
    shown = [lead for _, of_what, lead in leads if of_what == what]
    standings, objects, total = [standing(lead) for lead in shown], section.test_objects, firsts.total()
    sure = standings.count("better")
    surety: Surety = "sure" if sure == len(shown) else "partly sure" if sure else "undecided"
    size = f"{_size(shown)} than {quoted(rival)} on {objects} unseen objects"
    if 2 * firsts[winner] <= total:
        others = [f"{quoted(name)} in {count}" for name, count in firsts.most_common() if name != winner]
        text = f"No descriptor wins clearly: {quoted(winner)} is best in {firsts[winner]} of {total} scores"
        more = f"For {what}, {quoted(winner)} is {size}. {_surety(standings)}"
        return "undecided", f"{', '.join([text, *others])}.", more
    if len(shown) == 1:
        return surety, f"{_first(lead_sentence(winner, rival, shown[0], f'for {what}', objects))}.", ""
    begin = f"{_first(quoted(winner))} {'wins' if sure else 'is ahead'}: for {what} it is {size}."
    return surety, begin, _surety(standings)


def _size(leads: Sequence[Difference]) -> str:
    """The range of some leads in words: `3.1 to 12.0 points better`."""
    low, high = min(lead.mean for lead in leads), max(lead.mean for lead in leads)
    if low < 0 < high:
        return f"between {points(low)} worse and {points(high)} better"
    small, large = (points(lead) for lead in ((low, high) if low >= 0 else (high, low)))
    size = large if small == large else f"{small.removesuffix(' points')} to {large}"
    return f"{size} {'better' if low >= 0 else 'worse'}"


def _surety(standings: Sequence[Standing]) -> str:
    sure, lost, total = standings.count("better"), standings.count("worse"), len(standings)
    if sure == total:
        return f"This is sure in all {total} tasks."
    rest = total - sure - lost
    undecided = f", undecided in {rest}" if rest else ""
    if lost:
        return f"It is surely better in {sure} of {total} tasks, surely worse in {lost}{undecided}."
    if not sure:
        return f"In none of the {total} tasks is this sure: the objects are too few, or the scores too close."
    return f"This is sure in {sure} of {total} tasks{undecided}."


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
