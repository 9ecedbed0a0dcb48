"""One file from bytes to nouns: classified, secrets masked, parsed, extracted, cut into chunks.

Runs in worker processes (`pool`), so it takes and returns plain values and keeps no state. How tokens are counted is
the embedding's to decide and comes in as a function.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from doctown import facts as codec
from doctown.ingest import artifacts, pool, secrets
from doctown.ingest.chunk import CountLines, chunk_code, chunk_text
from doctown.ingest.classify import Classified, classify
from doctown.languages import languages, names_of_languages
from doctown.languages.macros import Headers, is_header
from doctown.languages.reading import read
from doctown.model import Artifact, Chunk, File, FileStatus, Reading

PROSE = frozenset({"markdown", "restructuredtext"})  # texts that are written to be read, so worth searching by meaning


@dataclass(frozen=True, slots=True)
class Reader:
    """The settings of a reading, fixed for a whole build. Picklable; calling it reads one file."""

    count_lines: CountLines
    headers: Headers = field(default_factory=Headers)  # of the source, for what they declare elsewhere

    def __call__(self, task: tuple[str, bytes]) -> bytes:
        """Reads one file for another process: `facts.unpack_reading` turns the answer back."""
        return codec.pack_reading(self.read(*task), task[1])

    def read(self, path: str, data: bytes) -> Reading:
        """Reads one file, `data` as it came. Broken input gives a `partial` or `skipped` file, never an error."""
        classified = classify(path, data, names_of_languages())
        if classified.kind == "skipped":
            return Reading(file=_file(path, classified, classified.data, "skipped", classified.reason), content=None)
        content, findings = secrets.redact(classified.data)
        if classified.kind == "source":
            return self._source(path, classified, content, tuple(finding.rule for finding in findings))
        return self._text(path, classified, content, tuple(finding.rule for finding in findings))

    def _source(self, path: str, classified: Classified, content: bytes, rules: tuple[str, ...]) -> Reading:
        language = languages()[classified.language]
        facts, tree = read(language, path, content, self.headers)
        status: FileStatus = "partial" if facts.problems else "parsed"
        found: tuple[Artifact, ...] = ()
        if artifacts.is_artifact_file(path):  # `setup.py`, `build.gradle.kts`: code that says how to build
            found, _ = artifacts.extract(path, classified.language, content.decode("utf-8", "replace"))
        return Reading(
            file=_file(path, classified, content, status, "; ".join(facts.problems), len(rules)),
            content=content,
            symbols=facts.symbols,
            chunks=chunk_code(path, content, facts.symbols, tree, self.count_lines),
            artifacts=found,
            facts=codec.encode(facts),
            rules=rules,
        )

    def _text(self, path: str, classified: Classified, content: bytes, rules: tuple[str, ...]) -> Reading:
        found: tuple[Artifact, ...]
        found, problems = artifacts.extract(path, classified.language, content.decode("utf-8", "replace"))
        chunks: tuple[Chunk, ...] = ()
        if classified.language in PROSE:
            chunks = chunk_text(path, content, self.count_lines)
        return Reading(
            file=_file(path, classified, content, "text", "; ".join(problems), len(rules)),
            content=content,
            chunks=chunks,
            artifacts=found,
            rules=rules,
        )


def _file(
    path: str, classified: Classified, content: bytes, status: FileStatus, reason: str, redactions: int = 0
) -> File:
    return File(
        path=path,
        language=classified.language,
        size=len(content),
        lines=classified.lines,
        sha256=hashlib.sha256(content).hexdigest(),
        status=status,
        reason=reason,
        redactions=redactions,
    )


@contextmanager
def standby(workers: int) -> Iterator[None]:
    """Has processes wait, within the block, that have loaded what reading takes; see `pool.standby`."""
    names_of_languages()
    with pool.standby(workers):
        yield


def headers_of(files: Iterable[tuple[str, bytes]]) -> Headers:
    """What the headers among these files hand those that include them. Secrets are masked in it."""
    headers = Headers()
    for path, data in files:
        if is_header(path):
            headers.add(path, data)
            if any(b'"' in macro.text for macro in headers.macros.get(path, {}).values()):
                headers.add(path, secrets.redact(data)[0])
    return headers
