"""`python -m benchmarks.matching [--places 10000]`: matching places by cosine similarity, and the plain product.

As many queries as candidates: PartNet's clouds have 10,000 points each. Features vary smoothly over a surface, as a
field's do: many candidates are nearly as similar as the best. The plain product is the whole matrix in float64, in
pieces as large. Both must find the same candidates.
"""

import argparse
import time
from collections.abc import Callable

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from eval.descriptors.similarity import DECIMALS, MAX_ELEMENTS, MAX_ELEMENTS_ON_CPU, most_similar, normalised


def main() -> None:
    """Time both on the same features."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=10_000)
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    hardware = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(f"{arguments.places} places on {hardware}, torch {torch.__version__}")
    for channels in (64, 384, 512):
        queries, candidates = (surface(arguments.places, channels, seed).to(device) for seed in (0, 1))
        fast, seconds = timed(lambda: most_similar(queries, candidates))  # noqa: B023  # called at once
        slow, plain_seconds = timed(lambda: plain(queries, candidates))  # noqa: B023
        assert torch.equal(fast, slow)
        print(f"{channels} channels: {seconds:.3f} s, plain {plain_seconds:.3f} s, ratio {plain_seconds / seconds:.2f}")


def surface(places: int, channels: int, seed: int) -> Float[Tensor, "n c"]:
    """Make smooth features: waves at random points of a cube. The waves are the same for every seed."""
    shared = torch.Generator().manual_seed(0)
    waves, phases = torch.randn(3, channels, generator=shared), 6 * torch.rand(channels, generator=shared)
    return torch.cos(torch.rand(places, 3, generator=torch.Generator().manual_seed(seed)) @ waves + phases)


def plain(queries: Float[Tensor, "n c"], candidates: Float[Tensor, "m c"]) -> Int64[Tensor, " n"]:
    """Match by every similarity in float64."""
    queries, candidates = normalised(queries), normalised(candidates)
    elements = MAX_ELEMENTS if queries.is_cuda else MAX_ELEMENTS_ON_CPU
    pieces = queries.split(max(1, elements // len(candidates)))
    return torch.cat([(piece @ candidates.T).round_(decimals=DECIMALS).argmax(dim=1) for piece in pieces])


def timed(work: Callable[[], Int64[Tensor, " n"]]) -> tuple[Int64[Tensor, " n"], float]:
    """Run work four times. Returns its result, and the least seconds of the last three."""
    result, times = work(), []
    for _ in range(3):
        started = time.perf_counter()
        result = work()
        if result.is_cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return result, min(times)


if __name__ == "__main__":
    main()
