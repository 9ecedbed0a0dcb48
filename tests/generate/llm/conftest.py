"""Clients of a test server, with a clock that goes faster: a minute of waiting is a second of testing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from doctown.generate.llm.client import Client
from doctown.generate.llm.clock import Clock
from doctown.generate.llm.contract import Prices
from doctown.generate.llm.endpoint import Endpoint
from doctown.generate.llm.replies import Replies

MakeClient = Callable[..., Client]


@pytest.fixture
def client_of(tmp_path: Path) -> Iterator[MakeClient]:
    """Makes clients of the server at an address; `speed` is the clock's, `folder` where replies are kept."""
    made: list[Client] = []

    def make(
        url: str,
        *,
        speed: float = 100.0,
        folder: Path | None = None,
        model: str = "test-model",
        key: str = "",
        concurrency: int = 8,
        prices: Prices | None = None,
        **options: object,
    ) -> Client:
        endpoint = Endpoint(
            model=model, url=url, key=key, concurrency=concurrency,
            prices=prices or Prices(tokens_in=0.15, tokens_out=0.60),
        )  # fmt: skip
        kept = Replies(folder or tmp_path / "replies")
        client = Client(endpoint, kept, clock=Clock(speed), chance=random.Random(1), **options)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()
