"""A small shop as files, read and put together by the real stages: what writers of documentation are tested on."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from doctown import facts as codec
from doctown.assemble import resolve
from doctown.assemble.cluster import cluster
from doctown.assemble.graph import assemble_repository, page_rank
from doctown.embed.wordpiece import count_lines
from doctown.ingest.parse import Reader
from doctown.model import Origin, Repository

TILL = '''\
"""Counts money."""


class Till:
    def __init__(self, drawer):
        self.drawer = drawer

    def pay(self, amount, currency="EUR"):
        if amount <= 0:
            raise ValueError("nothing to pay")
        self.drawer.append((amount, currency))
        total = sum_up(self.drawer)
        return total

    def take_back(self, amount, reason):
        """Take money back."""
        if amount > 100:
            raise ValueError(reason)
        self.drawer.remove(amount)
        log(reason)
        self.drawer.sort()
        return amount


def sum_up(entries):
    total = 0
    for amount, currency in entries:
        total += to_euro(amount, currency)
    return total


def to_euro(amount, currency):
    rates = {"EUR": 1, "USD": 2}
    rate = rates[currency]
    result = amount * rate
    return result


def log(text):
    print(text)


def _hidden(first, second):
    both = first + second
    both *= 2
    both -= 1
    return both


def is_open():
    """Whether the shop is open."""
    return True
'''
CLI = """\
from shop.till import Till


def main():
    till = Till([])
    print("welcome")
    till.pay(3)
    return till


def ping(depth):
    if depth:
        depth -= 1
        return pong(depth)
    return 0


def pong(depth):
    if depth:
        depth -= 1
        return ping(depth)
    return 1
"""
FILES = {
    "README.md": "# Shop\n\nShop sells things over the counter.\n",
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n[project.scripts]\nshop = "shop.cli:main"\n',
    "Makefile": "test:\n\tpython -m pytest\n\tpython -m coverage report --fail-under=90\n\tpython -m build --wheel\n",
    "shop/__init__.py": "",
    "shop/till.py": TILL,
    "shop/cli.py": CLI,
    "tests/test_till.py": "def test_pay():\n    a = 1\n    b = 2\n    c = 3\n    assert a + b == c\n",
}


def repository(files: Mapping[str, str] = FILES) -> Repository:
    """The files as the stages before writing hand them over."""
    reader = Reader(count_lines)
    readings = [reader.read(path, text.encode()) for path, text in files.items()]
    symbols = dict(enumerate((symbol for reading in readings for symbol in reading.symbols), 1))
    ids: dict[str, list[int]] = {}
    for number, symbol in symbols.items():
        ids.setdefault(symbol.path, []).append(number)
    facts = [codec.decode(reading.facts) for reading in readings if reading.facts]
    index = resolve.build_index(facts, ids)
    edges = [edge for one in facts for edge in resolve.resolve_file(index, one).edges]
    metadata = [reading.file for reading in readings]
    texts = {reading.file.path: (reading.content or b"").decode() for reading in readings}
    return assemble_repository(
        origin=Origin(kind="folder", location="shop", name="shop", digest=sha256(b"shop").hexdigest()),
        files=metadata,
        symbols=symbols,
        edges=edges,
        clusters=cluster(metadata, symbols, edges),
        centrality=page_rank(sorted(symbols), edges),
        artifacts=[artifact for reading in readings for artifact in reading.artifacts],
        read=lambda path: texts.get(path, ""),
    )
