"""GPUs that a plan can be made for: published figures, and how fast they are beside the one that was measured."""

from collections.abc import Mapping
from dataclasses import dataclass

# A training step on the H100 takes 3.1 ms of products and convolutions and 3.0 ms of passes over memory: see
# docs/performance.md.
COMPUTE_SHARE = 0.5


@dataclass(frozen=True)
class Gpu:
    """A GPU: `peak` in dense bf16 TFLOP/s with fp32 sums, `bandwidth` of its memory in TB/s, both as published."""

    name: str
    peak: float
    bandwidth: float

    @property
    def speed(self) -> float:
        """Estimate work a second, as a multiple of the measured GPU's: half of the time is products, half memory."""
        products, memory = MEASURED.peak / self.peak, MEASURED.bandwidth / self.bandwidth
        return 1 / (COMPUTE_SHARE * products + (1 - COMPUTE_SHARE) * memory)


MEASURED = Gpu("H100", 989.4, 3.35)  # the rates of needs.py are those of an H100 SXM
# NVIDIA's data sheets of the A100 80GB SXM, H100 SXM and H200 SXM; appendix A of its Ada architecture paper. Peaks that
# are printed with sparsity are halved.
GPUS: Mapping[str, Gpu] = {
    "a100": Gpu("A100", 312.0, 2.039),
    "4090": Gpu("RTX 4090", 165.2, 1.008),
    "h100": MEASURED,
    "h200": Gpu("H200", 989.4, 4.8),
}
