"""How fast the stages are: measured rates, each with its source. Real machines differ by a factor of about three."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Rate:
    """`per_second` units of work in a second on one processor core, on one GPU, or in one process."""

    per_second: float
    unit: str
    on: str  # "core", "GPU", "process"

    def __str__(self) -> str:
        """As a table shows it."""
        return f"{three_digits(self.per_second)} {self.unit}/s a {self.on}"


def three_digits(number: float) -> str:
    """A positive number, rounded."""
    return f"{float(f'{number:.3g}'):,.0f}" if number >= 100 else f"{number:.3g}"


SIZE = 128  # pixels, at which rates of images were measured; the time of one grows with its area

# Made-up planes and chairs, `pipeline synthesize` of the demo, one core.
SYNTHESIZE = Rate(15, "objects", "process")
# docs/performance.md: mesh, keypoints and part points, with checksums.
MANIFEST = Rate(80, "objects", "core")
# docs/performance.md: raycast 160, 106, 216, 61 and pyrender 304, 137, 307, 174 images/s on two cores, pyrender 129 and
# 83 a core with a GPU; Cycles 6.7 to 8.3 and Workbench 5.3 to 7.6 in a process. EEVEE without a GPU: a chair's views.
RENDER: Mapping[str, Rate] = MappingProxyType(
    {
        "raycast": Rate(60, "views", "core"),
        "pyrender": Rate(105, "views", "core"),
        "cycles": Rate(7.5, "views", "core"),
        "workbench": Rate(6.5, "views", "core"),
        "eevee": Rate(0.6, "views", "core"),
    }
)
BLENDER_SAMPLES = 16  # of a pixel, at which its engines were measured
# The demo's 1,200 views with keypoints and parts: 144 and 111 views/s on two cores.
LABEL = Rate(60, "views", "core")

# docs/performance.md: DAISY takes 0.1 s an image of one core. DINO, stopped at block 9: on two cores 0.32 s in fp32 and
# 0.22 s in bf16; 427 images/s in fp32 on an H100, and 4,100 to 5,600 in bf16, into the store. A latent diffusion model
# of the size of Stable Diffusion 1: 28 and 6.3 s on two cores, 177 images/s in bf16 on an H100; in fp32 there it was
# not measured, and what the precision is worth is taken from the transformer.
TEACHER: Mapping[tuple[str, str, str], Rate] = MappingProxyType(
    {
        ("daisy", "core", "fp32"): Rate(10, "views", "core"),
        ("vit", "core", "fp32"): Rate(1.5, "views", "core"),
        ("vit", "core", "bf16"): Rate(2.3, "views", "core"),
        ("vit", "GPU", "fp32"): Rate(427, "views", "GPU"),
        ("vit", "GPU", "bf16"): Rate(5000, "views", "GPU"),
        ("ldm", "core", "fp32"): Rate(1 / 56, "views", "core"),
        ("ldm", "core", "bf16"): Rate(1 / 13, "views", "core"),
        ("ldm", "GPU", "fp32"): Rate(15, "views", "GPU"),
        ("ldm", "GPU", "bf16"): Rate(170, "views", "GPU"),
    }
)
VIT_BLOCKS = 10  # that were measured: up to block 9
INPUT_SIZE: Mapping[str, int] = MappingProxyType({"dino": 256, "dinov2": 448, "dinov3": 512, "ldm": 512})
# Maps written to the store by one core, compressed.
WRITE_MAPS = Rate(800, "views", "core")

# Multiply-adds of the field. docs/performance.md: the demo's step, 2.1e9 of them, takes 0.1 s on two cores, a view of
# its evaluation, 44e9, 1.6 s, the published step, 0.5e12, 9 s: 10, 14 and 28e9 a second and core. Evaluation
# on an H100 is reckoned with what a plain fp32 step reached there.
FIELD: Mapping[str, Rate] = MappingProxyType(
    {"core": Rate(15e9, "multiply-adds", "core"), "GPU": Rate(8.5e12, "multiply-adds", "GPU")}
)
# What a step takes however small it is. On a GPU small steps wait for the processor; not measured.
STEP_SECONDS: Mapping[str, float] = MappingProxyType({"core": 0.02, "GPU": 0.005})
# The published training step, 0.5e12 multiply-adds, on an H100: 7.1 ms in bf16, compiled; 43 ms in fp32, not compiled.
TRAINING_ON_GPU: Mapping[str, float] = MappingProxyType({"bf16": 71e12, "fp32": 12e12})
BACKWARD = 3  # a training step's work, forward and backward, over that of the forward pass

# Imports and start of the processes of a command, by `pipeline STAGE` on the smoke profile: without torch and with it.
START_SECONDS, START_WITH_TORCH = 2.0, 6.0
REPORT_SECONDS = 2.0  # a category and teacher
