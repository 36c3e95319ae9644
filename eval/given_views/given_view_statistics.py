"""What was measured of a field on views that were made elsewhere, as a JSON file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.given_views.given_views import GivenViewResults, GivenViewTask, ObjectViews
from eval.statistics.intervals import RESAMPLES
from eval.synthesis.synthesis_summary import SynthesisSummary, summarise_synthesis
from eval.transfer.pairs import Pair
from pipeline.artifacts.results import RESULTS
from pipeline.stores.checked_json import write_checked
from pipeline.stores.typed_json import json_record

GIVEN_VIEWS = RESULTS / "views"


@dataclass(frozen=True)
class GivenViewStatistics:
    """PSNR and SSIM of a field. `summary` are means over objects of each object's mean over its rendered views.

    `model` is the digest of the model's files, `size` the side of the compared images in pixels. `skipped` says why
    objects were left out.
    """

    model: str
    layout: str
    category: str
    split: str
    size: int
    task: GivenViewTask
    summary: SynthesisSummary
    objects: tuple[ObjectViews, ...]
    skipped: Mapping[str, str]


def summarise_objects(results: GivenViewResults, task: GivenViewTask, resamples: int = RESAMPLES) -> SynthesisSummary:
    """Take means over objects with their intervals; every object counts once, whatever its number of views."""
    first = task.sources[0]
    scores = {Pair(each.key, first, each.key, first): each.means for each in results.objects}
    return summarise_synthesis(f"{len(task.sources)} source views", scores, resamples)


def given_views_file(instance: str, category: str, split: str, task: GivenViewTask) -> Path:
    """Return where the results of a model's folder name are written if nothing else is said."""
    return GIVEN_VIEWS / f"{instance}.{category}-{split}-{'-'.join(map(str, task.sources))}.json"


def write_given_view_statistics(path: Path, statistics: GivenViewStatistics) -> None:
    """Replace the file."""
    write_checked(path, json_record(statistics))
