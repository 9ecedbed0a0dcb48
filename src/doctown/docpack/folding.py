"""How a page avoids repeating what its symbol's row says already.

Pages that no model wrote quote docstring, signature, names and place of their symbol, so these texts would be stored
twice. Where the summary is the beginning of the docstring its length is stored, and in the body one control
character stands for each such text. The view `pages` undoes it in SQL. A body, or a text to be left out, that
contains one of the marks itself is stored as it is. Signatures and summaries that many symbols have stand once in
`texts`, which the writers of rows see to. Pages of files name what they link to twice in each link: there one text
stands for it.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

PLAIN, WHOLE, REST = 0, 1, 2  # columns `folding`: what U+001A stands for: nothing, the docstring, its second part
LINKS = 3  # likewise: the body is a JSON array in which every second text stands for a link
QUALIFIED_NAME, NAME = 1, 2  # column `title`, where it is a number
OWN_NAME = "\x16"  # in the stored signature of a symbol: its name
DOCSTRING, SIGNATURE, PATH, FULL_NAME = "\x1a", "\x19", "\x18", "\x17"
MARKS = DOCSTRING + SIGNATURE + PATH + FULL_NAME
STORED_SIGNATURE = (  # in SQL: that of `symbol_rows s`, with the mark for its name
    "CASE typeof(s.signature) WHEN 'integer' THEN (SELECT text FROM texts WHERE id = s.signature) ELSE s.signature END"
)
LINKED_BODY = """replace((SELECT group_concat(CASE WHEN j.key & 1 = 0 THEN j.value
    WHEN substr(j.value, 1, 1) = '#'
    THEN '[`' || substr(j.value, 2) || '`](<doctown:symbol/' || f.path || j.value || '>)'
    ELSE '[`' || j.value || '`](<doctown:file/' || j.value || '>)' END, '')
  FROM json_each(p.body) j), char(24), f.path)"""  # in SQL: that of `page_rows p` with LINKS, of `file_rows f`
# A link whose text is the path that it leads to, or the name of the file's own symbol.
_LINK = re.compile(r"\[`([^`\]\n]+)`\]\(<doctown:(file/|symbol/\x18#)\1>\)")
WORTH = 4  # characters from which on a text is worth a mark


class Texts(NamedTuple):
    """What is known of a page's subject. Of a file the path, which is its qualified name too; the rest is empty."""

    qualified_name: str
    name: str
    signature: str
    docstring: str
    path: str


class Folded(NamedTuple):
    """The columns of `page_rows` that hold a page's texts."""

    title: str | int
    summary: str | int
    folding: int
    body: str


def fold(title: str, summary: str, body: str, texts: Texts | None) -> Folded:
    """The stored form of a page's texts; `texts` is None for subjects other than symbols and files."""
    if texts is None:
        return Folded(title, summary, PLAIN, body)
    short_title: str | int = title
    if title in texts[:2]:
        short_title = QUALIFIED_NAME if title == texts.qualified_name else NAME
    short_summary: str | int = len(summary) if summary and texts.docstring.startswith(summary) else summary
    everything = "".join((body, *texts))
    if DOCSTRING in everything or SIGNATURE in everything or PATH in everything or FULL_NAME in everything:
        return Folded(short_title, short_summary, PLAIN, body)
    folding, rest = WHOLE, texts.docstring.partition("\n\n")[2]
    if len(texts.docstring) >= WORTH and texts.docstring in body:
        body = body.replace(texts.docstring, DOCSTRING)
    elif len(rest) >= WORTH and rest in body:
        folding, body = REST, body.replace(rest, DOCSTRING)
    for mark, text in ((SIGNATURE, texts.signature), (PATH, texts.path), (FULL_NAME, texts.qualified_name)):
        if len(text) >= WORTH:
            body = body.replace(text, mark)
    if not texts.name and _LINK.search(body):
        return Folded(short_title, short_summary, LINKS, _fold_links(body))
    return Folded(short_title, short_summary, folding, body)


def _fold_links(body: str) -> str:
    """The body of a file's page with one text in place of each link, in which what it leads to stands twice."""
    parts, at = [], 0
    for link in _LINK.finditer(body):
        if link[1].startswith("#") or PATH in link[1]:
            continue  # the mark of the file's own symbols, and a text that is folded itself
        parts += [body[at : link.start()], link[1] if link[2] == "file/" else f"#{link[1]}"]
        at = link.end()
    return json.dumps([*parts, body[at:]], ensure_ascii=False, separators=(",", ":"))


def fold_signature(signature: str, name: str) -> str:
    """The stored form of a symbol's signature: a mark stands for the name. A mark that it had itself is replaced, since
    the view could not tell it from ours."""
    signature = signature.replace(OWN_NAME, "\ufffd")
    return signature.replace(name, OWN_NAME) if len(name) >= WORTH and OWN_NAME not in name else signature
