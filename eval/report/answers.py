"""The first screen's answers: who wins, is it sure, what goes wrong, did the training converge, which settings."""

from dataclasses import dataclass

from eval.report.contents import Section
from eval.report.convergence import convergence
from eval.report.verdict import Verdict

WORST = "worst pairs"


@dataclass(frozen=True)
class Answer:
    """A question, its answer in a few words, and where on the page the rest stands: `link` is an anchor."""

    question: str
    answer: str
    link: str
    more: str


def answers(section: Section, outcome: Verdict, anchor: str) -> tuple[Answer, ...]:
    """Answer five questions on a section, whose parts have anchors that begin with `anchor`."""
    return (
        Answer("Which descriptor wins?", _wins(outcome), f"{anchor}-scores", "All scores"),
        Answer("Is it sure?", _sure(outcome), f"{anchor}-tasks", "Task by task"),
        Answer("What goes wrong?", _worst(section), f"{anchor}-worst", "The worst pairs"),
        Answer("Did training converge?", _training(section), f"{anchor}-training", "Training"),
        Answer("Which settings?", _settings(section), "settings", "All settings"),
    )


def _wins(outcome: Verdict) -> str:
    if not outcome.winner:
        return "Not measured"
    if not outcome.scores:
        return outcome.winner
    if 2 * outcome.wins <= outcome.scores:
        return f"None clearly: {outcome.winner} is best in {outcome.wins} of {outcome.scores} scores"
    return f"{outcome.winner}: best in {outcome.wins} of {outcome.scores} scores"


def _sure(outcome: Verdict) -> str:
    if not outcome.leads:
        return "Not measured"
    if outcome.sure == outcome.leads:
        return f"Yes, in all {outcome.leads} scores"
    lost = f"; surely worse in {outcome.lost}" if outcome.lost else ""
    return f"In {outcome.sure} of {outcome.leads} scores against {outcome.rival}{lost}"


def _worst(section: Section) -> str:
    captions = (picture.caption for group in section.pictures if group.name == WORST for picture in group.pictures)
    return next(captions, "No pair to show").rstrip(".")


def _training(section: Section) -> str:
    if not section.training:
        return "No training is recorded"
    whole = section.training[0]
    return f"Loss {convergence(whole).short}" if whole.steps else "Untrained"


def _settings(section: Section) -> str:
    steps = f"{section.training[0].steps} steps, " if section.training else ""
    return f"{steps}{section.objects.get('train', 0)} training objects, teacher {section.teacher}"
