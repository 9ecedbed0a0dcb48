"""The stages over HTTP: four services, each one file that translates requests to its stage, and a supervisor of them.

`builder` takes orders and runs jobs, `embedding`, `assembly` and `generation` serve one stage each. What they share is
`app` (health, metrics, errors), `guard` (who may ask, and how much), `wire` (bodies in and out), `stream` (events),
`meters` and `logs`. Nothing here computes anything of a docpack.
"""

from __future__ import annotations

from typing import Final

PORTS: Final = {"builder": 3000, "embedding": 8000, "assembly": 8002, "generation": 8003}
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
