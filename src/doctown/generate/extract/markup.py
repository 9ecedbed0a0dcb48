"""Documentation comments as clean Markdown: the author's words, their markup understood, nothing else.

`document` splits a comment into its first sentence and the rest. Sphinx fields and roles, Google's and NumPy's
sections, doctests and literal blocks are understood in any language; `epytext` is first rewritten in Python, and tags
(`@param`, `\\brief`), inline tags, HTML and XML are by `tags`. All that comes out has gone through `safe`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from doctown.generate.extract import epytext, safe
from doctown.generate.extract.inlines import converted, heading_text, inline, to_plain, unpadded
from doctown.generate.extract.tags import FIELDS, SEPARATOR, normalise
from doctown.generate.extract.words import capital, first_sentence

MAX_SUMMARY = 400  # characters; a longer first sentence stays whole in the body

_PLAIN = re.compile(
    r"[`*_<>@\\\[\]|~&{}#+]|::|(?m:^[^\S\n]*(?::\w|[-=~^\"'.]{3,}[^\S\n]*$|[-•]\s|\d+[.)]\s|\.\. )|:$|^[ \t]+\S)"
)


_DASHES = re.compile(r"\A\s*[-=*#~]{1,3}[ \t]+(?=\w[^\n]*\Z)")  # `-- bool Value`: one line, ruled off
_BLANKS = re.compile(r"\n(?:[^\S\n]*\n){3,}")  # looking ahead over thousands of blank lines would take forever


@dataclass(frozen=True, slots=True)
class Text:
    """A comment made readable. `summary` is plain text, `body` Markdown that does not repeat it."""

    summary: str
    body: str


def document(comment: str, language: str) -> Text:
    """The first sentence of a documentation comment and the rest of it as Markdown."""
    comment = _DASHES.sub("", comment)
    if not _PLAIN.search(comment):
        head, _, rest = comment.partition("\n\n")
        summary, remainder = first_sentence(" ".join(head.split()))
        if len(summary) <= MAX_SUMMARY:
            paragraphs = [remainder, *(" ".join(part.split()) for part in rest.split("\n\n"))]
            return Text(summary, "\n\n".join(part for part in paragraphs if part))
    if language == "python":
        comment = epytext.rewritten(comment)
    parser = _Parser(normalise(_BLANKS.sub("\n\n\n", unpadded(comment)), language).expandtabs(4).split("\n"), language)
    parser.run()
    return _compose(parser)


def _compose(parser: _Parser) -> Text:
    blocks = parser.blocks
    first = next((index for index, (kind, _) in enumerate(blocks) if kind not in ("heading", "aside")), None)
    if first is None:
        first = next((index for index, (kind, _) in enumerate(blocks) if kind == "heading"), None)
    summary = ""
    if first is not None and blocks[first][0] == "paragraph":
        sentence, rest = first_sentence(blocks[first][1])
        plain = to_plain(sentence)
        if 0 < len(plain) <= MAX_SUMMARY and any(letter.isalnum() for letter in plain):
            summary = plain[:-1] + "." if plain.endswith(":") else plain
            # A heading above the first paragraph names the module, which the page's title does already.
            blocks = [*blocks[:first], ("paragraph", rest), *blocks[first + 1 :]]
            blocks = [block for index, block in enumerate(blocks) if index >= first or block[0] != "heading"]
    elif first is not None and blocks[first][0] == "heading":
        summary = to_plain(blocks[first][1].lstrip("# "))
        blocks = blocks[:first] + blocks[first + 1 :]
    if not summary and parser.returned:
        sentence, rest = first_sentence(parser.returned)
        said = re.sub(r"^returns?\s+", "", to_plain(sentence), flags=re.IGNORECASE)
        said = said[:1].lower() + said[1:] if re.match(r"(?:The|An?|True|False)\b", said) else said
        summary = f"Returns {said}" if said.endswith((".", "!", "?")) else f"Returns {said}."
        blocks = [block for block in blocks if block[0] != "returns"]
        if rest:
            blocks.append(("paragraph", rest))
    return Text(summary, "\n\n".join(text for _, text in blocks if text))


# --- blocks -------------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"\s*(```+|~~~+)\s*([^`]*)$")
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}\s*$")
_RULERS = "=-~^\"'`#*+.:_"
_DIRECTIVE = re.compile(r"\s*\.\. ([\w:-]+)::\s*(.*)$")
_RST_COMMENT = re.compile(r"\s*\.\.(?: |$)")
_TABLE_RULE = re.compile(r"\s*(?:=+(?: +=+)+|\+[-=]+(?:\+[-=]+)*\+)\s*$")
_ITEM = re.compile(r"(\s*)([-*+•]|\d{1,3}[.)]|#\.|\([a-z0-9]\))\s+(\S.*)$")
_FIELD = re.compile(r"\s*:(\w+)((?:\s+[^:\n]+)?):(?:\s+(.*)|\s*)$")
_SECTION = re.compile(r"\s*([A-Z][A-Za-z ]{2,30}):\s*$")
_ENTRY = re.compile(r"(\*{0,2}[\w.$\[\]]+(?:\s*,\s*\*{0,2}[\w.]+)*)\s*(?:\(([^)]*(?:\([^)]*\)[^)]*)*)\))?\s*:\s*(.*)$")
_RAISED = re.compile(r"([\w.]+)\s*:\s*(.*)$")

_SECTIONS = {
    "args": "Parameters", "arguments": "Parameters", "parameters": "Parameters", "params": "Parameters",
    "other parameters": "Other parameters", "keyword args": "Keyword parameters", "returns": "Returns",
    "keyword arguments": "Keyword parameters", "return": "Returns", "yields": "Yields", "yield": "Yields",
    "raises": "Raises", "exceptions": "Raises", "warns": "Warns", "attributes": "Attributes", "methods": "Methods",
    "example": "Example", "examples": "Examples", "note": "Note", "notes": "Notes", "see also": "See also",
    "references": "References", "warning": "Warning", "warnings": "Warnings", "usage": "Usage", "todo": "To do",
}  # fmt: skip
_LISTED = frozenset(
    {"Parameters", "Other parameters", "Keyword parameters", "Attributes", "Methods", "Raises", "Warns"}
)
_NOTED = "note warning tip important caution danger attention hint seealso admonition topic"
_ADMONITIONS = frozenset(_NOTED.split())
_CHANGES = {"versionadded": "Added in version", "versionchanged": "Changed in version",
            "deprecated": "Deprecated since version", "versionremoved": "Removed in version"}  # fmt: skip


def _is_worded(line: str) -> bool:
    """Whether a line begins with a letter. Spaces alone are skipped: `strip` would take `SEPARATOR` for one too."""
    return line.lstrip(" ")[:1].isalpha()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@dataclass(slots=True)
class _Parser:
    """Reads lines into blocks: (kind, Markdown). Mutable and private to this module."""

    lines: list[str]
    language: str
    at: int = 0
    blocks: list[tuple[str, str]] = field(default_factory=list)
    returned: str = ""  # what the comment says is returned

    def run(self) -> None:
        readers: tuple[Callable[[], bool], ...] = (
            self._fence, self._doctest, self._directive, self._table, self._heading, self._fields, self._section,
            self._items, self._indented,
        )  # fmt: skip
        # Most lines begin with a letter, and most blocks do not.
        worded: tuple[Callable[[], bool], ...] = (self._heading, self._section, self._indented)
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip():
                self.at += 1
            elif not any(reader() for reader in (worded if _is_worded(line) else readers)):
                self._paragraph()

    def _emit(self, kind: str, text: str) -> None:
        if text:
            self.blocks.append((kind, text))

    def _code(self, lines: list[str], language: str = "") -> None:
        self._emit("code", "\n".join(safe.fence(lines, language)))

    def _indented_block(self, than: int) -> list[str]:
        """The lines from here that are blank or indented by more than `than`."""
        start = self.at
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or _indent(self.lines[self.at]) > than):
            self.at += 1
        return self.lines[start : self.at]

    def _fence(self) -> bool:
        match = _FENCE.match(self.lines[self.at])
        if not match:
            return False
        mark = match.group(1)
        start = self.at + 1
        end = next(
            (
                index
                for index in range(start, len(self.lines))
                if self.lines[index].strip().startswith(mark) and not self.lines[index].strip().strip(mark[0])
            ),
            len(self.lines),
        )
        self.at = end + 1
        body = self.lines[start:end]
        shown = match.group(2).split(",")[0]
        if self.language == "rust":  # rustdoc hides lines that only make an example compile
            body = [line for line in body if not re.match(r"\s*#(?:\s|$)", line)]
            shown = "rust" if shown in ("", "no_run", "ignore", "should_panic", "compile_fail") else shown
        self._code(body, shown)
        return True

    def _doctest(self) -> bool:
        if not self.lines[self.at].lstrip().startswith(">>>"):
            return False
        start = self.at
        while self.at < len(self.lines):
            if self.lines[self.at].strip():
                self.at += 1
            elif self.at + 1 < len(self.lines) and self.lines[self.at + 1].lstrip().startswith(">>>"):
                self.at += 2
            else:
                break
        self._code(self.lines[start : self.at], "pycon")
        return True

    def _directive(self) -> bool:
        line = self.lines[self.at]
        match = _DIRECTIVE.match(line)
        if not match:
            if not _RST_COMMENT.match(line):
                return False
            self.at += 1
            self._indented_block(_indent(line))
            return True
        name, argument = match.group(1).rsplit(":", 1)[-1], match.group(2)
        self.at += 1
        body = self._indented_block(_indent(line))
        while body and (not body[0].strip() or re.match(r"\s*:[\w-]+:", body[0])):
            body.pop(0)  # the directive's options
        if name in ("code-block", "code", "sourcecode", "parsed-literal", "doctest", "testcode"):
            self._code(body, argument)
        elif name in _CHANGES:
            said = " ".join([*argument.split()[1:], *" ".join(body).split()])
            version = inline(argument.split()[0]) if argument.split() else ""
            self._emit("note", f"*{_CHANGES[name]} {version}.*" + (f" {inline(said)}" if said else ""))
        elif name in _ADMONITIONS:
            title = "See also" if name == "seealso" else capital(name)
            if name in ("admonition", "topic"):
                self._nested(inline(argument) or title, _dedented(body))
            else:
                self._nested(title, [argument, *_dedented(body)] if argument else _dedented(body))
        return True

    def _nested(self, title: str, body: list[str]) -> None:
        """A block with a title in bold, its content read as a document of its own."""
        inner = _Parser(body, self.language)
        inner.run()
        parts = [text for _, text in inner.blocks]
        if parts and inner.blocks[0][0] == "paragraph":
            parts[0] = f"**{title}:** {parts[0]}"
        elif parts:
            parts.insert(0, f"**{title}**")
        self._emit("note", "\n\n".join(parts))

    def _table(self) -> bool:
        if not _TABLE_RULE.match(self.lines[self.at]):
            return False
        start = self.at
        while self.at < len(self.lines) and self.lines[self.at].strip():
            self.at += 1
        self._code(self.lines[start : self.at])
        return True

    def _heading(self) -> bool:
        line = self.lines[self.at]
        following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        titled = heading_text(line) if line.startswith("#") else None
        if titled:
            self.at += 1
            self._emit("heading", f"### {inline(titled)}")
            return True
        if not (following and following[0] in _RULERS) and _is_worded(line):
            return False
        if _UNDERLINE.match(line) and not line.strip().strip(line.strip()[0]):
            self.at += 1  # an overline or a ruler
            return True
        if not _UNDERLINE.match(following) or len(following.strip()) < min(len(line.strip()) - 2, 60):
            return False
        title = line.strip()
        self.at += 2
        if title.lower() in _SECTIONS:
            self._numpy(_SECTIONS[title.lower()])
        else:
            self._emit("heading", f"### {inline(title)}")
        return True

    def _numpy(self, title: str) -> None:
        """The section below an underlined title, up to the next one."""
        start = self.at
        while self.at < len(self.lines):
            after = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
            if self.lines[self.at].strip() and _UNDERLINE.match(after):
                break
            self.at += 1
        body = self.lines[start : self.at]
        if title not in _LISTED and title not in ("Returns", "Yields"):
            self._nested(title, _dedented(body))
            return
        entries: list[tuple[str, str, str]] = []
        for line in _dedented(body):
            if line and not line[0].isspace():
                name, _, kind = line.partition(" : ") if " : " in line else line.partition(":")
                entries.append((name.strip(), kind.strip(), ""))
            elif line and entries:
                name, kind, said = entries[-1]
                entries[-1] = (name, kind, f"{said} {line.strip()}")
        if title in ("Returns", "Yields"):
            self._returns(
                title, "; ".join(f"{kind or name}: {said.strip()}".strip(": ") for name, kind, said in entries)
            )
        else:
            self._emit("fields", _listing(title, entries))

    def _returns(self, title: str, said: str, kind: str = "") -> None:
        text = inline(said)
        if title == "Returns" and text:
            self.returned = self.returned or text
        shown = _type(kind) if kind and kind not in said else ""
        parts = f"{text} ({shown})" if text and shown else text or shown
        if parts:
            self._emit("returns" if title == "Returns" else "fields", f"**{title}:** {parts}")

    def _fields(self) -> bool:
        """A run of `:name argument: text` lines, or of tags that `tags` divided."""
        if _field(self.lines[self.at]) is None:
            return False
        found: list[tuple[str, str, str, str]] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            parts = _field(line)
            if parts is None:
                if line.strip():
                    break
                self.at += 1
                continue
            self.at += 1
            more = self._indented_block(_indent(line))
            found.append((*parts[:3], " ".join([parts[3], *" ".join(more).split()]).strip()))
        self._emit_fields(found)
        return True

    def _emit_fields(self, found: list[tuple[str, str, str, str]]) -> None:
        types = {argument: said for name, argument, _, said in found if name in ("type", "vartype")}
        groups: dict[str, list[tuple[str, str, str]]] = {}
        for name, argument, kind, said in found:
            title = FIELDS.get(name, "")
            if title in _LISTED or title == "Type parameters":
                groups.setdefault(title, []).append((argument, kind or types.get(argument, ""), said))
            elif title:
                groups.setdefault(title, []).append(("", kind, f"{argument} {said}".strip()))
            elif name == "rtype":
                groups.setdefault("Returns", [("", "", "")])
                groups["Returns"][0] = ("", said, groups["Returns"][0][2])
        for title, entries in groups.items():
            if title in ("Returns", "Yields"):
                text = " ".join(said for _, _, said in entries if said)
                self._returns(title, text, entries[0][1])
            elif title in _LISTED or title == "Type parameters":
                self._emit("fields", _listing(title, entries))
            else:
                text = ", ".join(said for _, _, said in entries if said)
                self._emit("aside", f"**{title}:** {inline(text)}" if text else f"**{title}.**")

    def _section(self) -> bool:
        """Google's sections: a word, a colon, and an indented block."""
        line = self.lines[self.at]
        match = _SECTION.match(line)
        title = _SECTIONS.get(match.group(1).lower(), "") if match else ""
        following = self._next_text(self.at + 1)
        if not title or _indent(following) <= _indent(line):
            return False
        self.at += 1
        body = _dedented(self._indented_block(_indent(line)))
        if title in ("Returns", "Yields"):
            self._returns(title, " ".join(" ".join(body).split()))
        elif title in _LISTED:
            self._emit("fields", _listing(title, _entries(title, body)))
        elif title in ("Example", "Examples", "Usage") and _looks_like_code(body):
            self._emit("note", f"**{title}**")
            self._code(body)
        else:
            self._nested(title, body)
        return True

    def _items(self) -> bool:
        """A list, its items' continuation lines joined; depth kept in steps of two spaces."""
        if not _ITEM.match(self.lines[self.at]):
            return False
        lines: list[str] = []
        depths: list[int] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            match = _ITEM.match(line)
            if match:
                depth = len(match.group(1))
                while depths and depths[-1] >= depth:
                    depths.pop()
                depths.append(depth)
                mark = match.group(2)
                marker = f"{mark[:-1]}." if mark[0].isdigit() else "1." if mark == "#." else "-"
                lines.append(f"{'   ' * min(len(depths) - 1, 5)}{marker} {match.group(3)}")
            elif line.strip() and _indent(line) < depths[0] - 1:
                break  # a paragraph to the left of the list
            elif line.strip() and (_indent(line) > depths[-1] or self.lines[self.at - 1].strip()):
                if _FENCE.match(line) or line.lstrip().startswith(">>>") or _field(line):
                    break
                lines[-1] += f" {line.strip()}"
            elif line.strip() or not self._item_follows(depths[0]):
                break
            self.at += 1
        self._emit("list", "\n".join(_item(line) for line in lines))
        return True

    def _item_follows(self, depth: int) -> bool:
        following = self._next_text(self.at)
        return bool(_ITEM.match(following)) or (
            bool(following) and _indent(following) > depth + 1 and not _LITERAL.search(self.lines[self.at - 1])
        )

    def _next_text(self, start: int) -> str:
        """The first line from `start` on that is not blank; empty at the end."""
        return next((self.lines[index] for index in range(start, len(self.lines)) if self.lines[index].strip()), "")

    def _indented(self) -> bool:
        """An indented block: code, unless it reads as prose."""
        depth = _indent(self.lines[self.at])
        if depth < 2:
            return False
        body = self._indented_block(depth - 1)
        prose = _dedented(body)
        if depth < 4 and not _looks_like_code(prose) and self.language != "go":
            self._emit("paragraph", inline(" ".join(" ".join(prose).split())))
        else:
            self._code(body)
        return True

    def _begins_block(self, line: str, start: int) -> bool:
        """Whether a line ends the paragraph that began at `start` by beginning something else."""
        if _is_worded(line):
            return False
        item = _ITEM.match(line) is not None and _indent(line) >= _indent(self.lines[start])
        return item or bool(_FENCE.match(line) or _field(line)) or line.lstrip().startswith((">>>", ".. "))

    def _paragraph(self) -> None:
        start = self.at
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip():
                break
            if self.at > start and self._begins_block(line, start):
                break
            if self.at > start and self.language == "go" and _indent(line) >= _indent(self.lines[start]) + 2:
                break  # to Go, what is indented is preformatted
            self.at += 1
            if line.rstrip().endswith("::"):
                break
        chunk = self.lines[start : self.at]
        last = chunk[-1].rstrip()
        literal = last.endswith("::")
        if literal:
            chunk = [*chunk[:-1], "" if last.strip() == "::" else last[:-1]]
        if any(line.lstrip().startswith(("|", "> ")) for line in chunk):
            self._emit("aside", "\n".join(_rows(chunk)))
        else:
            self._emit("paragraph", inline(" ".join(" ".join(chunk).split())))
        if literal:
            self._code(self._indented_block(_indent(self.lines[start])))


_LITERAL = re.compile(r"::\s*$")


def _rows(lines: list[str]) -> list[str]:
    return safe.block([converted(line.strip()) for line in lines])


def _item(line: str) -> str:
    depth = _indent(line)
    marker, _, text = line.lstrip().partition(" ")
    return f"{' ' * depth}{marker} {inline(text)}"


def _dedented(lines: list[str]) -> list[str]:
    margin = min((_indent(line) for line in lines if line.strip()), default=0)
    return [line[margin:].rstrip() for line in lines]


def _field(line: str) -> tuple[str, str, str, str] | None:
    """(tag, name, type, text) of a line that is a field."""
    if line.startswith(SEPARATOR):
        _, tag, name, kind, said = line.split(SEPARATOR)
        return tag, name, kind, said
    match = _FIELD.match(line)
    if match is None:
        return None
    tag, argument = match.group(1).lower(), match.group(2).strip()
    kind, _, name = argument.rpartition(" ") if FIELDS.get(tag) in ("Parameters", "Attributes") else ("", "", argument)
    return tag, name, kind, match.group(3) or ""


_CODE_LIKE = re.compile(
    r"^\s*(?:[$>#@]|import |from |def |class |return |for |if |\w[\w.]*\(|\w+\s*=|[{}<])|[;{}]\s*$|\w\(.*\)\s*$"
)


def _looks_like_code(lines: list[str]) -> bool:
    full = [line for line in lines if line.strip()]
    return sum(1 for line in full if _CODE_LIKE.search(line)) * 2 >= len(full) > 0


def _entries(title: str, lines: list[str]) -> list[tuple[str, str, str]]:
    """`name (type): text` lines with their continuations."""
    entries: list[tuple[str, str, str]] = []
    for line in lines:
        match = (_RAISED if title in ("Raises", "Warns") else _ENTRY).match(line) if line[:1].strip() else None
        if match and match.re is _RAISED:
            entries.append((match.group(1), "", match.group(2)))
        elif match:
            entries.append((match.group(1), match.group(2) or "", match.group(3)))
        elif line.strip():
            name, kind, said = entries.pop() if entries else ("", "", "")
            entries.append((name, kind, f"{said} {line.strip()}"))
    return entries


def _type(kind: str) -> str:
    """A type as it stands behind a name: code, or prose where it has markup of its own (`:class:`~a.B` or None`)."""
    return inline(kind) if "`" in kind else safe.code(kind)


def _listing(title: str, entries: list[tuple[str, str, str]]) -> str:
    lines = []
    for name, kind, said in entries:
        shown = safe.code(name) if name else ""
        shown += f" ({_type(kind)})" if kind else ""
        text = inline(" ".join(said.split()).lstrip("-–— "))
        lines.append(f"- {shown}: {text}" if shown and text else f"- {shown or text}")
    return f"**{title}**\n\n" + "\n".join(lines)
