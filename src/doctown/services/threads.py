"""Threads for what computes: they give way to the event loop, which has to answer while they work."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

_NICENESS = 10


def background(name: str, threads: int = 4) -> ThreadPoolExecutor:
    """A pool whose threads, and those that they start, run at a lower priority than the rest of the process."""
    return ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_give_way)


def _give_way() -> None:
    """Lowers this thread's priority. One that is lower already stays, since none but root may raise it."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))
