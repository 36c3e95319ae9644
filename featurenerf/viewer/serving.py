"""Start the viewer, say where it is, and stop it when it is asked to."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

from featurenerf.viewer.gallery import Gallery
from pipeline.errors import UserError
from train.run.stop_signals import StopSignals

_WATCH = 0.2  # seconds between looks at whether a signal came


def check_viser() -> None:
    """Raise UserError if viser, which is an optional dependency, is not installed."""
    if find_spec("viser") is None:
        raise UserError('`pipeline view` needs viser, which is not here: pip install -e ".[view]".')


def check_host(host: str) -> None:
    """Raise UserError if this machine cannot listen at the host: viser would look for a free port for ever."""
    try:
        family = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as listening:
            listening.bind((host, 0))
    except OSError as error:
        raise UserError(
            f"--host {host} is no address of this machine ({error.strerror}): leave it out, or correct it."
        ) from None


def serve(
    gallery: Gallery, source: str, target: str, out: Path, host: str, port: int, say: Callable[[str], None]
) -> None:
    """Serve the viewer until Ctrl-C or SIGTERM, then stop it. If the port is taken, the next free one is used.

    Raises UserError if an object cannot be prepared, or if the address cannot be used.
    """
    check_host(host)
    import viser

    from featurenerf.viewer.viewer import Viewer

    with StopSignals() as signals:
        for name in dict.fromkeys((source, target)):
            if signals.name is None:
                say(f"preparing {name}")
                gallery.get(name)
        with redirect_stdout(io.StringIO()):  # viser prints an address before there is anything to see
            server = viser.ViserServer(host=host, port=port, label="featurenerf", verbose=False)
        try:
            server.gui.configure_theme(control_width="large", show_logo=False, show_share_button=False)
            server.gui.main_panel.dock_right()
            Viewer(server, gallery, source, target, out)
            say(f"the viewer is at http://{_shown_host(host)}:{server.get_port()}  (Ctrl-C ends it)")
            while signals.name is None:
                time.sleep(_WATCH)
        finally:
            with redirect_stdout(io.StringIO()):
                server.stop()
    say("stopped")


def _shown_host(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1", "::") else host  # noqa: S104
