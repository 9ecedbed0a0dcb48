"""`doctown test-model`: a model server that needs no key, in the foreground until it is interrupted."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from doctown.cli.text import complain, json_text
from doctown.errors import InputError
from doctown.testing.behaviour import FORMS, Behaviour, spread
from doctown.testing.model import serving


def test_model(options: argparse.Namespace) -> int:
    """Serves until SIGINT or SIGTERM, then says on standard error what was asked."""
    behaviour = Behaviour(
        faults=_faults(options),
        seed=options.seed,
        invent=options.invent,
        contradict=options.contradict,
        latency=options.latency,
        context=options.context,
        retry_after=options.retry_after,
        forms=FORMS[FORMS.index(options.form) :],
        rejects=tuple(options.reject),
    )
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    with serving(behaviour, port=options.port) as server:
        if options.json:
            print(json_text({"base_url": server.url, "model": behaviour.model}))
        else:
            print(f"export OPENAI_BASE_URL={server.url} MODEL_NAME={behaviour.model}")
        sys.stdout.flush()
        ended.wait()
        complain(f"doctown: {json.dumps(server.ledger())}")
    return 0


def _faults(options: argparse.Namespace) -> dict[str, float]:
    faults = spread(options.faults)
    for one in options.fault:
        kind, _, rate = one.partition("=")
        try:
            faults[kind] = float(rate)
        except ValueError:
            raise InputError(f"--fault {one} names no rate", "write it as in --fault rate_limit=0.1") from None
    return faults
