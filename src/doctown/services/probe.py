"""Asks the four services of this machine for their health: a container's health check. Exit status 0 if all are ready.

`python -m doctown.services.probe [NAME=PORT …]`; the standard library alone, so that it answers at once.
"""

from __future__ import annotations

import http.client
import sys
from collections.abc import Mapping, Sequence

from doctown.services import PORTS

SECONDS = 3.0


def ready(port: int, path: str = "/health") -> str:
    """Why the service at this port of this machine is not ready; empty if it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        reply = connection.getresponse()
        body = reply.read(4096).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"it does not answer ({type(error).__name__})"
    finally:
        connection.close()
    return "" if reply.status == 200 else f"it answers {reply.status}: {body[:300]}"


def main(arguments: Sequence[str], ports: Mapping[str, int] = PORTS) -> int:
    """Asks all, and says which are not ready."""
    asked = dict(ports)
    for one in arguments:
        name, _, port = one.partition("=")
        asked[name] = int(port)
    problems = {name: ready(port) for name, port in asked.items()}
    for name, problem in problems.items():
        if problem:
            print(f"{name}: {problem}")
    return int(any(problems.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
