"""kill -9 at a random moment of any stage, and the same command again."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.reliability.tally import Tally
from tests.reliability.walked_project import MADE, Walked, command, content_of, copied, run


def killed_stages(
    walked: Walked, folder: Path, kills: int, stages: Sequence[str] = tuple(MADE), note: str = "", seed: int = 0
) -> Iterator[Tally]:
    """Kill each stage `kills` times, all its processes or the parent alone in turn."""
    rng = random.Random(f"kills {seed}")  # noqa: S311  moments, not secrets
    for stage in stages:
        tally = Tally(f"kill -9: {stage}{note}")
        seconds = None
        for number in range(kills):
            project = copied(walked, folder, without=[stage])
            if seconds is None:
                started = time.monotonic()
                assert run(project, stage, walked.words).code == 0
                seconds = time.monotonic() - started
                project = copied(walked, folder, without=[stage])
            moment = rng.uniform(0.2, 1.0) * seconds
            tally.add(_killed(walked, project, stage, moment, number % 2 == 0), f"{stage} after {moment:.2f} s")
        yield tally
        shutil.rmtree(folder)


def _killed(walked: Walked, project: Path, stage: str, moment: float, everyone: bool) -> str:
    process = subprocess.Popen(
        command(stage, walked.words),
        cwd=project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(moment)
    if everyone:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    again = run(project, stage, walked.words)
    if again.code:
        return f"the next run ended with {again.code}: {again.said[-200:]!r}"
    return "the same bytes" if content_of(project, stage) == walked.content[stage] else "other bytes"
