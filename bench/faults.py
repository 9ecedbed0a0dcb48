"""What faults, kills and caps cost, against the test model server: `python -m bench faults`.

A run with 30 % of faults is measured beside a run of the same questions without any; a process that asks is killed by
SIGKILL at random moments and started again on the same cache; and runs with random caps are judged by the server's own
ledger. Waiting goes a hundred times faster than the clock, but where `Retry-After` is what is measured.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import measure
from doctown.generate.llm.client import Client
from doctown.generate.llm.clock import Clock
from doctown.generate.llm.contract import Malformed, Outcome, Prices, Refusal, Reply, Request
from doctown.generate.llm.endpoint import Endpoint
from doctown.generate.llm.replies import Replies
from doctown.testing.behaviour import PASSING, Behaviour, spread
from doctown.testing.model import ModelServer, serving

QUESTIONS = 400
THREADS = 8
KILLS = 12
CAPPED_RUNS = 200
PRICES = Prices(tokens_in=0.15, tokens_out=0.60)
_ITEM = {"type": "object", "properties": {"id": {"type": "string"}, "summary": {"type": "string"}}}
SCHEMA = {"type": "object", "properties": {"items": {"type": "array", "items": _ITEM}}}


def question(number: int, items: int = 3) -> Request:
    """A question about a few symbols, whose parser takes a reply that names each of them once and no other."""
    names = [f"q{number}_{one}" for one in range(items)]

    def parse(value: object) -> dict[str, str]:
        listed = value.get("items") if isinstance(value, dict) else None
        if not isinstance(listed, list) or [one.get("id") for one in listed if isinstance(one, dict)] != names:
            raise Malformed("give each id once")
        if not all(isinstance(one.get("summary"), str) and one["summary"] for one in listed):
            raise Malformed("a summary is a text")
        return {one["id"]: one["summary"] for one in listed}

    parts = [f"### id: {name}\n<data aa>\ndef load_{name}(path):\n    return open(path)\n</data aa>" for name in names]
    return Request(
        purpose="symbols",
        system="Document the code.",
        prompt="\n".join(parts),
        schema=SCHEMA,
        schema_name="items",
        max_tokens=400,
        parse=parse,
    )


def client_of(
    url: str, folder: Path, *, speed: float = 100.0, cap: float | None = None, threads: int = THREADS
) -> Client:
    """A client whose replies are kept in the folder."""
    endpoint = Endpoint(model="test-model", url=url, concurrency=threads, prices=PRICES)
    return Client(endpoint, Replies(folder), clock=Clock(speed), cap=cap)


def ask(client: Client, numbers: Sequence[int]) -> list[Outcome]:
    """Asks all of them by as many threads as the client allows, and closes it."""
    with ThreadPoolExecutor(client.concurrency) as pool:
        outcomes = list(pool.map(client.ask, map(question, numbers)))
    client.close()
    return outcomes


def _run(
    behaviour: Behaviour, *, speed: float = 100.0, number: int = QUESTIONS
) -> tuple[list[Outcome], dict[str, object]]:
    with serving(behaviour) as server, tempfile.TemporaryDirectory() as folder:
        outcomes = ask(client_of(server.url, Path(folder), speed=speed), range(number))
        return outcomes, server.ledger()


def _count(ledger: dict[str, object], name: str) -> int:
    value = ledger[name]
    return value if isinstance(value, int) else 0


def faults() -> None:
    """The same questions with and without faults."""
    measure.title(f"{QUESTIONS} questions, {THREADS} threads, 30 % of calls go wrong in {len(PASSING)} ways")
    _, calm = _run(Behaviour())
    for seed in range(3):
        outcomes, ledger = _run(Behaviour(faults=spread(0.3), retry_after=0.02, seed=seed))
        replies = [outcome for outcome in outcomes if isinstance(outcome, Reply)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
        named = all(
            isinstance(outcome, Refusal) or set(outcome.value) == {f"q{number}_{one}" for one in range(3)}  # type: ignore[call-overload]
            for number, outcome in enumerate(outcomes)
        )
        ratio = _count(ledger, "calls") / _count(calm, "calls")
        measure.at_most(f"seed {seed}: calls, beside those of a run without faults", ratio, 1.6)
        measure.at_least(f"seed {seed}: questions answered", len(replies) / QUESTIONS, 0.98, "{:.3f}")
        measure.holds("  every other refused with a reason", str(len(refused)), met=all(one.reason for one in refused))
        measure.holds("  replies that name what was asked, once each", str(len(replies)), met=named)


def rate_limits() -> None:
    """`Retry-After`, by the real clock."""
    behaviour = Behaviour(faults={"rate_limit_after": 0.06, "rate_limit_date": 0.02}, retry_after=1.0, seed=1)
    measure.title("60 questions, 8 % rate limits that name a moment, by the real clock")
    outcomes, ledger = _run(behaviour, speed=1.0, number=60)
    measure.info("rate limits met", str(ledger["faults"]))
    undercut = _count(ledger, "retry_after_undercut")
    measure.holds("calls before the moment named", str(undercut), met=undercut == 0)
    answered = sum(isinstance(outcome, Reply) for outcome in outcomes)
    measure.holds("questions answered", f"{answered}/60", met=answered == 60)


def kills() -> None:
    """A process that asks is killed again and again, on one cache, until it is through."""
    measure.title(f"a process with {THREADS} threads is killed by SIGKILL up to {KILLS} times, on one cache")
    chance = random.Random(4)  # noqa: S311 - no secret
    with serving(Behaviour(latency=0.03)) as server, tempfile.TemporaryDirectory() as folder:
        number, killed, worst, repaid = 300, 0, 0, 0
        while killed < KILLS and not _killed(server, folder, number, chance.uniform(0.05, 0.5)):
            killed += 1
            before, repaid = repaid, _count(server.ledger(), "repaid_calls")
            worst = max(worst, repaid - before)
        outcomes = ask(client_of(server.url, Path(folder)), range(number))
        before, repaid = repaid, _count(server.ledger(), "repaid_calls")
        worst = max(worst, repaid - before)
        measure.info("kills", str(killed))
        measure.at_most("replies paid again after one kill, beside calls under way", worst / THREADS, 1.0)
        measure.info("replies paid again in all", str(repaid))
        whole = all(isinstance(outcome, Reply) for outcome in outcomes)
        measure.holds("all answered in the end", str(len(outcomes)), met=whole and killed > 2)
        again = _count(server.ledger(), "calls")
        ask(client_of(server.url, Path(folder)), range(number))
        more = _count(server.ledger(), "calls") - again
        measure.holds("calls of a further run", str(more), met=more == 0)


def _killed(server: ModelServer, folder: str, number: int, seconds: float) -> bool:
    """Starts a process that asks, and kills it so long after its first call; whether it was through before that."""
    before = _count(server.ledger(), "calls")
    command = [sys.executable, "-m", "bench.faults", "--ask", server.url, folder, str(number)]
    with subprocess.Popen(command) as process:
        while process.poll() is None and _count(server.ledger(), "calls") == before:
            time.sleep(0.005)
        time.sleep(seconds)
        through = process.poll() is not None
        process.send_signal(signal.SIGKILL)
    time.sleep(0.2)  # what it had on its way is answered, and charged
    return through


def caps() -> None:
    """Runs with caps, faults and numbers of threads drawn by chance."""
    measure.title(f"{CAPPED_RUNS} runs with random caps, half of them with 30 % of faults")
    chance = random.Random(8)  # noqa: S311 - no secret
    exceeded, used, limited, understated = 0, [], 0, 0
    for run in range(CAPPED_RUNS):
        cap = chance.uniform(0, 0.003)
        rate = chance.choice([0.0, 0.3])
        behaviour = Behaviour(faults=spread(rate), retry_after=0.01, seed=run)
        with serving(behaviour) as server, tempfile.TemporaryDirectory() as folder:
            client = client_of(server.url, Path(folder), cap=cap, threads=chance.randint(1, THREADS))
            outcomes = ask(client, range(run * 100, run * 100 + 20))
            paid, ledger = server.ledger()["usd"], client.ledger()
        assert isinstance(paid, float)
        exceeded += paid > cap
        understated += paid > ledger.usd + ledger.usd_lost + 1e-12
        if any(isinstance(outcome, Refusal) and outcome.kind == "budget" for outcome in outcomes):
            limited += 1
            used.append((ledger.usd + ledger.usd_lost) / cap)
    measure.holds("runs in which the server charged more than the cap", str(exceeded), met=exceeded == 0)
    measure.holds("runs in which it charged more than our ledger says", str(understated), met=understated == 0)
    measure.info("runs that met their cap", str(limited))
    measure.info("share of the cap that they used, median", f"{sorted(used)[len(used) // 2]:.2f}" if used else "none")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cache", type=Path, help="not used: nothing is fetched")
    parser.add_argument("--ask", nargs=3, metavar=("URL", "FOLDER", "N"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        url, folder, number = options.ask
        ask(client_of(url, Path(folder)), range(int(number)))
        return
    print(measure.machine())
    faults()
    rate_limits()
    kills()
    caps()


if __name__ == "__main__":
    main()
