"""What all tests may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from doctown.testing.model import ModelServer


@pytest.fixture
def model_server() -> Iterator[Callable[..., ModelServer]]:
    """Starts model servers in this process, each with the behaviour that is named, until the test ends."""
    from doctown.testing.behaviour import Behaviour
    from doctown.testing.model import serving

    with ExitStack() as stack:
        yield lambda **behaviour: stack.enter_context(serving(Behaviour(**behaviour)))
