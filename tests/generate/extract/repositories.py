"""A small repository put together by hand, as the stages before documentation would hand it over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from doctown.model import MODULE, Artifact, Cluster, Edge, EntryPoint, File, Origin, Repository, Symbol


def symbol(path: str, name: str, kind: str, line: int = 1, *, doc: str = "", signature: str = "", end: int = 0,
           language: str = "python", visibility: str = "public") -> Symbol:  # fmt: skip
    parent = "" if kind == "module" else f"{path}#{name.rpartition('.')[0] or MODULE}"
    return Symbol(
        key=f"{path}#{name}", name=path.rsplit("/", 1)[-1] if kind == "module" else name.rpartition(".")[2],
        qualified_name=name, kind=kind, language=language, path=path, parent=parent, start_byte=line,
        end_byte=line + 10,
        start_line=line, end_line=end or line + 2, signature=signature, docstring=doc, visibility=visibility,
    )  # fmt: skip


def module(path: str, doc: str = "", *, language: str = "python") -> Symbol:
    return symbol(path, MODULE, "module", doc=doc, language=language, end=9)


def repository(
    symbols: Iterable[Symbol] = (), edges: Sequence[tuple[str, str, str]] = (), *,
    texts: Mapping[str, str] | None = None,
    clusters: Sequence[Cluster] = (), artifacts: Sequence[Artifact] = (), skipped: Sequence[str] = (),
    entries: Sequence[tuple[str, str, str, int, str]] = (),
) -> Repository:  # fmt: skip
    """Edges are (source key, target key, kind), entry points (kind, name, path, line, symbol's key).

    `texts` are the contents of files; those of code are made up."""
    numbered = dict(enumerate(symbols, 1))
    ids = {item.key: number for number, item in numbered.items()}
    contents = {item.path: "line\n" * 9 for item in numbered.values()} | dict(texts or {})
    files = {
        path: File(
            path=path, size=len(text), lines=text.count("\n"), sha256=sha256(text.encode()).hexdigest(),
            status="parsed" if f"{path}#{MODULE}" in ids else "text",
            language="markdown" if path.endswith(".md") else "python" if path.endswith(".py") else "",
        )
        for path, text in contents.items()
    }  # fmt: skip
    for path in skipped:
        files[path] = File(path=path, language="", size=1, lines=0, sha256="", status="skipped", reason="binary")
    children: dict[int, list[int]] = {}
    for number, item in numbered.items():
        if item.parent in ids:
            children.setdefault(ids[item.parent], []).append(number)
    outgoing: dict[int, list[Edge]] = {}
    incoming: dict[int, list[Edge]] = {}
    for source, target, kind in edges:
        edge = Edge(ids[source], ids[target], kind, "resolved", "import", 1)
        outgoing.setdefault(edge.source, []).append(edge)
        incoming.setdefault(edge.target, []).append(edge)
    parents = {cluster.parent for cluster in clusters}
    return Repository(
        origin=Origin(kind="folder", location="shop", name="shop"), files=dict(sorted(files.items())), symbols=numbered,
        children=children, modules={item.path: number for number, item in numbered.items() if item.kind == "module"},
        outgoing=outgoing, incoming=incoming, clusters={cluster.key: cluster for cluster in clusters},
        cluster_of={path: cluster.key for cluster in clusters if cluster.key not in parents for path in cluster.paths},
        centrality={number: 1000 + len(incoming.get(number, ())) for number in numbered}, artifacts=artifacts,
        read=lambda path: contents.get(path, ""),
        entry_points=[
            EntryPoint(kind=kind, name=name, symbol=ids[key], path=path, line=line)  # type: ignore[arg-type]
            for kind, name, path, line, key in entries
        ],
    )  # fmt: skip


def shop() -> Repository:
    """A shop with orders, prices, a command and tests."""
    orders, prices, cli, tests = "shop/orders.py", "shop/prices.py", "shop/cli.py", "tests/test_orders.py"
    symbols = [
        module(orders, "Orders and what they cost.\n\nAn order never changes once it is paid."),
        symbol(orders, "Order", "class", 3, signature="class Order"),
        symbol(orders, "Order.__init__", "method", 4, signature="def __init__(self, lines, customer)"),
        symbol(orders, "Order.is_paid", "method", 6, signature="def is_paid(self) -> bool"),
        symbol(orders, "Order.total", "method", 7, doc="Sum of all lines.", signature="def total(self) -> int"),
        symbol(orders, "Order.currency", "field", 8, signature='currency = "EUR"'),
        symbol(orders, "Gift", "class", 8, signature="class Gift(Order)"),
        symbol(orders, "Gift.total", "method", 9, signature="def total(self) -> int"),
        module(prices),
        symbol(prices, "parse_price", "function", 2, signature="def parse_price(text: str) -> int"),
        symbol(prices, "Price", "class", 5, doc="An amount in the smallest unit.\n\n:param int amount: cents"),
        module(cli),
        symbol(cli, "main", "function", 1, signature="def main()"),
        module(tests),
        symbol(tests, "test_total_of_gift", "function", 2, signature="def test_total_of_gift()"),
    ]
    edges = [
        (f"{orders}#Gift", f"{orders}#Order", "inherits"),
        (f"{orders}#Order.total", f"{prices}#parse_price", "calls"),
        (f"{orders}#{MODULE}", f"{prices}#{MODULE}", "imports"),
        (f"{cli}#main", f"{orders}#Order.total", "calls"),
        (f"{tests}#test_total_of_gift", f"{orders}#Gift.total", "calls"),
    ]
    badge = "[![ci](https://x.y/b.svg)](https://x.y)"
    readme = f"# Shop\n\n{badge}\n\nSells things <b>online</b>. It keeps orders.\n\n## Use\n\ntext\n"
    clusters = [
        Cluster(key="shop", parent="", label="Shop", paths=(cli, orders, prices), size=13),
        Cluster(key="tests", parent="", label="Tests", paths=(tests,), size=2),
        Cluster(key=".", parent="", label="Project files", paths=("README.md", "pyproject.toml"), size=0),
    ]
    artifacts = [
        Artifact(key="pyproject.toml#entry_point:shop", path="pyproject.toml", kind="entry_point", name="shop",
                 summary="Command `shop` runs `shop.cli:main`.", detail="", start_line=2, end_line=2,
                 target="shop.cli:main"),
        Artifact(key="pyproject.toml#make_target:test", path="pyproject.toml", kind="make_target", name="test",
                 summary="`make test` runs `pytest`.", detail="```console\npytest\n", start_line=3, end_line=4),
    ]  # fmt: skip
    texts = {"README.md": readme, "pyproject.toml": "[project.scripts]\nshop = 1\ntest = 2\nx = 3\n"}
    return repository(symbols, edges, texts=texts, clusters=clusters, artifacts=artifacts, skipped=["logo.png"])
