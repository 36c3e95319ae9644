"""A small file system that fills while a stage writes, and the same command once there is room."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.reliability.tally import Tally
from tests.reliability.walked_project import MADE, Walked, content_of, is_sentence

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
    try:
        return subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def full_disks(
    walked: Walked, folder: Path, times: int, stages: Sequence[str] = tuple(MADE), seed: int = 0
) -> Iterator[Tally]:
    """Give each stage a random share of the room that its files take, `times` times."""
    rng = random.Random(f"disks {seed}")  # noqa: S311  sizes, not secrets
    for stage in stages:
        tally = Tally(f"a full disk: {stage}")
        sizes = [
            path.stat().st_size for made in MADE[stage] for path in (walked.folder / made).rglob("*") if path.is_file()
        ]
        pages = sum(-(-size // 4096) * 4096 for size in sizes)
        for _ in range(times):
            room = int(rng.uniform(0, 0.9) * pages)
            tally.add(_filled(walked, folder, stage, room), f"{stage} with room for {room} of {pages} bytes")
        yield tally


def _filled(walked: Walked, folder: Path, stage: str, room: int) -> str:
    folder.mkdir(parents=True, exist_ok=True)
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
    same = content_of(folder / "kept", stage) == walked.content[stage]
    return ("refused, then the same bytes" if code == "2" else "the same bytes") if same else "other bytes"
