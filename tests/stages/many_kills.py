"""`python -m tests.stages.many_kills --kills 20`: kill -9 at random moments of a render, and the command again.

A moment is uniform over the whole run, imports included. One kill hits all processes of the run, the next the parent
alone, in turn. The command is given again at once, so that it meets what the killed one left.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.receipts import read_json_object, receipt_path
from pipeline.config.profiles import profile_text
from pipeline.stores.atomic_files import sha256_of
from tests.stages.tree import contents

OBJECTS, WORKERS = 8, 2
NOT_CONTENT = ("lock", "about.json")  # about.json records versions of tools, never content
SETTINGS = (
    f"synthesize.objects={OBJECTS}",
    f"machine.workers={WORKERS}",
    "camera.views=40",
    "camera.size=128",  # so that drawing takes as long as starting
)


@dataclass(frozen=True)
class Undisturbed:
    """A project before the render, how long a render takes (s), and what it makes below stores and receipts."""

    before: Path
    seconds: float
    made: dict[str, str]


@dataclass(frozen=True)
class Kill:
    """When (s after the start), whom, and how many objects were done by then."""

    moment: float
    all_processes: bool
    done: int

    def __str__(self) -> str:
        """A line of the table."""
        whom = "all processes" if self.all_processes else "the parent"
        return f"{self.moment:6.2f} s  {whom:14} {self.done} of {OBJECTS} objects done"


def main() -> None:
    """Kill, resume, compare; print a line a kill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        undisturbed = render_undisturbed(Path(name))
        print(f"{OBJECTS} objects, {WORKERS} workers: {undisturbed.seconds:.1f} s undisturbed", flush=True)  # noqa: T201
        for kill in random_kills(undisturbed, Path(name), arguments.kills, arguments.seed):
            print(kill, flush=True)  # noqa: T201
    print(f"{arguments.kills} kills: every resumed store is byte for byte the undisturbed one")  # noqa: T201


def render_undisturbed(folder: Path) -> Undisturbed:
    """Make objects and manifest below `folder`, and render a copy of them."""
    before, rendered = folder / "before", folder / "rendered"
    before.mkdir()
    (before / "params.yaml").write_text(profile_text("smoke"))
    for stage in ("synthesize", "manifest"):
        subprocess.run(command(stage), cwd=before, check=True, capture_output=True)
    taken = []
    for _ in range(2):  # the first one also fills the system's cache of files
        shutil.rmtree(rendered, ignore_errors=True)
        shutil.copytree(before, rendered)
        start = time.monotonic()
        subprocess.run(command("render"), cwd=rendered, check=True, capture_output=True)
        taken.append(time.monotonic() - start)
    return Undisturbed(before, min(taken), made_in(rendered))


def random_kills(undisturbed: Undisturbed, folder: Path, kills: int, seed: int) -> Iterator[Kill]:
    """So many kills, each of a run of its own in `folder`."""
    rng = random.Random(f"many kills {seed}")  # noqa: S311  # moments, not secrets
    for number in range(kills):
        project = folder / f"killed{number}"
        shutil.copytree(undisturbed.before, project)
        moment = rng.uniform(0, undisturbed.seconds)
        yield kill_and_resume(undisturbed, project, moment, all_processes=number % 2 == 0)
        shutil.rmtree(project)


def kill_and_resume(undisturbed: Undisturbed, project: Path, moment: float, all_processes: bool) -> Kill:
    """Render in `project`, kill at `moment`, render again, compare with the undisturbed run."""
    process = subprocess.Popen(
        command("render"), cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(moment)
    if all_processes:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    counted = {path: path.stat().st_mtime_ns for path in markers(project)}
    for marker in counted:
        assert_whole(marker)
    again = subprocess.run(command("render"), cwd=project, check=False, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "Traceback" not in again.stderr, again.stderr
    assert made_in(project) == undisturbed.made, f"killed at {moment:.3f} s"
    assert {path: path.stat().st_mtime_ns for path in counted} == counted, "what was done was done again"
    assert_each_once(project)
    assert_nobody_left(process.pid)
    return Kill(moment, all_processes, len(counted))


def command(stage: str) -> list[str]:
    """A stage as a user would start it."""
    return [sys.executable, "-m", "pipeline.cli", stage, *(word for s in SETTINGS for word in ("--set", s))]


def made_in(project: Path) -> dict[str, str]:
    """Every file that a render may write, with its sha256."""
    files = contents(project / "stores", *NOT_CONTENT) | {
        "receipt": sha256_of(project / receipt_path("render", "plane"))
    }
    return {name: sha for name, sha in files.items() if not name.startswith("made-up/")}


def markers(project: Path) -> list[Path]:
    """The done-markers of the view store."""
    return sorted(project.glob("stores/views/plane/*/done/*.json"))


def assert_whole(marker: Path) -> None:
    """Every chunk of which a done-marker speaks has its checksum."""
    arrays = marker.parents[1] / "arrays.zarr"
    for file, sha in read_json_object(marker, "render", "plane")["files"].items():
        assert sha256_of(arrays / file) == sha, f"{marker} counts a chunk that is not whole"


def assert_each_once(project: Path) -> None:
    """Each object has one row, one marker, one line in the receipt."""
    held = [read_json_object(marker, "render", "plane") for marker in markers(project)]
    listed = read_json_object(project / receipt_path("render", "plane"), "render", "plane")["objects"]
    names = [f"madeup-plane-{number:04d}" for number in range(OBJECTS)]
    assert sorted(item["id"] for item in held) == names
    assert sorted(item["row"] for item in held) == list(range(OBJECTS))
    assert [item["key"]["id"] for item in listed] == names


def assert_nobody_left(group: int) -> None:
    """No process of the killed run lives: workers notice within seconds that their parent is gone."""
    deadline = time.monotonic() + 30
    while living(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not living(group)


def living(group: int) -> list[int]:
    """The processes of a process group, without those that only wait to be buried."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):  # it ended meanwhile
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found


if __name__ == "__main__":
    main()
