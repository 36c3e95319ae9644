"""Faults of a whole project: bits that flip, kills, disks that fill, two commands at once. What becomes of each?"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.reliability.walked_project import MADE, Walked, command, content_of, copied, is_sentence, run

SURVIVED = (
    "noticed", "the same bytes", "refused, then the same bytes", "accepted, it still fits",
    "not killed in time, the same bytes",
)  # fmt: skip


class Fault(NamedTuple):
    """A kind of fault, one of that kind, and the verdict."""

    kind: str
    what: str
    verdict: str


# Kinds of files, and the command that must notice.
KINDS = {
    "views: chunks": ("stores/views/**/c/*/**/0", "store verify"),
    "labels: chunks": ("stores/labels/**/c/*/**/0", "store verify"),
    "maps: chunks": ("stores/maps/**/c/*/**/0", "store verify"),
    "Zarr's metadata": ("stores/**/zarr.json", "store verify"),
    "markers": ("stores/**/done/*.json", "store verify"),
    "tables": ("stores/**/table.json", "store verify"),
    "about.json": ("stores/[vlm]*/**/about.json", "store verify"),
    "projections": ("stores/projections/**/projection.*", "store verify"),
    "prepared meshes": ("stores/meshes/**/*.safetensors", "store verify"),
    "the newest checkpoint": ("stores/runs/**/step-00000020/*", "train --resume"),
    "receipts": ("receipts/[rfc]*/*.json", "report"),
    "models": ("models/*/model.*", "report"),
    "run.json": ("models/*/run.json", "report"),
    "curves": ("curves/*/*.tsv", "report"),
    "tables of results": ("results/*/*.parquet", "report"),
    "statistics and metrics": ("results/*/*.json", "report"),
    "pictures and their data": ("results/*/pictures/*", "report"),
}


def flipped_bits(walked: Walked, folder: Path, each: int, seed: int = 0) -> Iterator[Fault]:
    """Flip one bit in `each` files of every kind, one after the other."""
    project, rng = copied(walked, folder), np.random.default_rng([seed, each])
    for kind, (pattern, reader) in KINDS.items():
        files = sorted(path for path in project.glob(pattern) if path.is_file() and path.stat().st_size)
        assert files, pattern
        for _ in range(each):
            file = files[int(rng.integers(len(files)))]
            whole = file.read_bytes()
            spoilt = bytearray(whole)
            place, bit = int(rng.integers(len(whole))), int(rng.integers(8))
            spoilt[place] ^= 1 << bit
            file.write_bytes(spoilt)
            what = f"{file.relative_to(project)}, byte {place}, bit {bit}"
            yield Fault(f"a flipped bit: {kind}", what, _noticed(project, walked, reader))
            if reader == "train --resume":  # it repairs, so the folder is begun anew
                copied(walked, folder)
            else:
                file.write_bytes(whole)


def _noticed(project: Path, walked: Walked, reader: str) -> str:
    code, said = run(project, reader, walked.words)
    if "Traceback" in said:
        return f"a traceback of {reader}"
    left_out = reader == "train --resume" and code == 0 and "is damaged and is left out" in said
    named = reader == "store verify" and code == 1
    return "noticed" if left_out or named or (code == 2 and is_sentence(said)) else "accepted"


def killed_stages(
    walked: Walked, folder: Path, kills: int, stages: Sequence[str] = tuple(MADE), note: str = "", seed: int = 0
) -> Iterator[Fault]:
    """Kill -9 each stage when a random number of its files is there, and give it again.

    All its processes are killed, or the parent alone, in turn. By the clock kills hit imports, most of a small stage.
    """
    rng = random.Random(f"kills {seed}")  # noqa: S311  numbers of files, not secrets
    for stage in stages:
        total = _files_made(walked.folder, stage)
        for number in range(kills):
            project, files = copied(walked, folder, without=[stage]), rng.randint(1, max(1, total - 1))
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            words = command(stage, walked.words)
            with subprocess.Popen(words, cwd=project, start_new_session=True, **quiet) as process:  # type: ignore[call-overload]
                while process.poll() is None and _files_made(project, stage) < files:
                    time.sleep(0.001)
                in_time = process.poll() is None
                if in_time:
                    os.killpg(process.pid, signal.SIGKILL) if number % 2 == 0 else process.kill()
            verdict = _repeated(walked, project, [stage], [stage])
            late = "" if in_time else "not killed in time, "
            yield Fault(f"kill -9: {stage}{note}", f"{stage} with {files} of {total} files", late + verdict)
        shutil.rmtree(folder)


def _files_made(folder: Path, stage: str) -> int:
    return sum(len(names) for made in MADE[stage] for _, _, names in os.walk(folder / made))


def _repeated(walked: Walked, project: Path, stages: Sequence[str], compared: Sequence[str]) -> str:
    """Run stages once more, and compare what they and others have made."""
    for stage in stages:
        code, said = run(project, stage, walked.words)
        if code:
            return f"the next {stage} ended with {code}: {said[-300:]!r}"
    other = [stage for stage in compared if content_of(project, stage) != walked.content[stage]]
    return f"other bytes of {', '.join(other)}" if other else "the same bytes"


# In a mount namespace, so that nothing stays mounted whatever ends this. The project lies on the small file system.
UNSHARE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
SCRIPT = """
set -e
mkdir -p "$PLACE" && mount -t tmpfs -o size=512m tmpfs "$PLACE" && cp -a "$FROM/." "$PLACE" && cd "$PLACE"
rm -rf $MADE
used=$(df --output=used --block-size=1 . | tail -1)
mount -o remount,size=$((used + ROOM)) "$PLACE"
set +e
"$PYTHON" -m pipeline.cli "$@" 2> "$OUT/full.txt"; echo $? > "$OUT/full.code"
mount -o remount,size=512m "$PLACE"
"$PYTHON" -m pipeline.cli "$@" 2> "$OUT/roomy.txt"; echo $? > "$OUT/roomy.code"
rm -rf "$OUT/kept"
for made in $MADE; do mkdir -p "$OUT/kept/$made"; cp -a "$made/." "$OUT/kept/$made"; done
"""


def can_mount(folder: Path) -> bool:
    """Whether a file system of a given size can be mounted here."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = [*UNSHARE, "sh", "-c", 'mount -t tmpfs -o size=4k tmpfs "$0"', str(folder)]
    return (
        shutil.which("unshare") is not None and not subprocess.run(mount, capture_output=True, check=False).returncode
    )


def full_disks(
    walked: Walked, folder: Path, times: int, stages: Sequence[str] = tuple(MADE), seed: int = 0
) -> Iterator[Fault]:
    """Give each stage a random share of the room that its files take, and the same command once there is room."""
    rng = random.Random(f"disks {seed}")  # noqa: S311  sizes, not secrets
    folder.mkdir(parents=True, exist_ok=True)
    for stage in stages:
        files = [path for made in MADE[stage] for path in (walked.folder / made).rglob("*") if path.is_file()]
        pages = sum(-(-path.stat().st_size // 4096) * 4096 for path in files)
        for _ in range(times):
            room = int(rng.uniform(0, 0.9) * pages)
            what = f"{stage} with room for {room} of {pages} bytes"
            yield Fault(f"a full disk: {stage}", what, _filled(walked, folder, stage, room))


def _filled(walked: Walked, folder: Path, stage: str, room: int) -> str:
    named = {
        "PLACE": str(folder / "small"), "FROM": str(walked.folder), "OUT": str(folder), "MADE": " ".join(MADE[stage]),
        "ROOM": str(room), "PYTHON": sys.executable,
    }  # fmt: skip
    script = [*UNSHARE, "sh", "-c", SCRIPT, "sh", stage, *walked.words]
    done = subprocess.run(script, env={**os.environ, **named}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said, code = (folder / "full.txt").read_text(), (folder / "full.code").read_text().strip()
    if not (code == "0" or (code == "2" and is_sentence(said))):
        return f"on the full disk it ended with {code}: {said[-200:]!r}"
    if (folder / "roomy.code").read_text() != "0\n":
        return f"with room it ended so: {(folder / 'roomy.txt').read_text()[-200:]!r}"
    if content_of(folder / "kept", stage) != walked.content[stage]:
        return "other bytes"
    return "refused, then the same bytes" if code == "2" else "the same bytes"


PAIRS = (
    ("render", "render"),
    ("render --overwrite", "render --overwrite"),
    ("render --overwrite", "label"),
    ("label", "label"),
    ("cache-teachers --overwrite", "cache-teachers --overwrite"),
    ("cache-teachers --overwrite", "train"),
    ("fit-projection", "fit-projection"),
    ("train", "train --set train.steps=10"),
    ("train --overwrite", "evaluate"),
    ("evaluate", "evaluate --set evaluate.pairs=1"),
    ("evaluate", "report"),
    ("report", "report"),
    ("store verify", "render --overwrite"),
    ("store gc --delete", "cache-teachers --overwrite"),
    ("store copy copied", "label --overwrite"),
)
ORDER = ("render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report")


def two_at_once(walked: Walked, folder: Path, times: int, pairs: Sequence[tuple[str, str]] = PAIRS) -> Iterator[Fault]:
    """Start each pair of commands at once: each works or refuses in a sentence. Then all stages run once more."""
    for pair in pairs:
        for number in range(times):
            project = copied(walked, folder, without=[stage for stage in ORDER if pair == (stage, stage)])
            what = f"{pair[0]} and {pair[1]}, try {number}"
            yield Fault(f"at once: `{pair[0]}` and `{pair[1]}`", what, _at_once(walked, project, pair))


def _at_once(walked: Walked, project: Path, pair: tuple[str, str]) -> str:
    both = [
        subprocess.Popen(
            command(words, walked.words), cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for words in pair
    ]
    ended = [(words, process.communicate()[1], process.returncode) for words, process in zip(pair, both, strict=True)]
    for words, said, code in ended:
        if code != 0 and not (code == 2 and is_sentence(said)):
            return f"{words} ended with {code}: {said[-300:]!r}"
    verdict = _repeated(walked, project, ORDER, tuple(MADE))
    refused = any(code == 2 for _, _, code in ended) and verdict == "the same bytes"
    return f"refused, then {verdict}" if refused else verdict
