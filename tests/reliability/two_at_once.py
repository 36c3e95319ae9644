"""Two commands at once on one project: each does its work or refuses in a sentence, and nothing is mixed."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.reliability.tally import Tally
from tests.reliability.walked_project import MADE, Walked, command, content_of, copied, is_sentence, run

AGAIN = "--overwrite"
PAIRS: tuple[tuple[str, str], ...] = (
    ("render", "render"),
    (f"render {AGAIN}", f"render {AGAIN}"),
    (f"render {AGAIN}", "label"),
    ("label", "label"),
    (f"cache-teachers {AGAIN}", f"cache-teachers {AGAIN}"),
    (f"cache-teachers {AGAIN}", "train"),
    ("fit-projection", "fit-projection"),
    ("train", "train --set train.steps=10"),
    (f"train {AGAIN}", "evaluate"),
    ("evaluate", "evaluate --set evaluate.pairs=1"),
    ("evaluate", "report"),
    ("report", "report"),
    ("store verify", f"render {AGAIN}"),
    ("store gc --delete", f"cache-teachers {AGAIN}"),
    ("store copy copied", f"label {AGAIN}"),
)
ORDER = ("render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report")


def two_at_once(walked: Walked, folder: Path, times: int, pairs: Sequence[tuple[str, str]] = PAIRS) -> Iterator[Tally]:
    """Start each pair of commands at once, `times` times; then run all stages once, and compare."""
    for first, second in pairs:
        tally = Tally(f"at once: `{first}` and `{second}`")
        for number in range(times):
            fresh = [stage for stage in ORDER if stage in (first, second) and stage == first == second]
            project = copied(walked, folder, without=fresh)
            tally.add(_at_once(walked, project, first, second), f"{first} and {second}, try {number}")
        yield tally


def _at_once(walked: Walked, project: Path, first: str, second: str) -> str:
    both = [
        subprocess.Popen(
            command(words, walked.words), cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for words in (first, second)
    ]
    refused = False
    for process, words in zip(both, (first, second), strict=True):
        said = process.communicate()[1]
        if process.returncode == 2 and is_sentence(said):
            refused = True
        elif process.returncode != 0:
            return f"{words} ended with {process.returncode}: {said[-300:]!r}"
    for stage in ORDER:
        again = run(project, stage, walked.words)
        if again.code:
            return f"afterwards {stage} ended with {again.code}: {again.said[-300:]!r}"
    other = [stage for stage in MADE if content_of(project, stage) != walked.content[stage]]
    if other:
        return f"other bytes of {', '.join(other)}"
    return "refused, then the same bytes" if refused else "the same bytes"
