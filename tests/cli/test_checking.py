from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from doctown import doctor as checks
from doctown.settings import from_environment

KEY = "sk-do-not-show-0123456789"


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MODEL_NAME", "MAX_CONCURRENT_REQUESTS"):
        monkeypatch.delenv(name, raising=False)
    # What does not concern the model is checked by the first test alone: it takes a second.
    monkeypatch.setattr(checks, "_grammars", lambda _: checks.Finding(check="grammars", health="ok", found=""))
    monkeypatch.setattr(checks, "_npm", lambda _: checks.Finding(check="npm", health="ok", found=""))


def test_a_sound_installation_is_found_sound(doctown, monkeypatch) -> None:
    """Every part is tried and named; without a key nothing is asked, and that is no failure."""
    monkeypatch.undo()
    findings = {finding.check: finding for finding in checks.examine(from_environment({**os.environ}))}
    assert set(findings) == {"python", "grammars", "embedding", "git", "npm", "cache", "disk", "model"}
    for name in ("python", "grammars", "embedding", "cache"):
        assert findings[name].health == "ok", findings[name]


def test_without_a_key_documentation_is_extractive(doctown) -> None:
    """The doctor says what a build will do, and how to have a model write."""
    ran = doctown("doctor")
    assert ran.status == 0
    assert "extractive" in ran.out
    assert "OPENAI_API_KEY" in ran.out


def test_one_real_question_is_asked(doctown, monkeypatch, model_server) -> None:
    """A model that works is shown to work: by one call, with its price."""
    server = model_server(key=KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MODEL_NAME", "test-model")
    ran = doctown("doctor", "--json")
    assert ran.status == 0
    (found,) = [check for check in json.loads(ran.out)["checks"] if check["check"] == "model"]
    assert found["health"] == "ok"
    assert re.search(
        r"test-model answered in [\d.]+ s by a JSON schema; \d+ tokens in, \d+ out, \$0\.0000", found["found"]
    )
    assert server.ledger()["calls"] == 1
    doctown("doctor")
    assert server.ledger()["calls"] == 2  # a kept reply would prove nothing


@pytest.mark.parametrize(
    ("behaviour", "environment", "status", "words"),
    [
        ({"key": KEY}, {}, 1, ["wants a key", "OPENAI_API_KEY"]),
        ({"key": KEY}, {"OPENAI_API_KEY": "sk-wrong-one"}, 1, ["does not accept the key"]),
        ({}, {"MODEL_NAME": "gpt-9"}, 1, ["does not have the model", "MODEL_NAME is gpt-9", "it has test-model"]),
        ({"faults": {"quota": 1.0}}, {}, 1, ["no quota", "credit"]),
        ({"faults": {"html": 1.0}}, {}, 1, ["web page", "OPENAI_BASE_URL"]),
        ({"faults": {"redirect": 1.0}}, {}, 1, ["leads elsewhere"]),
        ({"ignores_forms": True}, {}, 1, ["no JSON", "MODEL_NAME"]),
        ({"faults": {"blank": 1.0}}, {}, 1, ["blank"]),
        ({"faults": {"overloaded": 1.0}}, {}, 3, ["503"]),
        ({"faults": {"rate_limit_after": 1.0}, "retry_after": 3600.0}, {}, 3, ["fewer requests"]),
        ({"faults": {"reset": 1.0}}, {}, 3, ["connection broke"]),
    ],
)
def test_the_actual_cause_is_named(behaviour, environment, status, words, doctown, monkeypatch, model_server) -> None:
    """What is wrong with a model's configuration is told from what is wrong with the server, each with its mend."""
    monkeypatch.setenv("OPENAI_BASE_URL", model_server(**behaviour).url)
    monkeypatch.setenv("MODEL_NAME", "test-model")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = doctown("doctor")
    assert ran.status == status, ran.out
    for word in words:
        assert word in ran.out, ran.out
    assert "sk-wrong-one" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        ("http://127.0.0.1:{closed}/v1", 3, ["refused", "start the server"]),
        ("http://127.0.0.1:{port}/v2", 1, ["nothing is found", "/v1"]),
        ("https://127.0.0.1:{port}/v1", 1, ["no encrypted connection", "http or https"]),
        ("http://nowhere.invalid/v1", 1, ["unencrypted"]),
        ("https://nowhere.invalid/v1", 1, ["cannot be resolved"]),
        ("nonsense", 1, ["no http or https URL"]),
    ],
)
def test_a_wrong_address_is_told_from_a_wrong_key(url, status, words, doctown, monkeypatch, model_server) -> None:
    """Each of the ways in which an address can be wrong has a line of its own."""
    closed = model_server()
    closed.close()
    monkeypatch.setenv("OPENAI_BASE_URL", url.format(port=model_server().port, closed=closed.port))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ran = doctown("doctor")
    for word in words:
        assert word in ran.out, ran.out
    assert ran.status == status
    assert KEY not in ran.out + ran.err


def test_a_cache_that_cannot_be_written_is_named(doctown, monkeypatch, tmp_path: Path) -> None:
    """What is paid for could not be kept, so it is worth a line before the build."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DOCTOWN_CACHE", str(tmp_path / "file" / "cache"))
    ran = doctown("doctor")
    assert ran.status in (1, 3)
    assert "cache" in ran.out
    assert "DOCTOWN_CACHE" in ran.out or "another folder" in ran.out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", f"{KEY} and more"),
        ("MAX_CONCURRENT_REQUESTS", "0"),
        ("MAX_CONCURRENT_REQUESTS", "many"),
        ("INPUT_TOKEN_PRICE", "cheap"),
        ("OUTPUT_TOKEN_PRICE", "nan"),
        ("OUTPUT_TOKEN_PRICE", "-1"),
    ],
)
def test_a_variable_that_makes_no_sense_is_refused(name, value, doctown, monkeypatch) -> None:
    """A slip in the environment is named before anything is asked; a key is never shown."""
    monkeypatch.setenv(name, value)
    ran = doctown("doctor")
    assert ran.status == 2
    assert name in ran.complaint
    assert KEY not in ran.complaint


def test_the_key_is_nobody_elses(monkeypatch) -> None:
    """npm, pip and git are started without the model's key, and settings do not print it."""
    settings = from_environment({"OPENAI_API_KEY": f" {KEY}\n", "HOME": "/nowhere"})
    assert settings.openai_api_key == KEY
    assert KEY not in repr(settings)
    assert "OPENAI_API_KEY" not in settings.environment


def test_the_made_up_model_is_served_until_it_is_interrupted(doctown) -> None:
    """One command gives an address to try Doctown with; Ctrl-C ends it well, with what was asked."""
    command = [sys.executable, "-m", "doctown", "test-model", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.fullmatch(r"export OPENAI_BASE_URL=http://127\.0\.0\.1:\d+/v1 MODEL_NAME=test-model\n", line)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert '"calls": 0' in said


@pytest.mark.parametrize(
    "option", ["--faults=2", "--fault=nonsense=0.1", "--fault=blank", "--port=70000", "--invent=x"]
)
def test_a_made_up_model_is_not_started_with_nonsense(option, doctown) -> None:
    """Misuse is one line, with status 2."""
    ran = doctown("test-model", option)
    assert ran.status == 2
    assert ran.complaint
