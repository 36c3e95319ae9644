"""`python -m benchmarks.viewer PROJECT [--clicks 50] [--sizes 1000x500 1400x800]`: how fast the viewer answers a click.

PROJECT is a folder after `make demo`. The command starts `pipeline view` there, opens it in a headless Chromium, which
draws WebGL in software, and clicks pixels of the left image, then points of the left object in 3D. The time runs from
the mouse button's event to the change of the page: both images with marks and heat, and the line below them. "drawn" is
when the browser has drawn it. The clouds' colours come after that; their time is not measured.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.chromium import Chromium

# Notes for each click when the button went down, when the page changed, and when that was drawn.
WATCH = """
window.clickTimes = [];
let began = null, last = document.querySelector('[data-answer]').dataset.answer;
addEventListener('pointerdown', event => { began = event.timeStamp; }, true);
new MutationObserver(() => {
  const answer = document.querySelector('[data-answer]');
  if (!answer || answer.dataset.answer === last) return;
  last = answer.dataset.answer;
  if (began === null) return;
  const start = began, changed = performance.now() - start;
  began = null;
  requestAnimationFrame(() => setTimeout(() => clickTimes.push([changed, performance.now() - start])));
}).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
"""
READY = "!!document.querySelector('[data-answer]') && !!document.querySelector('canvas')"
BOX = "(e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })"
BETWEEN = 0.9  # seconds from one click to the next: a user looks at the answer


def main() -> None:
    """Measure at each size, in the image and in 3D."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--clicks", type=int, default=50)
    parser.add_argument("--sizes", nargs="+", default=["1000x500", "1400x800"])
    parser.add_argument("--field", default="models/chair-lite0-whole")
    parser.add_argument("--screenshot", type=Path, help="write the last page to this file")
    arguments = parser.parse_args()
    with served(arguments.project, arguments.field) as (address, load):
        print(f"the viewer is ready after {load:.1f} s; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        for size in arguments.sizes:
            width, height = (int(number) for number in size.split("x"))
            with Chromium(address, width, height) as page:
                page.wait_for(READY)
                time.sleep(3)
                page.evaluate(WATCH)
                image_clicks(page, 3)  # the first drawing builds shaders
                for name, clicked in (("image", image_clicks), ("3D", scene_clicks)):
                    times = clicked(page, arguments.clicks)
                    print(f"{size}, {name}: {said(times)}", flush=True)
                if arguments.screenshot is not None:
                    arguments.screenshot.write_bytes(page.screenshot())


@contextmanager
def served(project: Path, field: str) -> Iterator[tuple[str, float]]:
    """Run the viewer of a project. Gives its address and the seconds until it is ready."""
    begun = time.monotonic()
    root = Path(__file__).resolve().parents[1]
    paths = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "view", "--field", field, "--port", "0"],
        cwd=project, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"},
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            found = next(filter(None, (re.search(r"http://\S+", line) for line in server.stdout)))
            yield found[0], time.monotonic() - begun
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


def image_clicks(page: Chromium, count: int) -> list[tuple[float, float]]:
    """Click pixels of the left image, spread over the places of its keypoints."""
    draws = np.random.default_rng(count)
    times: list[tuple[float, float]] = []
    while len(times) < count:
        left, top, width, height = page.evaluate(f"{BOX}(document.querySelector('[data-answer] svg'))")
        across, down = draws.uniform(0.25, 0.75, 2)
        times += answered(page, left + across * width, top + down * height)
    return times


def scene_clicks(page: Chromium, count: int) -> list[tuple[float, float]]:
    """Click the left object in the scene."""
    draws = np.random.default_rng(1)
    left, top, width, height = page.evaluate(f"{BOX}(document.querySelector('canvas'))")
    times: list[tuple[float, float]] = []
    while len(times) < count:
        across, down = draws.uniform((0.15, 0.35), (0.4, 0.65))
        times += answered(page, left + across * width, top + down * height)
    return times


def answered(page: Chromium, x: float, y: float) -> list[tuple[float, float]]:
    """Click, and return the milliseconds until the page changed and until it was drawn; nothing if a click missed."""
    before = page.evaluate("clickTimes.length")
    page.click(x, y)
    time.sleep(BETWEEN)
    return [(changed, drawn) for changed, drawn in page.evaluate(f"clickTimes.slice({before})")]


def said(times: list[tuple[float, float]]) -> str:
    """Say the median and the worst."""
    changed, drawn = zip(*times, strict=True)
    return (
        f"{len(times)} clicks, median {statistics.median(changed):.0f} ms, worst {max(changed):.0f} ms; "
        f"drawn: median {statistics.median(drawn):.0f} ms, worst {max(drawn):.0f} ms"
    )


if __name__ == "__main__":
    main()
