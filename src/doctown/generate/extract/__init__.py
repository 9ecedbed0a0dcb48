"""Documentation without a model: one page for every subject of a repository, from what is there.

Docstrings, comments, READMEs, signatures, the graph and the project's own build files are all it reads; nothing is
invented, and where nothing can be said little is said. `line_digest` defines what a claim's digest covers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from doctown.generate.extract.artifacts import artifact_pages
from doctown.generate.extract.clusters import cluster_pages, lay_out
from doctown.generate.extract.files import file_pages
from doctown.generate.extract.repository import repository_page
from doctown.generate.extract.symbols import symbol_pages
from doctown.generate.extract.view import build_view, line_digest
from doctown.model import Page, Repository

__all__ = ["Chosen", "line_digest", "pages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Of which subjects pages are written where those of the others are known to be what they would be again.
    `symbol_summary` and `file_summary` give the summaries of those others, which some pages quote."""

    symbols: Collection[int]
    files: Collection[str]
    clusters: Collection[str]
    symbol_summary: Callable[[int], str]
    file_summary: Callable[[str], str]


def pages(repository: Repository, chosen: Chosen | None = None) -> Iterator[Page]:
    """Exactly one page per symbol, file, cluster and artifact, and one for the repository, in this order. With
    `chosen`, of symbols, files and clusters only those.

    The same repository gives the same pages, byte for byte. Links have the form `doctown:KIND/KEY` and name only
    subjects that exist; text from the repository carries neither HTML nor images nor links but to the web.
    """
    view = (
        build_view(repository) if chosen is None else build_view(repository, chosen.symbol_summary, chosen.file_summary)
    )
    yield from symbol_pages(view, repository.symbols if chosen is None else sorted(chosen.symbols))
    yield from file_pages(view, repository.files if chosen is None else sorted(chosen.files))
    layout = lay_out(view)
    yield from cluster_pages(view, layout, repository.clusters if chosen is None else sorted(chosen.clusters))
    yield from artifact_pages(view)
    yield repository_page(view, layout)
