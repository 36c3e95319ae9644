"""One flipped bit in any file that a run leaves, and the commands that read it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.reliability.tally import Tally
from tests.reliability.walked_project import Walked, copied, is_sentence, run

# Kinds of files, and the commands that must notice.
VERIFY, REPORT = ("store verify",), ("report",)
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "views: chunks": ("stores/views/**/c/*/**/0", VERIFY),
    "labels: chunks": ("stores/labels/**/c/*/**/0", VERIFY),
    "maps: chunks": ("stores/maps/**/c/*/**/0", VERIFY),
    "Zarr's metadata": ("stores/**/zarr.json", VERIFY),
    "markers": ("stores/**/done/*.json", VERIFY),
    "tables": ("stores/**/table.json", VERIFY),
    "about.json": ("stores/[vlm]*/**/about.json", VERIFY),
    "projections": ("stores/projections/**/projection.*", VERIFY),
    "prepared meshes": ("stores/meshes/**/*.safetensors", VERIFY),
    "the newest checkpoint": ("stores/runs/**/step-00000020/*", ("train --resume",)),
    "receipts": ("receipts/[rfc]*/*.json", REPORT),
    "models": ("models/*/model.*", REPORT),
    "run.json": ("models/*/run.json", REPORT),
    "curves": ("curves/*/*.tsv", REPORT),
    "tables of results": ("results/*/*.parquet", REPORT),
    "statistics and metrics": ("results/*/*.json", REPORT),
    "pictures and their data": ("results/*/pictures/*", REPORT),
}


def flipped_bits(walked: Walked, folder: Path, each: int, seed: int = 0) -> Iterator[Tally]:
    """Flip one bit in `each` files of every kind, one after the other."""
    project = copied(walked, folder)
    rng = np.random.default_rng([seed, each])
    for kind, (pattern, commands) in KINDS.items():
        files = sorted(path for path in project.glob(pattern) if path.is_file() and path.stat().st_size)
        assert files, pattern
        tally = Tally(f"a flipped bit: {kind}")
        for _ in range(each):
            file = files[int(rng.integers(len(files)))]
            whole = file.read_bytes()
            spoilt = bytearray(whole)
            place, bit = int(rng.integers(len(whole))), int(rng.integers(8))
            spoilt[place] ^= 1 << bit
            file.write_bytes(spoilt)
            tally.add(_verdict(project, walked, commands), f"{file.relative_to(project)}, byte {place}, bit {bit}")
            if file.exists():
                file.write_bytes(whole)
            if commands not in (VERIFY, REPORT):  # they repair, so the folder is begun anew
                shutil.rmtree(project)
                copied(walked, folder)
        yield tally


def _verdict(project: Path, walked: Walked, commands: tuple[str, ...]) -> str:
    for command in commands:
        done = run(project, command, walked.words)
        if "Traceback" in done.said:
            return f"a traceback of {command}"
        if command == "store verify" and done.code == 1:
            return "noticed"
        if done.code == 2 and is_sentence(done.said):
            return "noticed"
        if command == "train --resume" and done.code == 0 and "is damaged and is left out" in done.said:
            return "noticed"
    return "accepted"
