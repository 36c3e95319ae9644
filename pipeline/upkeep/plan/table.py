"""A plan as a person reads it: the loads, a line a stage, and whether it fits."""

from collections.abc import Sequence

from pipeline.config.settings import Settings
from pipeline.upkeep.plan.needs import Need, Plan

RATES_SHOWN = 2
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
GREEDY = "cache-teachers.dtype=int8, manifest.objects=N or one teacher at a time (--teacher)"


def plan_text(settings: Settings, plan: Plan) -> str:
    """The whole of it."""
    lines = _aligned(
        [("category", "objects", "train", "val", "test", "counted from", "foreground"), *_loads(plan)], left=(0, 5, 6)
    )
    lines += ["", *_aligned([("stage", "objects", "views", "disk", "memory", "time", "at"), *_needs(plan)], (0, 6)), ""]
    return "\n".join([*lines, *remarks(settings, plan)])


def remarks(settings: Settings, plan: Plan) -> list[str]:
    """What the figures mean, what this machine has, and a sentence for all that does not fit."""
    machine, power, total = plan.machine, plan.power, plan.total
    gpus = _count(machine.gpus, "GPU") if machine.gpus else "no GPU (no /dev/nvidia0)"
    estimates = "Disk and memory are estimates within about a third, times within a factor of about three"
    free = f"{bytes_text(machine.free)} free at {machine.folder}"
    networks = _count(power.gpus, "GPU") if power.gpus else _count(power.cores, "core")
    lines = [
        f"{estimates}; GPUs are taken for H100s. What is there already is not taken off.",
        f"This machine: {_count(machine.cores, 'core')}, {bytes_text(machine.memory)} of memory, {gpus}, {free}.",
        f"Reckoned with {_count(power.workers, 'worker')}{_whose(settings, plan)} and networks on {networks}.",
    ]
    if settings.machine.device == "cuda" and machine.gpus == 0:
        lines.append("Warning: machine.device is cuda, but no GPU is found here: train and evaluate will refuse.")
    if total.disk > machine.free:
        lines.append(
            f"Warning: {bytes_text(total.disk)} of disk are needed, {bytes_text(machine.free)} are free: put "
            f"storage.root on a larger disk, or set {GREEDY}."
        )
    lines += [
        f"Warning: {need.stage} needs {bytes_text(need.memory)} of memory, this machine has "
        f"{bytes_text(machine.memory)}: {_remedy(need)}."
        for need in plan.needs
        if need.memory > machine.memory
    ]
    return lines


def bytes_text(count: float) -> str:
    """Three digits and a decimal unit."""
    for unit in UNITS:
        if count < 999.5 or unit == UNITS[-1]:
            return f"{count:.3g} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    raise AssertionError


def seconds_text(seconds: float) -> str:
    """Two units at most."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    if hours < 36:
        return f"{hours:.1f} h"
    return f"{hours / 24:.1f} days" if hours < 240 else f"{hours / 24:,.0f} days"


def _loads(plan: Plan) -> list[tuple[str, ...]]:
    return [
        (
            load.category,
            *(f"{number:,}" for number in (load.objects, load.train, load.val, load.test)),
            load.counted,
            f"{load.foreground:.1%} of pixels ({load.foreground_from})",
        )
        for load in plan.loads
    ]


def _needs(plan: Plan) -> list[tuple[str, ...]]:
    return [
        (
            need.stage,
            f"{need.objects:,}",
            f"{need.views:,}" if need.views else "-",
            bytes_text(need.disk) if need.disk else "-",
            bytes_text(need.memory),
            seconds_text(need.seconds),
            _rates(need.rates),
        )
        for need in (*plan.needs, plan.total)
    ]


def _rates(rates: Sequence[str]) -> str:
    shown = "; ".join(rates[:RATES_SHOWN])
    return f"{shown}; ..." if len(rates) > RATES_SHOWN else shown


def _whose(settings: Settings, plan: Plan) -> str:
    if settings.machine.scheduler is not None:
        return " of the dask cluster (machine.workers)"
    if plan.power.workers < settings.machine.workers:
        return f" (machine.workers is {settings.machine.workers}, more than there are cores)"
    return ""


def _count(number: int, of: str) -> str:
    return f"{number} {of}{'s' * (number != 1)}"


def _remedy(need: Need) -> str:
    if need.stage == "train":
        return "objects that do not fit are streamed from their stores, which is slower; more memory spares that"
    return "set machine.workers lower" if need.stage != "evaluate" else "set evaluate.rays_per_batch lower"


def _aligned(rows: Sequence[tuple[str, ...]], left: tuple[int, ...]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
