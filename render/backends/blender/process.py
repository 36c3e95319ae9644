"""Start, ask and end the child process that runs Blender."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import UserError
from render.backends.blender.frames import Frame, receive, send

ROOT = Path(__file__).resolve().parents[3]  # the folder that holds the package `render`
TAIL = 2000  # bytes of the child's last words that an error shows


class BlenderDeathError(Exception):
    """The child ended by itself: `how` is its signal or exit code, `words` the tail of what it printed."""

    def __init__(self, how: str, words: str) -> None:
        """Keep both, and the last line that the child printed."""
        super().__init__(f"{how}; it printed last:\n{words}")
        self.how, self.last_line = how, words.splitlines()[-1] if words else "no word"


class BlenderProcess:
    """A child process. It ends when this end of the channel closes, however that comes about."""

    def __init__(self) -> None:
        """Start it. What it can do, its answer to the first question shows."""
        self._channel, theirs = socket.socketpair()
        # Blender prints what it likes. A file without a name cannot fill up like a pipe, and nothing has to read it.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "render.backends.blender.server", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                process_group=0,  # an interrupt at the keyboard is for us alone
            )

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def closed(self) -> bool:
        """Tell whether the child was given up: after `close`, and after an `ask` that brought no answer."""
        return self._output.closed

    def ask(self, facts: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> Frame:
        """Send a frame, wait for the answer.

        Raises UserError and RuntimeError as the child says, and BlenderDeathError if it says nothing more.
        """
        self._output.seek(0)  # the child writes at the same position: what it printed about the last object goes
        self._output.truncate()
        try:
            send(self._channel, facts, arrays)
            answer = receive(self._channel)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise self._ending() from None
        except BaseException:
            self.close()  # the answer would be taken for that of the next question
            raise
        if "user_error" in answer.facts:
            raise UserError(answer.facts["user_error"])
        if "error" in answer.facts:
            raise RuntimeError(f"Blender cannot draw this: {answer.facts['error']}")
        return answer

    def close(self) -> None:
        """End the child, at once even if it is rendering. May be called twice."""
        self._channel.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._output.close()

    def _ending(self) -> BlenderDeathError:
        """Give the child up, and say how it ended."""
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - TAIL))
        words = self._output.read().decode(errors="replace").strip()
        self.close()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return BlenderDeathError(how, words)


def _environment() -> dict[str, str]:
    """The child imports the same packages as this process. Workers are what uses the cores, so Mesa gets one each."""
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(ROOT), *([inherited] if inherited else [])])
    return {"LP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": path}
