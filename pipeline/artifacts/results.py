"""Files that the evaluate stage writes below results/: their names and their fingerprint."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.settings import Evaluate, Report
from pipeline.datasets.records import ObjectKey
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS, digest_of

RESULTS = Path("results")
PAIRS, VIEWS, STATISTICS, METRICS = "pairs.parquet", "views.parquet", "statistics.json", "metrics.json"
PICTURES, CAPTIONS = "pictures", "captions.json"
RESULT_FILES = (PAIRS, VIEWS, METRICS, f"{PICTURES}/*")  # whose checksums the statistics have


def results_fingerprint(
    run: str,
    stored: StoredViews,
    labels: OpenedStore,
    other_teachers: Sequence[StoredViews],
    test_keys: Sequence[ObjectKey],
    longest_edge: float,
    evaluate: Evaluate,
    report: Report,
) -> str:
    """Name results by the trained run, the labels and maps of the test objects, and what is measured and shown."""
    pairs = stored.manifest.pairs
    return digest_of(
        {
            "run": run,
            "test_objects": stored.contents(test_keys),
            "other_maps": [other.contents(test_keys) for other in other_teachers],
            "labels": [labels.rows[key].content for key in test_keys],
            "pairs": [[asdict(pair) for pair in kind] for kind in (pairs.cross_instance, pairs.cross_view)],
            "longest_edge": longest_edge,
            "evaluate": evaluate.model_dump(),
            "report": report.model_dump(),
        }
    )[:FINGERPRINT_CHARACTERS]
