from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from doctown import meaning as module
from doctown.embed import MINILM
from doctown.meaning import Meaning
from doctown.settings import Settings, from_environment


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({"HOME": str(tmp_path)})


def pack(model: str) -> Any:
    return SimpleNamespace(manifest=lambda: {"models": {"embedding": {"name": model}}})


def test_a_query_gets_a_vector_of_the_packs_model(settings: Settings) -> None:
    """By the model of this machine where no service is named; near to one of like meaning, far from another."""
    meaning = Meaning(settings, pytest.fail)
    (car, auto, tea) = (meaning(pack(MINILM), text) for text in ("drive a car", "drive an automobile", "boil tea"))
    assert car and auto and tea
    assert len(car) == 384

    def product(one: list[float], two: list[float]) -> float:
        return sum(a * b for a, b in zip(one, two, strict=True))

    assert product(car, auto) > 0.7 > product(car, tea)
    meaning.close()


@pytest.mark.parametrize("found", [pack("another"), SimpleNamespace(manifest=dict)])
def test_a_pack_of_another_model_is_searched_by_words(settings: Settings, found: Any) -> None:
    """Its vectors mean nothing beside ours, which is said once; a pack without vectors promises none."""
    told: list[str] = []
    meaning = Meaning(settings, told.append)
    assert [meaning(found, "drive a car"), meaning(found, "boil tea")] == [None, None]
    assert len(told) == len(found.manifest())


def test_a_service_that_is_away_is_left_alone_for_a_while(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search goes on by words, it is said why, and only after a pause it is asked again."""
    monkeypatch.setattr("doctown.embed.remote.ATTEMPTS", 1)
    told: list[str] = []
    meaning = Meaning(dataclasses.replace(settings, embedding_url="http://127.0.0.1:9"), told.append)
    assert meaning(pack(MINILM), "drive a car") is None
    assert meaning(pack(MINILM), "drive a car") is None
    assert len(told) == 1
    monkeypatch.setattr(module.time, "monotonic", lambda: 1e12)
    assert meaning(pack(MINILM), "drive a car") is None
    assert len(told) == 2
