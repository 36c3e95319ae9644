"""Check that torch finds the GPU that the settings ask for."""

from collections.abc import Iterator

from pipeline.artifacts.project import Project
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host, visible_gpus

GIB = 2**30
NO_GPU = "teachers and training take the CPU; see `pipeline plan` for the time, and docs/training.md"


def check_cuda(project: Project, _host: Host) -> Iterator[Finding]:
    """Describe each CUDA device. torch is asked only where there may be one: its import takes seconds."""
    wanted = project.settings.machine.device
    if wanted == "cpu":
        yield Finding("cuda", "ok", "not used: machine.device is cpu")
    elif wanted == "auto" and not visible_gpus():
        yield Finding("cuda", "warning", "this machine shows no NVIDIA GPU", NO_GPU)
    else:
        yield from _devices(wanted)


def _devices(wanted: str) -> Iterator[Finding]:
    import torch

    from pipeline.executors.devices import device_named

    if device_named(wanted).type == "cpu":  # raises UserError if the settings want cuda
        saw = f"there is an NVIDIA GPU, but torch {torch.__version__} cannot use it"
        yield Finding("cuda", "warning", saw, "compare the driver (`nvidia-smi`) with the CUDA version of torch")
        return
    for number in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(number)
        saw = f"{about.name}, capability {about.major}.{about.minor}, {about.total_memory / GIB:.0f} GiB"
        yield Finding(f"cuda:{number}", "ok", f"{saw}; torch {torch.__version__} for CUDA {torch.version.cuda}")
