"""The needs of every stage put together: disk, the most memory, time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.artifacts.layouts import labels_layout, maps_layout, views_layout
from pipeline.config.settings import Settings
from pipeline.upkeep.plan import memory, seconds, sizes
from pipeline.upkeep.plan.load import CategoryLoad
from pipeline.upkeep.plan.machine import MachineFacts
from pipeline.upkeep.plan.seconds import Duration, Power, power_of

STAGES_OF_FIELDS = ("train", "evaluate")
STAGES_OF_TEACHERS = ("fit-projection", "cache-teachers", *STAGES_OF_FIELDS)


@dataclass(frozen=True)
class Need:
    """What a stage needs: bytes that it leaves on the disk, bytes of memory at a time, seconds, and by which rates.

    `objects` and `views` are those that it works on, each once for every teacher.
    """

    stage: str
    objects: int
    views: int
    disk: float
    memory: float
    seconds: float
    rates: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The needs of a run on this machine, stage by stage, and what they were reckoned from."""

    loads: tuple[CategoryLoad, ...]
    needs: tuple[Need, ...]
    machine: MachineFacts
    power: Power

    @property
    def total(self) -> Need:
        """Disk and time add up; of memory the greediest stage counts, because stages follow one another."""
        return Need(
            "total",
            sum(load.objects for load in self.loads),
            next(need.views for need in self.needs if need.stage == "render"),
            sum(need.disk for need in self.needs),
            max(need.memory for need in self.needs),
            sum(need.seconds for need in self.needs),
            (),
        )


def plan_run(settings: Settings, loads: Sequence[CategoryLoad], machine: MachineFacts) -> Plan:
    """The needs of all stages for these categories, from the start: what is there already is not taken off."""
    power = power_of(settings, machine)
    views = settings.camera.views
    by_stage: dict[str, list[Need]] = {
        stage: []
        for stage in ("synthesize", "manifest", "render", "label", *STAGES_OF_TEACHERS)
        if stage != "synthesize" or settings.source.kind == "made-up"
    }
    for load in loads:
        for stage, need in _of_category(settings, load, power):
            by_stage[stage].append(need)
        for teacher in settings.teachers:
            for stage, need in _of_teacher(settings, load, teacher, power):
                # An ablation costs about what the whole field does.
                fields = 1 + len(settings.ablations) if stage in STAGES_OF_FIELDS else 1
                by_stage[stage] += [need] * fields
    needs = [_together(stage, of) for stage, of in by_stage.items()]
    objects = sum(load.objects for load in loads)
    last = seconds.report_seconds(len(loads) * len(settings.teachers))
    needs.append(Need("report", objects, objects * views, 0, memory.TRAINING, last.seconds, (last.rate,)))
    return Plan(tuple(loads), tuple(needs), machine, power)


def _of_category(settings: Settings, load: CategoryLoad, power: Power) -> Iterable[tuple[str, Need]]:
    """What works once for a category."""
    camera, objects = settings.camera, load.objects
    rendered = sizes.views_bytes(settings, load) + sizes.folder_bytes(views_layout(camera), objects)
    labelled = sizes.labels_bytes(settings, load) + sizes.folder_bytes(labels_layout(camera, 1, 1, 1), objects)
    meshes = sizes.meshes_bytes(settings, load)
    table: list[tuple[str, float, Duration, bool]] = [
        ("manifest", objects * sizes.MANIFEST_BYTES, seconds.manifest_seconds(load, power), False),
        ("render", rendered + meshes, seconds.render_seconds(settings, load, power), True),
        ("label", labelled, seconds.label_seconds(settings, load, power), True),
    ]
    if settings.source.kind == "made-up":
        made = load.objects * sizes.MADE_UP_BYTES
        table.insert(0, ("synthesize", made, seconds.synthesize_seconds(load), False))
    for stage, disk, time, seen in table:
        held = memory.object_work_bytes(settings, load, power, stage)
        views = load.objects * settings.camera.views if seen else 0
        yield stage, Need(stage, load.objects, views, disk, held, time.seconds, (time.rate,))


def _of_teacher(settings: Settings, load: CategoryLoad, teacher: str, power: Power) -> Iterable[tuple[str, Need]]:
    """What works once for a category and teacher."""
    views = settings.camera.views
    fitted = min(settings.fit_projection.views, load.train * views)
    cached = sizes.maps_bytes(settings, load, teacher)
    cached += sizes.folder_bytes(maps_layout(settings.camera, 1, settings.cache_teachers.dtype), load.objects)
    table: list[tuple[str, int, int, float, float, Duration]] = [
        (
            "fit-projection",
            min(fitted, load.train),
            fitted,
            sizes.projection_bytes(settings, teacher),
            memory.teacher_bytes(settings, teacher, power, workers=0),
            seconds.projection_seconds(settings, load, teacher, power),
        ),
        (
            "cache-teachers",
            load.objects,
            load.objects * views,
            cached,
            memory.teacher_bytes(settings, teacher, power, power.workers),
            seconds.cache_seconds(settings, load, teacher, power),
        ),
        (
            "train",
            load.train,
            load.train * views,
            sizes.run_bytes(settings, teacher),
            memory.train_bytes(settings, load, teacher),
            seconds.train_seconds(settings, power),
        ),
        (
            "evaluate",
            load.test,
            load.test * views,
            0,
            memory.evaluate_bytes(settings, load, teacher),
            seconds.evaluate_seconds(settings, load, power),
        ),
    ]
    for stage, objects, seen, disk, held, time in table:
        yield stage, Need(stage, objects, seen, disk, held, time.seconds, (time.rate,))


def _together(stage: str, needs: Sequence[Need]) -> Need:
    """A stage's categories and teachers, which follow one another."""
    return Need(
        stage,
        sum(need.objects for need in needs),
        sum(need.views for need in needs),
        sum(need.disk for need in needs),
        max(need.memory for need in needs),
        sum(need.seconds for need in needs),
        tuple(dict.fromkeys(rate for need in needs for rate in need.rates)),
    )
