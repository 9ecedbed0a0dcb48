"""Documentation without a model: one page for every subject of a repository, from what is there.

Docstrings, comments, READMEs, signatures, the graph and the project's own build files are all it reads; nothing is
invented, and where nothing can be said little is said. `line_digest` defines what a claim's digest covers.
"""

from __future__ import annotations

from collections.abc import Iterator

from doctown.generate.extract.artifacts import artifact_pages
from doctown.generate.extract.clusters import cluster_pages, lay_out
from doctown.generate.extract.files import file_pages
from doctown.generate.extract.repository import repository_page
from doctown.generate.extract.symbols import symbol_pages
from doctown.generate.extract.view import build_view, line_digest
from doctown.model import Page, Repository

__all__ = ["line_digest", "pages"]


def pages(repository: Repository) -> Iterator[Page]:
    """Exactly one page per symbol, file, cluster and artifact, and one for the repository, in this order.

    The same repository gives the same pages, byte for byte. Links have the form `doctown:KIND/KEY` and name only
    subjects that exist; text from the repository carries neither HTML nor images nor links but to the web.
    """
    view = build_view(repository)
    yield from symbol_pages(view)
    yield from file_pages(view)
    layout = lay_out(view)
    yield from cluster_pages(view, layout)
    yield from artifact_pages(view)
    yield repository_page(view, layout)
