"""XML as a tree that knows its lines, read so that a document type, and with it any entity, is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from doctown.ingest.artifacts.trees import MAX_DEPTH, MAX_NODES, UnreadableError


@dataclass(slots=True, kw_only=True)
class Element:
    """One element; names come without their namespace."""

    name: str
    attributes: dict[str, str]
    start: int
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line."""
        return self.start, self.end

    def find(self, *names: str) -> Element | None:
        """The first element below a chain of names."""
        node: Element | None = self
        for name in names:
            node = next((child for child in node.children if child.name == name), None) if node else None
        return node

    def value(self, *names: str) -> str:
        """The text of the element below a chain of names; empty if there is none."""
        found = self.find(*names)
        return found.text.strip() if found else ""

    def all(self, name: str) -> Iterator[Element]:
        """Elements of a name right below."""
        return (child for child in self.children if child.name == name)


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.data
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0

    def refuse(self, *_: object) -> None:
        raise UnreadableError("a document type is declared in it, which may hold entities; it is not read")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_NODES or len(self.open) >= MAX_DEPTH:
            raise UnreadableError(f"more than {MAX_NODES} elements, or nested deeper than {MAX_DEPTH}")
        line = self.parser.CurrentLineNumber
        element = Element(name=name.rpartition(":")[2], attributes=attributes, start=line)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, _: str) -> None:
        self.open.pop().end = self.parser.CurrentLineNumber

    def data(self, text: str) -> None:
        if self.open:
            self.open[-1].text += text


def xml_root(text: str) -> Element:
    """The root element of an XML file. Raises UnreadableError for what is no XML, holds a DTD or is too large."""
    builder = _Builder()
    try:
        builder.parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        raise UnreadableError(f"no valid XML: {error}") from error
    if builder.root is None:
        raise UnreadableError("no valid XML: no root element")
    return builder.root
