"""How long each stage will take, and at which rate that is reckoned."""

from dataclasses import dataclass

from pipeline.config.settings import Settings
from pipeline.upkeep.plan.load import CategoryLoad
from pipeline.upkeep.plan.machine import MachineFacts
from pipeline.upkeep.plan.network import products_of_sample, samples_of_ray
from pipeline.upkeep.plan.rates import (
    BACKWARD,
    BLENDER_SAMPLES,
    FIELD,
    INPUT_SIZE,
    LABEL,
    MANIFEST,
    RENDER,
    REPORT_SECONDS,
    SIZE,
    START_SECONDS,
    START_WITH_TORCH,
    STEP_SECONDS,
    SYNTHESIZE,
    TEACHER,
    TRAINING_ON_GPU,
    VIT_BLOCKS,
    WRITE_MAPS,
    Rate,
    three_digits,
)


@dataclass(frozen=True)
class Duration:
    """Seconds, and in words the rates that they were reckoned with."""

    seconds: float
    rate: str


@dataclass(frozen=True)
class Power:
    """What works at a stage: worker processes that have a core each, all cores that a network may use, and GPUs."""

    workers: int
    cores: int
    gpus: int

    @property
    def on(self) -> str:
        """Where networks calculate: "GPU" or "core"."""
        return "GPU" if self.gpus else "core"

    @property
    def units(self) -> int:
        """How many cores or GPUs one training or evaluation has: one GPU at most."""
        return 1 if self.gpus else self.cores


def power_of(settings: Settings, machine: MachineFacts) -> Power:
    """This machine's. With a dask scheduler `machine.workers` stands for its workers: nothing else is known of them."""
    wanted, gpus = settings.machine, machine.gpus
    if wanted.device != "auto":
        gpus = max(1, gpus) if wanted.device == "cuda" else 0
    workers = wanted.workers if wanted.scheduler is not None else min(wanted.workers, machine.cores)
    return Power(workers, machine.cores, gpus)


def synthesize_seconds(load: CategoryLoad) -> Duration:
    """Of made-up objects; one process writes them."""
    return Duration(START_SECONDS + load.objects / SYNTHESIZE.per_second, str(SYNTHESIZE))


def manifest_seconds(load: CategoryLoad, power: Power) -> Duration:
    """Of the manifest."""
    return _shared(MANIFEST, load.objects, power.workers)


def render_seconds(settings: Settings, load: CategoryLoad, power: Power) -> Duration:
    """Of the views."""
    render = settings.render
    name = render.blender.engine if render.backend == "blender" else render.backend
    samples = render.blender.samples / BLENDER_SAMPLES if render.backend == "blender" else 1.0
    rate = Rate(RENDER[name].per_second / (_area(settings) * samples), "views", RENDER[name].on)
    return _shared(rate, load.objects * settings.camera.views, power.workers, f"{name} ")


def label_seconds(settings: Settings, load: CategoryLoad, power: Power) -> Duration:
    """Of the labels."""
    rate = Rate(LABEL.per_second / _area(settings), LABEL.unit, LABEL.on)
    return _shared(rate, load.objects * settings.camera.views, power.workers)


def teacher_rate(settings: Settings, teacher: str, power: Power) -> Rate:
    """Of a teacher's network, on a GPU where there is one."""
    if teacher == "daisy":
        rate = TEACHER["daisy", "core", "fp32"]
        return Rate(rate.per_second / _area(settings), rate.unit, rate.on)
    base = TEACHER["ldm" if teacher == "ldm" else "vit", power.on, settings.cache_teachers.precision]
    if teacher == "ldm":
        # One draw of the U-Net costs about as much as the image encoder.
        size, deeper = settings.ldm.input_size, (1 + settings.ldm.noises) / 2
    else:
        network = {"dino": settings.dino, "dinov2": settings.dinov2, "dinov3": settings.dinov3}[teacher]
        size, deeper = network.input_size, (network.block + 1) / VIT_BLOCKS
    return Rate(base.per_second / (deeper * (size / INPUT_SIZE[teacher]) ** 2), base.unit, base.on)


def projection_seconds(settings: Settings, load: CategoryLoad, teacher: str, power: Power) -> Duration:
    """Of fitting a projection; one process does it."""
    views = min(settings.fit_projection.views, load.train * settings.camera.views)
    rate = teacher_rate(settings, teacher, power)
    units = 1 if teacher == "daisy" else power.units
    return Duration(START_WITH_TORCH + views / (rate.per_second * units), f"{teacher} {rate}")


def cache_seconds(settings: Settings, load: CategoryLoad, teacher: str, power: Power) -> Duration:
    """Of a teacher's maps; on a GPU no faster than its workers can write them."""
    views, rate = load.objects * settings.camera.views, teacher_rate(settings, teacher, power)
    if rate.on == "core":
        units = power.workers if teacher == "daisy" else max(power.workers, power.cores)
        return Duration(START_WITH_TORCH + views / (rate.per_second * units), f"{teacher} {rate}")
    # One GPU where one worker has the network itself.
    network = rate.per_second * (power.gpus if power.workers > 1 else 1)
    writing = WRITE_MAPS.per_second * power.workers / _area(settings)
    words = f"{teacher} {rate}" if network <= writing else f"{teacher} {WRITE_MAPS}, written"
    return Duration(START_WITH_TORCH + views / min(network, writing), words)


def train_seconds(settings: Settings, power: Power) -> Duration:
    """Of one field."""
    train = settings.train
    rate = TRAINING_ON_GPU[train.precision] if power.gpus else FIELD["core"].per_second
    products = _products(settings, train.objects_per_step * train.rays_per_object) * BACKWARD
    step = max(STEP_SECONDS[power.on], products / (rate * power.units))
    return Duration(START_WITH_TORCH + train.steps * step, f"{three_digits(1 / step)} steps/s")


def evaluate_seconds(settings: Settings, load: CategoryLoad, power: Power) -> Duration:
    """Of one field: the foreground of both views of each pair, whole target views, and the pictures."""
    camera, evaluate, rate = settings.camera, settings.evaluate, FIELD[power.on]
    pairs = min(evaluate.pairs, settings.manifest.pairs) if load.keypoint_objects or load.part_objects else 0
    images = load.test * min(evaluate.synthesis_views, camera.views - 1)
    images += settings.report.views + 2 * settings.report.transfers
    rays = 2 * pairs * load.foreground_pixels(camera) + images * camera.size**2
    speed = rate.per_second * power.units
    rays_per_second = speed / _products(settings, 1)
    return Duration(START_WITH_TORCH + rays / rays_per_second, f"{three_digits(rays_per_second)} rays/s")


def report_seconds(fields: int) -> Duration:
    """Of the report on so many fields."""
    return Duration(START_WITH_TORCH + REPORT_SECONDS * fields, f"{REPORT_SECONDS:g} s a field")


def _shared(rate: Rate, work: float, workers: int, words: str = "") -> Duration:
    return Duration(START_SECONDS + work / (rate.per_second * workers), f"{words}{rate}")


def _products(settings: Settings, rays: float) -> float:
    """Multiply-adds of the forward pass of so many rays."""
    train = settings.train
    return rays * samples_of_ray(train) * train.source_views * products_of_sample(train)


def _area(settings: Settings) -> float:
    """Of an image, over that of those which rates were measured on."""
    return (settings.camera.size / SIZE) ** 2
