"""Many broken data sets, each from a seed of its own, and a table of what became of them."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.datasets.records import ObjectKey
from tests.fuzz.attempt import Verdict, attempt
from tests.fuzz.byte_mutations import BYTE_MUTATIONS, long_line
from tests.fuzz.format_mutations import FORMAT_MUTATIONS
from tests.fuzz.layouts import CATEGORY, LAYOUTS, Sample
from tests.fuzz.outside import Witness, write_bait

IDS = ("../../x", "..", ".", "", "/etc/passwd", "a/b", "a\0b", "a\nb", "-rf", "ä", "a" * 300, "a b", "absent", "a\\b")
KINDS = ("accepted", "noted", "rejected", "refused", "DEFECT")


@dataclass(frozen=True)
class Broken:
    """One input: its number, which repeats it, the layout, the kind of mutation, the file, and the verdict."""

    number: int
    layout: str
    mutation: str
    file: str
    verdict: Verdict


def campaign(inputs: int, seed: int, seconds: float, characters: int) -> Iterator[Broken]:
    """`inputs` broken data sets. `characters` is the length of long lines."""
    witness = Witness()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        write_bait(folder)
        (folder / "whole").mkdir()
        samples = []
        for number, build in enumerate(LAYOUTS.values()):
            (folder / "set").mkdir()
            samples.append(build(folder / "set"))
            (folder / "set").rename(folder / "whole" / str(number))
        for number in range(inputs):
            which = number % len(LAYOUTS)
            shutil.copytree(folder / "whole" / str(which), folder / "set", symlinks=True)
            yield _one(number, seed, samples[which], witness, seconds, characters)
            shutil.rmtree(folder / "set")


def whole_layouts(seconds: float) -> Iterator[tuple[str, Verdict]]:
    """Every layout without a mutation: all must be accepted, or nothing is tested."""
    witness = Witness()
    for layout, build in LAYOUTS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            write_bait(folder)
            (folder / "set").mkdir()
            sample = build(folder / "set")
            attempt(sample, witness, seconds)  # imports what is imported late
            yield layout, attempt(sample, witness, seconds)


def _one(number: int, seed: int, sample: Sample, witness: Witness, seconds: float, characters: int) -> Broken:
    rng = np.random.default_rng([seed, number])
    layout = list(LAYOUTS)[number % len(LAYOUTS)]
    if rng.integers(20) == 0:
        name = str(IDS[int(rng.integers(len(IDS)))])
        key = ObjectKey(CATEGORY.synset, name) if rng.integers(2) else ObjectKey(name, sample.key.id)
        return Broken(number, layout, "names", repr(name), attempt(sample, witness, seconds, key))
    file = sample.files[int(rng.integers(len(sample.files)))]
    # The files of the object's own folder are many; those of annotations are few and count as much.
    mutations = {**BYTE_MUTATIONS, "a long line": long_line(characters), **FORMAT_MUTATIONS.get(file.suffix, {})}
    names = list(mutations)
    if rng.integers(2) and file.suffix in FORMAT_MUTATIONS:
        names = list(FORMAT_MUTATIONS[file.suffix])
    chosen = names[int(rng.integers(len(names)))]
    with np.errstate(all="ignore"):  # what overflows here is meant to
        mutations[chosen](file, rng)
    return Broken(number, layout, chosen, str(file.relative_to(sample.folder)), attempt(sample, witness, seconds))


def table(found: list[Broken]) -> str:
    """A line for each kind of mutation, then an example of each verdict."""
    by_kind: dict[str, list[Broken]] = defaultdict(list)
    for broken in found:
        by_kind[broken.mutation].append(broken)
    lines = [f"{'mutation':20}{'tried':>7}" + "".join(f"{kind:>10}" for kind in KINDS)]
    for name, some in [*sorted(by_kind.items()), ("all", found)]:
        counts = [sum(broken.verdict.kind == kind for broken in some) for kind in KINDS]
        lines.append(f"{name:20}{len(some):>7}" + "".join(f"{count:>10}" for count in counts))
    for name, some in sorted(by_kind.items()):
        for kind in KINDS[1:-1]:
            example = next((broken for broken in some if broken.verdict.kind == kind), None)
            if example:
                lines.append(f"{name}, {kind}: {example.verdict.message[:160]}")
    lines += [
        f"DEFECT in input {broken.number}: {broken.layout}, {broken.mutation}, {broken.file}: "
        f"{broken.verdict.message[:300]}"
        for broken in found
        if broken.verdict.kind == "DEFECT"
    ]
    return "\n".join(lines)
