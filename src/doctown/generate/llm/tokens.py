"""How many tokens a text has, by o200k: the yardstick of every price that is named before it is paid.

The tables load at the first count (half a second), so nothing is loaded where no model is asked. Models with another
tokenizer count otherwise; `budget` learns by how much.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bpe_openai import Encoding


@cache
def _encoding() -> Encoding:
    from bpe_openai import get_encoding  # noqa: PLC0415 - see above

    return get_encoding("o200k_base")


def count(text: str) -> int:
    """Tokens of `text`. What looks like a control token is counted as the text that it is."""
    return len(_encoding().encode_ordinary(text))
