"""View synthesis results as the report shows them."""

from collections.abc import Sequence
from dataclasses import replace

from eval.report.evaluated_field import EvaluatedField
from eval.synthesis.synthesis_summary import SynthesisDifference, SynthesisSummary, ViewScores, compare_synthesis

SOURCE_IMAGE = "source image"


def synthesis_rows(fields: Sequence[EvaluatedField]) -> tuple[SynthesisSummary, ...]:
    """Gather the views that each field renders, and the source image in their place."""
    rows = [replace(field.statistics.synthesis["rendered"], way=field.field.title) for field in fields]
    return (*rows, replace(fields[0].statistics.synthesis["source_image"], way=SOURCE_IMAGE))


def synthesis_differences(fields: Sequence[EvaluatedField]) -> tuple[SynthesisDifference, ...]:
    """The whole field less each of its ablations, and less the source image, on the same views."""
    whole, *ablations = fields
    others: list[tuple[str, ViewScores]] = [(field.field.title, _rendered(field)) for field in ablations]
    others.append((SOURCE_IMAGE, {view.pair: view.source_image for view in whole.views}))
    return tuple(compare_synthesis(whole.field.title, _rendered(whole), name, scores) for name, scores in others)


def _rendered(field: EvaluatedField) -> ViewScores:
    return {view.pair: view.rendered for view in field.views}
