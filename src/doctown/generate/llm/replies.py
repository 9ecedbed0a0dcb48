"""Replies that were paid for, kept on disk from the moment they were accepted, for every build that asks the same.

A reply is kept under what was asked: the server's host, the model's name, both messages and the schema. The host is
part of it because a model's name means something only at its provider; the port and the path are not, since the same
server is reached through more than one. The limit of tokens is not either: a reply that was complete is the same under
a larger one. What is kept is the JSON that was accepted; it is parsed again at each use, so a stricter parser asks
anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doctown.generate.llm.contract import Request
from doctown.keep import Keep

FILE: Final = "replies-1.sqlite"  # the number is the form's: another form is another file
BYTES: Final = 1 << 30
_NAMESPACE: Final = "replies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A reply as it lies on disk."""

    value: object  # decoded JSON
    model: str
    tokens_in: int
    tokens_out: int


def key(request: Request, host: str, model: str) -> bytes:
    """The 32 bytes that a reply is kept under."""
    asked = [host, model, request.system, request.prompt, request.schema_name, request.schema]
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))  # ASCII, so halves of characters have bytes too
    return hashlib.sha256(text.encode()).digest()


class Replies:
    """The replies in `folder`; None keeps them for as long as this object lives. Safe to use from several threads, and
    from several processes at once."""

    def __init__(self, folder: Path | None, *, max_bytes: int = BYTES) -> None:
        self._keep = None if folder is None else Keep(folder, FILE, max_bytes=max_bytes)
        self._memory: dict[bytes, bytes] = {}

    @property
    def problem(self) -> str:
        """Why replies cannot be kept, if so."""
        return self._keep.problem if self._keep is not None else ""

    def get(self, digest: bytes) -> Kept | None:
        """What is kept, if anything."""
        data = self._memory.get(digest) if self._keep is None else self._keep.get(_NAMESPACE, [digest]).get(digest)
        return None if data is None else _unpacked(data)

    def put(self, digest: bytes, reply: Kept) -> None:
        """Keeps a reply. It is on its way to the disk when this returns, so killing the process does not lose it."""
        fields = {"value": reply.value, "model": reply.model, "in": reply.tokens_in, "out": reply.tokens_out}
        data = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        if self._keep is None:
            self._memory[digest] = data
        else:
            self._keep.put(_NAMESPACE, {digest: data})

    def close(self) -> None:
        """Gives the file back."""
        if self._keep is not None:
            self._keep.close()


def _unpacked(data: bytes) -> Kept | None:
    """A kept reply, or None where the bytes are none: what was damaged counts as missing."""
    try:
        fields = json.loads(data)
    except ValueError:
        return None
    if not isinstance(fields, Mapping) or "value" not in fields:
        return None
    model, tokens_in, tokens_out = fields.get("model"), fields.get("in"), fields.get("out")
    if not isinstance(model, str) or not isinstance(tokens_in, int) or not isinstance(tokens_out, int):
        return None
    return Kept(value=fields["value"], model=model, tokens_in=tokens_in, tokens_out=tokens_out)
