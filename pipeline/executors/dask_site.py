"""What a dask worker must be like so that a run can use it: one thread, a nanny, the same code, the same folder."""

import platform
import signal
import threading
from dataclasses import dataclass
from pathlib import Path

import distributed
from distributed import Worker

from pipeline.stores.atomic_files import digest_of, sha256_of

_PROJECT = Path(__file__).resolve().parents[2]
_ROOMS = ("pipeline", "render", "train", "eval")


def code_digest() -> str:
    """The digest of the project's code, as it is on the disk."""
    files = [path for room in _ROOMS for path in sorted((_PROJECT / room).rglob("*.*"))]
    code = [path for path in files if path.suffix in (".py", ".yaml")]
    return digest_of({path.relative_to(_PROJECT).as_posix(): sha256_of(path) for path in code})


LOADED_CODE = code_digest()  # what this process works with, whatever happens to the files later


def tools() -> str:
    """The versions that have to be equal on both sides of a connection."""
    python = ".".join(platform.python_version_tuple()[:2])
    return f"Python {python} with distributed {getattr(distributed, '__version__')}"  # noqa: B009  # not exported


@dataclass(frozen=True)
class Site:
    """A dask worker as a run finds it: `id` names the process, `sees` is whether it has the run's folder."""

    id: str
    threads: int
    nanny: bool
    folder: str
    sees: bool
    tools: str
    loaded_code: str
    code: str

    def is_outdated(self) -> bool:
        """Whether the process runs since before its files became what they are."""
        return self.loaded_code not in (LOADED_CODE, self.code)

    def objections(self, note: str) -> list[str]:
        """Why the worker cannot be used, each with its remedy."""
        folder = f"works in {self.folder} and does not see {note} of {Path.cwd()}"
        checks = {
            "has no nanny, which restarts it when an object hangs: start it without --no-nanny": self.nanny,
            f"has {self.threads} threads: start it with --nthreads 1, for a renderer belongs to one": self.threads == 1,
            f"has {self.tools}, this command {tools()}: give both the same environment": self.tools == tools(),
            "has another version of this project than this command began with: update it, or repeat the command": (
                self.loaded_code == LOADED_CODE
            ),
            f"{folder}: start it in the project's folder, on a disk that all machines share": self.sees,
        }
        return [objection for objection, holds in checks.items() if not holds]


def survey(note: str, dask_worker: Worker) -> Site:
    """Look around, in the worker's event loop; `note` is a file in the run's folder. Ctrl-C is the client's affair."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return Site(
        id=dask_worker.id,
        threads=dask_worker.state.nthreads,
        nanny=dask_worker.nanny is not None,
        folder=f"{Path.cwd()} on {platform.node()}",
        sees=Path(note).exists(),
        tools=tools(),
        loaded_code=LOADED_CODE,
        code=code_digest(),
    )
