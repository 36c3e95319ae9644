"""A section of the report: one category and one teacher, from what the stages left."""

from eval.evaluation_inputs import open_evaluation_inputs
from eval.interactive.stored_arrays import read_matches, read_surfaces
from eval.pictures.stored_pictures import read_pictures
from eval.report.contents import Section
from eval.report.photos import photo_results
from eval.report.report_facts import data_facts, teacher_facts, training_of
from eval.report.report_results import read_evaluated, synthesis_differences, synthesis_rows, transfer_task
from eval.transfer.field_transfer import thresholds_by_task
from pipeline.artifacts.project import Project
from pipeline.artifacts.results import PICTURES
from pipeline.config.field_name import list_fields


def report_section(project: Project, category: str, teacher: str) -> Section:
    """Collect a section. Raises UserError if a stage has not run, or not with these settings and data."""
    settings, stored = project.settings, project.stored_views(category, teacher)
    inputs, manifest = open_evaluation_inputs(project, stored), stored.manifest
    edge = settings.manifest.longest_edge
    thresholds = thresholds_by_task(settings.evaluate, edge)
    fields = list_fields(category, teacher, settings.fields)
    runs = [project.require_run(field, stored) for field in fields]
    trained, evaluated = list(zip(fields, runs, strict=True)), []
    for field, run in trained:
        fingerprint = inputs.results_fingerprint(run.fingerprint, edge, settings.evaluate, settings.report)
        evaluated.append(read_evaluated(field, run, fingerprint, thresholds))
    opened = (stored.views, inputs.labels, stored.maps, *(other.stored.maps for other in inputs.others))
    receipts = [store.receipt for store in opened]
    failed = {name: reason for receipt in receipts for name, reason in receipt.failed.items()}
    notes = {item.id: "; ".join([*item.notes, *map(str, item.look_notes)]) for item in manifest.objects}
    objects = {split: len(manifest.of_split(split)) for split in ("train", "val", "test")}
    objects["train"] = min(objects["train"], settings.train.training_objects or objects["train"])
    pictures = evaluated[0].folder / PICTURES
    photos, photo_gaps = photo_results(fields, runs)
    return Section(
        category=category,
        teacher=teacher,
        stand_in=settings.network(teacher).kind == "daisy",
        objects=objects,
        views=settings.camera.views,
        dropped=tuple(sorted({**manifest.dropped, **failed}.items())),
        notes=tuple(sorted((name, note) for name, note in notes.items() if note)),
        tasks=tuple(transfer_task(thresholds[task], task, evaluated) for task in thresholds),
        synthesis=synthesis_rows(evaluated),
        synthesis_differences=synthesis_differences(evaluated),
        distilled=tuple(
            (each.named("distilled"), scores) for each in evaluated if (scores := each.statistics.distillation)
        ),
        training=tuple(training_of(project.train_section(field, stored), field, run) for field, run in trained),
        pictures=read_pictures(pictures, fields[0].instance),
        data_facts=data_facts(inputs),
        teacher_facts=teacher_facts(stored),
        matches=read_matches(pictures, fields[0].instance),
        surfaces=read_surfaces(pictures, fields[0].instance),
        photos=photos,
        photo_gaps=photo_gaps,
        stores=(
            *((f"{receipt.stage} {receipt.instance}", receipt.store, receipt.fingerprint) for receipt in receipts),
            *((f"train, {field.title}", run.run, run.fingerprint) for field, run in trained),
        ),
    )
