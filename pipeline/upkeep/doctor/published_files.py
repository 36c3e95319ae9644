"""Check that models, curves and results are the files that their stages wrote."""

from collections.abc import Iterator

from eval.statistics.stored_statistics import read_statistics
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import require_unchanged
from pipeline.artifacts.results import RESULTS, STATISTICS
from pipeline.artifacts.runs import CURVES, MODELS, RUN, read_run_record
from pipeline.errors import UserError
from pipeline.upkeep.doctor.finding import Finding, finding_of
from pipeline.upkeep.host import Host


def check_published(_project: Project, _host: Host) -> Iterator[Finding]:
    """Compare every file of models, curves and results in this folder with its checksum."""
    fields = sorted({path.parent.name for path in (*MODELS.glob(f"*/{RUN}"), *RESULTS.glob(f"*/{STATISTICS}"))})
    problems = 0
    for field in fields:
        for check in (_check_model, _check_results):
            try:
                check(field)
            except UserError as error:
                problems += 1
                yield finding_of(f"files: {field}", error)
    if not problems:
        yield Finding("files", "ok", f"the models, curves and results of {len(fields)} fields have their checksums")


def _check_model(field: str) -> None:
    if (MODELS / field / RUN).exists():
        record = read_run_record(field)
        require_unchanged(MODELS / field, record.model, "train", field)
        require_unchanged(CURVES / field, record.curves, "train", field)


def _check_results(field: str) -> None:
    if (RESULTS / field / STATISTICS).exists():
        require_unchanged(RESULTS / field, read_statistics(RESULTS / field, field).files, "evaluate", field)
