"""What works here and what does not: each part of the installation tried, and the model asked one real question.

Every check ends in a finding with a cause and a mend; none ends the others. What is imported is imported by the check
that needs it, so a broken part is a finding too. Secrets are never in one.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from doctown.errors import DoctownError, InputError
from doctown.settings import Settings

if TYPE_CHECKING:
    from doctown.generate.llm.client import Client
    from doctown.generate.llm.contract import Reply, Request
    from doctown.generate.llm.faults import Fault

Health = Literal["ok", "warning", "failed", "down"]  # down: it is the system's fault and may pass, not a setting's

PYTHON: Final = (3, 11)
GIT: Final = (2, 37)
FREE_BYTES: Final = 1 << 30  # of disk, below which a build of a larger repository may not fit
_PROGRAM_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    health: Health
    found: str  # one line
    mend: str = ""  # what to do, where something is to be done


def examine(settings: Settings) -> Iterator[Finding]:
    """Runs every check in turn. The last one asks the model, where one is configured, and costs what one short
    question costs."""
    checks: Sequence[tuple[str, Callable[[Settings], Finding]]] = (
        ("python", _python),
        ("grammars", _grammars),
        ("embedding", _embedding),
        ("git", _git),
        ("npm", _npm),
        ("cache", _cache),
        ("disk", _disk),
        ("model", _model),
    )
    for name, check in checks:
        try:
            yield check(settings)
        except DoctownError as error:
            health: Health = "failed" if isinstance(error, InputError) else "down"
            yield Finding(check=name, health=health, found=error.cause, mend=error.mend)
        except ImportError as error:
            mend = "install Doctown again, with its dependencies"
            yield Finding(check=name, health="failed", found=f"a library is missing: {error}", mend=mend)


# --- the installation ---------------------------------------------------------------------------------------------


def _python(_: Settings) -> Finding:
    found = (
        f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"
    )
    if sys.version_info < PYTHON:
        return Finding(check="python", health="failed", found=found, mend="use Python 3.11 or newer")
    if os.name != "posix":
        return Finding(check="python", health="failed", found=found, mend="use Linux or macOS")
    return Finding(check="python", health="ok", found=found)


def _grammars(_: Settings) -> Finding:
    from doctown.languages import languages  # noqa: PLC0415 - see the module's paragraph
    from doctown.languages.base import query_of  # noqa: PLC0415 - as above

    broken = []
    for language in languages().values():
        try:
            query_of(language.grammar, language.grammar_function, language.query_source)
        except (ImportError, AttributeError, ValueError, OSError) as error:
            broken.append(f"{language.name} ({type(error).__name__})")
    if broken:
        mend = "install Doctown again, with the versions of its constraints.txt"
        return Finding(check="grammars", health="failed", found=f"cannot be used: {', '.join(broken)}", mend=mend)
    return Finding(check="grammars", health="ok", found=f"{len(languages())} languages")


def _embedding(settings: Settings) -> Finding:
    if settings.embedding_url:
        return Finding(
            check="embedding", health="ok", found="by the service that EMBEDDING_URL names, for --vectors remote"
        )
    from doctown.embed.weights import read_weights  # noqa: PLC0415 - see the module's paragraph

    size = len(read_weights())
    return Finding(check="embedding", health="ok", found=f"weights of {size / 1e6:.0f} MB, as published")


def _git(settings: Settings) -> Finding:
    said = _program(["git", "--version"], settings)
    found = re.search(r"(\d+)\.(\d+)[.\d]*", said or "")
    if found is None:
        mend = "install Git 2.37 or newer to read Git URLs"
        return Finding(check="git", health="warning", found="not installed, or it does not start", mend=mend)
    if (int(found[1]), int(found[2])) < GIT:
        return Finding(check="git", health="warning", found=found[0], mend="install Git 2.37 or newer to read Git URLs")
    return Finding(check="git", health="ok", found=found[0])


def _npm(settings: Settings) -> Finding:
    said = _program([settings.npm_command, "--version"], settings)
    found = re.search(r"\d+\.\d+[.\d]*", said or "")
    if found is None:
        mend = "install npm, or name it in DOCTOWN_NPM, to read npm: sources"
        return Finding(check="npm", health="warning", found="not installed, or it does not start", mend=mend)
    return Finding(check="npm", health="ok", found=found[0])


def _program(argv: Sequence[str], settings: Settings) -> str | None:
    """What a program prints; None if it cannot be run."""
    from doctown.ingest.fetch.command import Runner  # noqa: PLC0415 - see the module's paragraph

    with tempfile.TemporaryDirectory(prefix="doctown-") as folder:
        try:
            environment = {
                name: settings.environment[name] for name in ("PATH", "HOME") if name in settings.environment
            }
            result = Runner(Path(folder), environment, time.monotonic() + _PROGRAM_SECONDS).run(argv)
        except (InputError, OSError):
            return None
    return result.output if result.status == 0 else None


def _cache(settings: Settings) -> Finding:
    from doctown.keep import Keep  # noqa: PLC0415 - see the module's paragraph

    keep = Keep(settings.cache, "doctor.sqlite", max_bytes=1 << 20)
    digest = hashlib.sha256(b"doctor").digest()
    try:
        keep.put("doctor", {digest: b"kept"})
        found = keep.get("doctor", [digest]).get(digest)
        problem = keep.problem
    finally:
        keep.close()
    if found != b"kept":
        mend = "make the folder writable, or name another in DOCTOWN_CACHE; what is paid for could not be kept"
        return Finding(check="cache", health="down", found=problem or f"{settings.cache} keeps nothing", mend=mend)
    return Finding(check="cache", health="ok", found=str(settings.cache))


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.cache if settings.cache.exists() else Path("/")).free
    found = f"{free / 1e9:.1f} GB free for the cache"
    if free < FREE_BYTES:
        return Finding(
            check="disk", health="warning", found=found, mend="make room: a draft is several times its source"
        )
    return Finding(check="disk", health="ok", found=found)


# --- the model ----------------------------------------------------------------------------------------------------


def _model(settings: Settings) -> Finding:
    from doctown.stages.asking import endpoint, model_configured  # noqa: PLC0415 - see the module's paragraph

    if not model_configured(settings):
        mend = "set OPENAI_API_KEY, or OPENAI_BASE_URL for a server that wants no key, to have a model write"
        return Finding(check="model", health="ok", found="none is configured: documentation is extractive", mend=mend)
    from doctown.generate.llm.client import Client, Retries  # noqa: PLC0415 - as above
    from doctown.generate.llm.contract import Reply  # noqa: PLC0415 - as above
    from doctown.generate.llm.gate import Patience  # noqa: PLC0415 - as above
    from doctown.generate.llm.replies import Replies  # noqa: PLC0415 - as above

    once = Retries(tries=1, spare=0, share=0)
    client = Client(endpoint(settings), Replies(None), retries=once, patience=Patience(rate=5.0))
    started = time.monotonic()
    try:
        outcome = client.ask(_question())
        seconds = time.monotonic() - started
        if isinstance(outcome, Reply):
            return Finding(check="model", health="ok", found=_answered(client, outcome, seconds))
        return _unanswered(settings, client, outcome.reason)
    finally:
        client.close()


def _question() -> Request:
    from doctown.generate.llm.contract import Malformed, Request  # noqa: PLC0415 - see the module's paragraph

    def parse(value: object) -> str:
        if not isinstance(value, dict) or not isinstance(value.get("answer"), str):
            raise Malformed('give an object with a text "answer"')
        return str(value["answer"])

    return Request(
        purpose="check",
        system="You answer with JSON alone.",
        prompt="Say in one word whether you can read this.",
        schema={
            "type": "object",
            "properties": {"answer": {"type": "string"}},
            "required": ["answer"],
            "additionalProperties": False,
        },
        schema_name="answer",
        max_tokens=256,
        parse=parse,
    )


def _answered(client: Client, reply: Reply, seconds: float) -> str:
    forms = {"json_schema": "a JSON schema", "json_object": "JSON without a schema", "text": "JSON within text"}
    return (
        f"{reply.model} answered in {seconds:.1f} s by {forms[client.form]}; {reply.tokens_in} tokens in, "
        f"{reply.tokens_out} out, ${reply.usd:.6f}"
    )


_MENDS: Final = {
    "rate_limited": "wait, or set MAX_CONCURRENT_REQUESTS lower",
    "bad_json": "name a model that writes JSON in MODEL_NAME, or a server with structured output",
    "malformed": "name a model that keeps to a JSON schema in MODEL_NAME",
    "blank": "name another model in MODEL_NAME; this one wrote nothing",
    "length": "name another model in MODEL_NAME; this one thinks or writes without end",
    "refusal": "name another model in MODEL_NAME",
    "forbidden": "check what the key may do, or whether something on the way forbids the request",
}


def _unanswered(settings: Settings, client: Client, reason: str) -> Finding:
    fault = client.last_fault
    if fault is None:
        return Finding(check="model", health="down", found=reason, mend="try again later")
    down = fault.traits.refusal == "outage" and fault.kind not in ("html", "not_json", "dns", "unreachable")
    said = f" (it says: {fault.said})" if fault.said else ""
    mend = _mend(settings, client, fault)
    health: Health = "down" if down or fault.kind == "unreachable" else "failed"
    return Finding(check="model", health=health, found=f"{fault.cause}{said}", mend=mend)


def _mend(settings: Settings, client: Client, fault: Fault) -> str:
    if fault.kind == "auth" and not settings.openai_api_key:
        return "set OPENAI_API_KEY: this server wants a key"
    if fault.kind == "unknown_model":
        known = client.models()
        shown = f"; it has {', '.join(known[:8])}{', …' if len(known) > 8 else ''}" if known else ""
        return f"MODEL_NAME is {settings.model_name}: set it to a model that the server has{shown}"
    return fault.mend or _MENDS.get(fault.kind, "try again later")
