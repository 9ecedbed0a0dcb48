"""Threads for what computes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from doctown.services.threads import background


@pytest.mark.parametrize(("before", "after"), [(0, 10), (15, 15)])
def test_a_priority_is_lowered_and_never_raised(before: int, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """None but root may raise one: under a supervisor that runs at a low priority the threads would not begin, and a
    model would be loaded for ever."""
    nice = {"now": before}

    def lowered(_kind: int, _thread: int, niceness: int) -> None:
        if niceness < nice["now"]:
            raise PermissionError
        nice["now"] = niceness

    monkeypatch.setattr(os, "setpriority", lowered)
    monkeypatch.setattr(os, "getpriority", lambda _kind, _thread: nice["now"])
    ask: Callable[[], int] = threading.get_native_id
    with background("test", 1) as threads:
        assert threads.submit(ask).result(10) != threading.get_native_id()
    assert nice["now"] == after
