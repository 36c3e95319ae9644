"""The child process: answers frames until its client is gone. It is run as a module, with its socket's number."""

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UserError
from render.backends.blender.frames import receive, send

if TYPE_CHECKING:
    from render.backends.blender.studio import Studio


def serve(channel: socket.socket) -> None:
    """Answer each frame: the first one holds the settings, each further one an object."""
    studio: Studio | None = None
    while True:
        try:
            frame = receive(channel)
        except EOFError:
            return
        try:
            if studio is None:
                studio = _open(frame.facts)
                send(channel, {"name": studio.name})
            else:
                rgba = studio.draw(frame.arrays, near=frame.facts["near"], far=frame.facts["far"])
                send(channel, {}, {"rgba": rgba})
        except UserError as error:
            send(channel, {"user_error": str(error)})
        except Exception as error:
            traceback.print_exc()
            send(channel, {"error": f"{type(error).__name__}: {error}"})


def _open(settings: dict[str, Any]) -> "Studio":
    try:
        import bpy
    except ModuleNotFoundError as error:
        if error.name != "bpy":
            raise
        raise UserError(
            'backend blender needs bpy, which is not here: pip install -e ".[blender]" under '
            "Python 3.11, or set render.backend to raycast."
        ) from None
    except ImportError as error:
        raise UserError(
            f"backend blender cannot load bpy ({error}): install the system library that it names, or set "
            "render.backend to raycast."
        ) from None
    _leave_nothing_behind(bpy.app.tempdir)
    # The user's own preferences and start-up file have no say in a data set.
    bpy.ops.wm.read_factory_settings(use_empty=True)
    _leave_nothing_behind(bpy.app.tempdir)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # bpy may have its own idea
    from render.backends.blender.studio import Studio

    return Studio(**settings)


def _leave_nothing_behind(folder: str) -> None:
    """Remove Blender's own folder for temporary files while it is empty: nothing here uses it, and a killed process
    would leave it. Where Blender could make none, `folder` is the system's, which stays.
    """
    if Path(folder).name.startswith("blender_"):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()


def _end_with_client(channel: socket.socket) -> None:
    """End this process when the client closes its end or dies, in the midst of a render too."""
    poll = select.poll()
    poll.register(channel, 0)  # no event but the hang-up, which is always told
    poll.poll()
    os._exit(0)


def main() -> None:
    """Serve on the socket whose number is the only argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=_end_with_client, args=(channel,), daemon=True).start()
    serve(channel)
    os._exit(0)  # Blender's own way out can crash, and there is nothing to save


if __name__ == "__main__":
    main()
