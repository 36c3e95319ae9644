"""Results on photographs of the fields of a section, if they are of the present models."""

from collections.abc import Sequence

from eval.photos.photo_statistics import PhotoStatistics, read_photo_statistics
from pipeline.artifacts.runs import RunRecord
from pipeline.config.field_name import FieldName


def photo_results(
    fields: Sequence[FieldName],
    runs: Sequence[RunRecord],
) -> tuple[tuple[tuple[str, PhotoStatistics], ...], tuple[str, ...]]:
    """Read the results of each field by its title, and say which are of a model that was trained again since.

    Most fields have none: `pipeline evaluate-photos` is no stage. Raises UserError for a damaged file.
    """
    current, gaps = [], []
    for field, run in zip(fields, runs, strict=True):
        for path, statistics in read_photo_statistics(field.instance):
            if statistics.model == run.model_digest:
                current.append((field.title, statistics))
            else:
                gaps.append(f"{path} is of another model than {field.title}: run `pipeline evaluate-photos` again.")
    return tuple(current), tuple(gaps)
