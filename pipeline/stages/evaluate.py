"""Stage evaluate: a trained field and labelled test views in, metrics and pictures out."""

from eval.distillation.verdict import distillation_verdict
from eval.distillation_probe import measure_distillation
from eval.evaluation_inputs import ends_of
from eval.interactive.field_surface import field_surfaces
from eval.interactive.match_cells import match_pair
from eval.interactive.stored_arrays import write_matches, write_surfaces
from eval.opened_field import OpenedField, open_field
from eval.pictures.evaluation_pictures import evaluation_pictures
from eval.pictures.glance_pictures import glance_pair
from eval.pictures.pair_picture import draw_pair, pair_lines, pair_of
from eval.pictures.stored_pictures import write_pictures
from eval.result_tables import write_pair_table, write_view_table
from eval.statistics.stored_statistics import field_statistics, write_statistics
from eval.synthesis.perceptual_distance import open_lpips
from eval.synthesis.view_synthesis import evaluate_synthesis, synthesis_tasks
from eval.transfer.field_transfer import FieldTransfer, thresholds_by_task
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import one_at_a_time
from pipeline.artifacts.results import METRICS, PAIRS, PICTURES, RESULTS, STATISTICS, VIEWS
from pipeline.artifacts.stored_views import require
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Settings
from pipeline.executors.devices import device_named
from pipeline.progress import say


def evaluate_field(settings: Settings, field: FieldName) -> None:
    """Measure one trained field on the test split. Raises UserError, also if another evaluation of it is at work."""
    project = Project(settings)
    opened = open_field(project, field)
    with one_at_a_time("evaluate", field.instance):
        _evaluate(project, field, opened)


def _evaluate(project: Project, field: FieldName, opened: OpenedField) -> None:
    settings = project.settings
    label, evaluate, edge = f"evaluate {field.instance}", settings.evaluate, settings.manifest.longest_edge
    inputs, answers = opened.inputs, opened.answers
    keys = require(inputs.test_keys(), "test", field.category)
    # Missing weights stop the stage before anything is measured.
    lpips = None if evaluate.lpips is None else open_lpips(evaluate.lpips, device_named(settings.machine.device))
    workers = settings.machine.workers
    transfer = FieldTransfer(evaluate, edge, workers, inputs, answers, opened.descriptors).measure(label)
    tasks = synthesis_tasks(keys, settings.camera.views, evaluate.synthesis_views)
    views = evaluate_synthesis(f"{label}: view synthesis", tasks, inputs.image, answers.renderer, lpips)
    train = project.train_section(field, inputs.stored)
    distillation = (
        measure_distillation(f"{label}: distillation", inputs.stored, tasks, answers.renderer, train.held_out_views)
        if train.feature_weight > 0
        else {}
    )
    statistics = field_statistics(
        inputs.results_fingerprint(opened.run, edge, evaluate, settings.report),
        answers.renderer.field.digest,
        transfer,
        views,
        [descriptor.name for descriptor in opened.descriptors],
        thresholds_by_task(evaluate, edge),
        distillation,
    )
    folder = RESULTS / field.instance
    # statistics.json comes last and says what it was made from: pictures and numbers are of one run or are refused.
    for name in (STATISTICS, METRICS):
        (folder / name).unlink(missing_ok=True)
    write_pair_table(folder / PAIRS, transfer.results)
    write_view_table(folder / VIEWS, views)
    pair = glance_pair(transfer.results, opened.own[0].name)
    matches = None if pair is None else match_pair(inputs, pair, (opened.own[0], *opened.baselines))
    pictures = evaluation_pictures(label, settings.camera, settings.report, opened, transfer.results, (pair, matches))
    write_pictures(folder / PICTURES, pictures)
    write_matches(folder / PICTURES, matches)
    known = [(keys[0], 0)] if pair is None else list(ends_of(pair))
    write_surfaces(folder / PICTURES, field_surfaces(f"{label}: surfaces", inputs, answers.renderer, known))
    write_statistics(folder, statistics)
    verdict = distillation_verdict(distillation)
    if verdict is not None:
        say(f"{label}: {verdict.text}")
    say(f"{label}: -> {folder / METRICS}")


def evaluate_pair(settings: Settings, field: FieldName, source: str, target: str, view: int) -> None:
    """Draw the transfer between two objects of any split seen from the pose with the number `view`; say its numbers.

    The picture is results/FIELD/pairs/SOURCE-TARGET-VIEW.png. Raises UserError for an object or a view that
    is not there.
    """
    opened = open_field(Project(settings), field)
    pair = pair_of(opened.inputs, source, target, view, settings.camera.views)
    path = RESULTS / field.instance / "pairs" / f"{source}-{target}-{view}.png"
    draw_pair(path, opened, pair)
    for line in (*pair_lines(opened, pair, settings.evaluate), f"-> {path}"):
        say(f"evaluate {field.instance}: {line}")
