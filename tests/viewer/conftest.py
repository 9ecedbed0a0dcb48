"""A small pack whose every name, docstring and text wants to run script in the browser of whoever reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.model import Artifact, Chunk, Claim, Cluster, Edge, EntryPoint, File, Page, Symbol, Unresolved
from doctown.viewer.book import Book

EVIL = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>"
PIXEL = "![track](https://evil.example/p.png) <img src='https://evil.example/q.png'>"
SCHEMES = "[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x) [d](//evil.example/x) [e](/etc/passwd)"
BODY = (
    f"# Head\n\n{PIXEL}\n\n{SCHEMES}\n\n<script>alert(3)</script>\n\n<svg onload=alert(4)>\n\n"
    "[web](https://example.org/x) and [page](<doctown:symbol/src/app.py#Shop.sell>)\n\n"
    "| a | b |\n|---|---:|\n| 1 | 2 |\n\n```python\nprint('<b>')\n```\n\n- item\n\n"
    '<div style="background:url(https://evil.example/r)">x</div>\n'
)
APP = (
    b"class Shop:\n    def sell(self, thing):\n        '''</code></pre><script>alert(5)</script>'''\n"
    b"        return self.pay(thing)\n\n    def pay(self, thing):\n        return 1\n\n\ndef Sell():\n    pass\n\n\n"
    b"def sell():\n    return Shop().sell(1)\n"
)
OTHER = "x = 1\n" * 2500
SOURCE = {
    "kind": "git", "location": "https://github.com/owner/shop.git", "name": f"shop {EVIL}", "version": "v1",
    "commit": "a" * 40, "digest": "",
}  # fmt: skip
STRANGE = "src/<b>&\"'#? %/ü.py"  # a path with all that has a meaning somewhere


def make_file(path: str, content: bytes | None, status: str = "parsed", reason: str = "") -> File:
    data = content or b""
    return File(
        path=path, language="python" if path.endswith(".py") else "", size=len(data), lines=data.count(b"\n"),
        sha256=hashlib.sha256(data).hexdigest() if content is not None else "", status=status, reason=reason,
    )  # type: ignore[arg-type]  # fmt: skip


def make_symbol(path: str, content: bytes, name: str, kind: str, parent: str, text: str, **more: str) -> Symbol:
    start = content.index(text.encode()) if text else 0
    end = start + len(text.encode()) if text else len(content)
    prefix = parent.removeprefix(f"{path}#")
    qualified = name if prefix in ("", "<module>") else f"{prefix}.{name}"
    return Symbol(
        key=f"{path}#{qualified}", name=name, qualified_name=qualified, kind=kind, language="python", path=path,
        parent=parent, start_byte=start, end_byte=end, start_line=content[:start].count(b"\n") + 1,
        end_line=content[: max(end - 1, 0)].count(b"\n") + 1,
        signature=more.get("signature", f"def {name}()"), docstring=more.get("docstring", ""), visibility="public",
    )  # type: ignore[arg-type]  # fmt: skip


def fill(draft: Draft) -> Draft:
    """The hostile repository."""
    strange = b"def odd():\n    pass\n"
    draft.add_files(
        [
            (make_file("src/app.py", APP), APP),
            (make_file("src/long.py", OTHER.encode()), OTHER.encode()),
            (make_file(STRANGE, strange), strange),
            (make_file("logo.png", None, "skipped", f"binary {EVIL}"), None),
        ]
    )
    top, shop = "src/app.py#<module>", "src/app.py#Shop"
    text = APP.decode()
    whole = text[: text.index("\n\n\ndef Sell")]
    first = text[text.index("    def sell(self") + 4 : text.index("\n\n    def pay")]
    symbols = [
        make_symbol("src/app.py", APP, "<module>", "module", "", ""),
        make_symbol("src/app.py", APP, "Shop", "class", top, whole, docstring=EVIL, signature=f"class Shop {EVIL}"),
        make_symbol("src/app.py", APP, "sell", "method", shop, first, docstring=EVIL),
        make_symbol("src/app.py", APP, "pay", "method", shop, "def pay(self, thing):\n        return 1"),
        make_symbol("src/app.py", APP, "Sell", "function", top, "def Sell():\n    pass"),
        make_symbol("src/app.py", APP, "sell", "function", top, "def sell():\n    return Shop().sell(1)"),
        make_symbol("src/long.py", OTHER.encode(), "<module>", "module", "", ""),
        make_symbol(STRANGE, strange, "<module>", "module", "", ""),
        make_symbol(STRANGE, strange, f"odd{EVIL}", "function", f"{STRANGE}#<module>", "def odd():\n    pass"),
    ]
    ids = draft.add_symbols(symbols)
    _, cls, method, pay, _, function, _, _, odd = ids
    draft.add_chunks([
        Chunk(path=path, symbol=symbol, start_byte=0, end_byte=len(content), tokens=9)
        for path, symbol, content in (
            ("src/app.py", shop, APP), ("src/long.py", "src/long.py#<module>", OTHER.encode()),
            (STRANGE, f"{STRANGE}#<module>", strange),
        )
    ])  # fmt: skip
    draft.add_edges([
        Edge(method, pay, "calls", "resolved", "self method", 4),
        Edge(function, method, "calls", "resolved", "scope", 14),
        Edge(function, cls, "calls", "resolved", "scope", 14),
        Edge(odd, pay, "calls", "candidate", f"ambiguous {EVIL}", 1),
        Edge(odd, cls, "references", "resolved", "import", 1),
    ])  # fmt: skip
    draft.add_unresolved([Unresolved(function, f"print{EVIL}", "calls", 14, "builtin")])
    draft.add_artifacts([
        Artifact(key="src/app.py#entry_point:shop", path="src/app.py", kind="entry_point", name=f"shop {EVIL}",
                 summary=EVIL, detail=BODY, start_line=1, end_line=2, target="src.app:sell"),
    ])  # fmt: skip
    draft.set_entry_points(
        [
            EntryPoint(kind="script", name=f"shop {EVIL}", symbol=function, path="src/app.py", line=1),
            EntryPoint(kind="route", name=f"GET /{EVIL}", symbol=method, path="src/app.py", line=2),
        ]
    )
    draft.set_clusters([
        Cluster(key="src", parent="", label=f"Source {EVIL}", paths=("src/app.py", "src/long.py"), size=6),
        Cluster(key="odd", parent="", label="Odd", paths=(STRANGE,), size=2),
    ])  # fmt: skip
    draft.set_centrality({cls: 0.5, method: 0.1})
    claim = Claim(
        text=f"It sells. {EVIL}", path="src/app.py", start_line=2, end_line=4,
        digest=hashlib.sha256(b"\n".join(APP.split(b"\n")[1:4])).hexdigest(), verdict="supported",
    )  # fmt: skip

    def page(kind: str, subject: str, **more: object) -> Page:
        return Page(
            **{
                "subject_kind": kind, "subject": subject, "title": f"{subject} {EVIL}", "summary": f"`code` {EVIL}",
                "body": BODY, "origin": "model", "model": EVIL, "claims": (claim,), **more,
            }  # type: ignore[arg-type]
        )  # fmt: skip

    draft.add_pages([
        page("repository", ""), page("cluster", "src"), page("file", "src/app.py"), page("symbol", shop),
        page("symbol", f"{shop}.sell", origin="docstring", model=""), page("artifact", "src/app.py#entry_point:shop"),
    ])  # fmt: skip
    for key, value in {"source": SOURCE, "models": {}, "generator": {"name": "doctown", "version": "t"}}.items():
        draft.set_manifest(key, value)
    return draft


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hostile pack, never written to."""
    folder = tmp_path_factory.mktemp("hostile")
    draft = fill(Draft.open(folder / "draft", {"t": "1"}))
    draft.seal(folder / "shop.docpack", include_source=True)
    return folder / "shop.docpack"


@pytest.fixture
def book(hostile: Path) -> Iterator[Book]:
    """Its book, as an export would see it."""
    with Pack.open(hostile) as pack:
        yield Book(pack)


Fetch = Callable[..., "tuple[int, dict[str, str], str]"]
