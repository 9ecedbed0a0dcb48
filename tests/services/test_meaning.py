from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from doctown.embed import MINILM
from doctown.services import meaning as module
from doctown.services.meaning import Meaning
from doctown.settings import Settings


def pack(model: str) -> Any:
    return SimpleNamespace(manifest=lambda: {"models": {"embedding": {"name": model}}})


def test_a_query_gets_a_vector_of_the_packs_model(settings: Settings) -> None:
    """By the model of this machine where no service is named; near to one of like meaning, far from another."""
    meaning = Meaning(settings)
    (car, auto, tea) = (meaning(pack(MINILM), text) for text in ("drive a car", "drive an automobile", "boil tea"))
    assert car and auto and tea
    assert len(car) == 384

    def product(one: list[float], two: list[float]) -> float:
        return sum(a * b for a, b in zip(one, two, strict=True))

    assert product(car, auto) > 0.7 > product(car, tea)
    meaning.close()


@pytest.mark.parametrize("found", [pack("another"), SimpleNamespace(manifest=dict)])
def test_a_pack_of_another_model_is_searched_by_words(settings: Settings, found: Any) -> None:
    """Its vectors mean nothing beside ours."""
    assert Meaning(settings)(found, "drive a car") is None


def test_a_service_that_is_away_is_left_alone_for_a_while(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The search goes on by words, the log says why, and only after a pause it is asked again."""
    monkeypatch.setattr("doctown.embed.remote.ATTEMPTS", 1)
    meaning = Meaning(dataclasses.replace(settings, embedding_url="http://127.0.0.1:9"))
    assert meaning(pack(MINILM), "drive a car") is None
    assert meaning(pack(MINILM), "drive a car") is None
    assert caplog.text.count("searching by words alone") == 1
    monkeypatch.setattr(module.time, "monotonic", lambda: 1e12)
    assert meaning(pack(MINILM), "drive a car") is None
    assert caplog.text.count("searching by words alone") == 2
