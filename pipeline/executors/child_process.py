"""Processes of our own that end with this one, whatever happens to either."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def start_child(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Start a process that runs `target(*arguments)`, all of which can be pickled, and dies with this one."""
    _hush_resource_tracker()
    # The kernel's signal comes when the thread that started the process ends: for the main one, when the parent does.
    bound = os.getpid() if threading.current_thread() is threading.main_thread() else None
    # Spawned, because forked processes can deadlock with Zarr's threads.
    process = get_context("spawn").Process(target=_live, args=(bound, target, arguments), daemon=True)
    with _interrupts_ignored():
        process.start()
    return process


def _live(bound: int | None, target: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    if bound is not None:
        _be_killed_with(bound)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    target(*arguments)


def _hush_resource_tracker() -> None:
    """A worker that is ended leaves a library's locks behind. multiprocessing's tracker, a process that starts with the
    first worker and takes these options over, frees them, and would warn of it after the command's last line.
    """
    rule = "ignore:resource_tracker:UserWarning"
    if rule not in sys.warnoptions:
        sys.warnoptions.append(rule)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """For a process that starts meanwhile: Ctrl-C reaches all of a terminal's, and the parent ends its own."""
    if threading.current_thread() is not threading.main_thread():  # only there Python lets it be changed
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _be_killed_with(parent: int) -> None:
    """Let the kernel end this process with its parent, even when a library hangs and no thread of Python's runs."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it died before
        os._exit(1)


def _die_with_parent() -> None:
    """A killed parent cannot tell its children; left alone they would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """For processes that start meanwhile: Ctrl-C reaches all of a terminal's, and the parent ends its own."""
    # multiprocessing's tracker, a process that takes these options over, frees what ended workers leave behind; it
    # would warn of it after the command's last line.
    rule = "ignore:resource_tracker:UserWarning"
    if rule not in sys.warnoptions:
        sys.warnoptions.append(rule)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new process or thread inherits it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent(parent: int) -> None:
    """Let Linux end this process with the thread that started it, even when a library hangs and Python stands still."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it died before
        os._exit(1)
