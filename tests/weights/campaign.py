"""Many broken files of weights, each from a seed of its own, and what became of them."""

import shutil
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import UserError
from tests.fuzz.byte_mutations import BYTE_MUTATIONS
from tests.weights.mutations import MARK, OF_SUFFIX, chosen
from tests.weights.readers import READERS

OF_BYTES = (
    "truncated", "bytes flipped", "zero bytes", "a piece missing", "a piece twice", "random bytes", "gzip", "empty",
    "missing", "a folder",
)  # fmt: skip


@dataclass(frozen=True)
class Broken:
    """An input, by the number that repeats it, and its verdict: accepted, refused, or what is a DEFECT."""

    number: int
    reader: str
    file: str
    mutation: str
    verdict: str
    said: str


def campaign(inputs: int, seed: int, readers: Sequence[str] = tuple(READERS)) -> Iterator[Broken]:
    """Break `inputs` files, in turn of each reader."""
    with tempfile.TemporaryDirectory() as name:
        for reader in readers:
            folder = Path(name) / reader
            folder.mkdir()
            READERS[reader].write(folder)
            READERS[reader].load(folder)  # whole files are accepted, or nothing is tested
        for number in range(inputs):
            reader = readers[number % len(readers)]
            yield _one(number, seed, reader, Path(name) / reader, Path(name) / "broken")


def _one(number: int, seed: int, reader: str, whole: Path, folder: Path) -> Broken:
    rng = np.random.default_rng([seed, number])
    shutil.copytree(whole, folder)
    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file() and "out" not in path.parts)
        file = chosen(rng, files)
        special = OF_SUFFIX.get(file.suffix, {})
        mutations = dict(special) if special and rng.integers(4) else {name: BYTE_MUTATIONS[name] for name in OF_BYTES}
        name = chosen(rng, mutations)
        mutations[name](file, rng)
        verdict, said = _attempt(reader, folder)
        if (file.parent / MARK).exists():
            verdict, said = "DEFECT", "the file's own code was executed"
        return Broken(number, reader, str(file.relative_to(folder)), name, verdict, said)
    finally:
        shutil.rmtree(folder)


def _attempt(reader: str, folder: Path) -> tuple[str, str]:
    try:
        READERS[reader].load(folder)
    except UserError as error:
        said = str(error)
        return ("refused", said) if "\n" not in said and len(said) < 1000 else ("DEFECT", f"no sentence: {said[:300]}")
    except Exception as error:  # whatever escapes is what is looked for
        frames = [f"{Path(f.f_code.co_filename).name}:{line}" for f, line in traceback.walk_tb(error.__traceback__)]
        return "DEFECT", f"{type(error).__name__}: {str(error)[:200]} ({' '.join(frames[-4:])})"
    return "accepted", ""
