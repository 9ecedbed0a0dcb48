"""What a file is, once it has been read: its encoding, its language, whether a person wrote it.

Content is turned into UTF-8 here, so that every later stage counts bytes of the same text. Decisions that need only
the path are `walk`'s; parsing is left to `parse`. Programming languages come in as a mapping from `languages/`, since
this module knows only the formats that are text and no code.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from doctown.ingest.formats import FILENAMES, INTERPRETERS, SUFFIXES


class Reason:
    """The whole vocabulary of reasons for which a file is skipped."""

    VENDORED: Final = "vendored"
    VERSION_CONTROL: Final = "version control data"
    LOCK: Final = "lock file"
    GENERATED: Final = "generated"
    OUTPUT: Final = "build output"
    MINIFIED: Final = "minified"
    BINARY: Final = "binary"
    DATA: Final = "data"
    TRANSLATION: Final = "translation catalogue"
    SYMLINK: Final = "symbolic link"
    SUBMODULE: Final = "submodule"
    SPECIAL: Final = "special file"
    FILE_CAP: Final = "over the file cap"
    BYTE_CAP: Final = "over the total size cap"
    DEPTH_CAP: Final = "over the depth cap"
    PATH_CAP: Final = "over the path length cap"

    @staticmethod
    def larger_than(limit: int) -> str:
        """The reason for an oversized file; `limit` in bytes, shown in the largest unit that divides it."""
        for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
            if limit >= size and limit % size == 0:
                return f"larger than {limit // size} {unit}"
        return f"larger than {limit} bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """A file's content after `classify`. `source` can be parsed, `text` is kept as it is, `skipped` says why not."""

    kind: Literal["source", "text", "skipped"]
    language: str  # empty when not recognised
    data: bytes  # the text as UTF-8 without byte order mark; the bytes as they came when skipped as binary
    lines: int  # 0 for an empty or binary file
    encoding: str  # what it was stored in: `utf-8`, `utf-16`, `cp1252`, …; empty for binary
    reason: str = ""  # why skipped, of `Reason`


def classify(path: str, data: bytes, languages: Mapping[str, str]) -> Classified:
    """Say what a file is from its path and its content.

    `languages` maps what names a programming language to it: a suffix (`.py`), a file name (`Rakefile`), an
    interpreter after `#!` (`#!python3`). `.h` is decided by content between `c` and `cpp`.
    """
    decoded = _decode(data)
    if decoded is None:
        return Classified(kind="skipped", language="", data=data, lines=0, encoding="", reason=Reason.BINARY)
    text, encoding = decoded
    language, is_source = language_of(path, text, languages)
    lines = text.count(b"\n") + (not text.endswith(b"\n") and bool(text))
    reason = _content_reason(path, text, language)
    kind: Literal["source", "text", "skipped"] = "skipped" if reason else "source" if is_source else "text"
    return Classified(kind=kind, language=language, data=text, lines=lines, encoding=encoding, reason=reason)


# --- encodings ------------------------------------------------------------------------------------------------------

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A declared encoding is believed only if it is one of these: Python's codec registry also holds `zip` and `rot13`.
_DECLARED = re.compile(rb"(?:coding[:=]|encoding=[\"'])\s*([A-Za-z][\w.-]{1,30})")
_TEXT_CODECS = re.compile(
    r"iso8859-\d+|cp\d{3,4}|koi8-[rut]|mac-\w+|shift_jis(?:_2004|x0213)?|euc_(?:jp|kr|jis_2004|jisx0213)|gbk|gb2312|"
    r"gb18030|big5(?:hkscs)?|johab|iso2022_\w+|tis-620"
)
_MAGIC = (b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"\xca\xfe\xba\xbe")
_CONTROL = bytes(c for c in range(32) if c not in b"\t\n\r\f\x0b\x1b\x08\x1a\x1c") + b"\x7f"


def _decode(data: bytes) -> tuple[bytes, str] | None:
    """The content as UTF-8 and the encoding it was in, or None for what is no text."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _reencode(data[len(bom) :], encoding)
    if data.startswith(_MAGIC) or b"\0" in data:
        return None
    if len(data.translate(None, _CONTROL)) < len(data) * 0.98:
        return None
    if data.isascii():
        return data, "utf-8"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(data)
    return data, "utf-8"


def _reencode(data: bytes, encoding: str) -> tuple[bytes, str] | None:
    try:
        text = data.decode(encoding)
        return None if "\0" in text else (text.encode("utf-8"), encoding.removesuffix("-le").removesuffix("-be"))
    except UnicodeError:
        return None


def _legacy(data: bytes) -> tuple[bytes, str] | None:
    """Bytes that are no UTF-8: by the declared encoding, else as Western European, else not text."""
    declared = _DECLARED.search(b"\n".join(data[:2048].split(b"\n", 2)[:2]))
    if declared:
        try:
            name = codecs.lookup(declared.group(1).decode("ascii")).name
        except LookupError:
            name = ""
        if _TEXT_CODECS.fullmatch(name) and (found := _reencode(data, name)):
            return found
    high = len(data) - len(data.translate(None, bytes(range(128, 256))))
    if high > len(data) * 0.3:
        return None
    return _reencode(data, "cp1252") or _reencode(data, "latin-1")


# --- languages ------------------------------------------------------------------------------------------------------

_SHEBANG = re.compile(rb"#!\s*(\S+)(?:[ \t]+(?:-S[ \t]*|--split-string=)?((?:\w+=\S+[ \t]+)*)([\w./+-]+))?")
_MODELINE = re.compile(rb"-\*-\s*(?:mode:\s*)?([\w+-]+)\s*(?:;[^*]*)?-\*-")


def language_of(path: str, data: bytes, languages: Mapping[str, str]) -> tuple[str, bool]:
    """A file's language (empty if unknown) and whether it is one of the programming languages given.

    The whole name counts before the suffix, the suffix before the first line. `languages` as for `classify`.
    """
    name = path.rpartition("/")[2]
    if found := languages.get(name):
        return found, True
    if found := FILENAMES.get(name) or _by_name_pattern(name):
        return found, False
    stem, dot, last = name.rpartition(".")
    if dot and stem:
        for suffix in (f".{stem.rpartition('.')[2]}.{last}" if "." in stem else "", f".{last}", f".{last.lower()}"):
            if suffix == ".h" and "c" in languages.values():
                return header_language(data), True
            if suffix in languages:
                return languages[suffix], True
            if suffix in SUFFIXES:
                return SUFFIXES[suffix], False
        return "", False
    return _by_first_line(data, languages)


_NAME_PATTERNS = (
    (re.compile(r"(?:Docker|Container)file(?:[.-][\w.-]+)?|[\w.-]+\.(?:[Dd]ocker|[Cc]ontainer)file"), "dockerfile"),
    (re.compile(r"(?:GNU)?[Mm]akefile(?:\.(?:am|in|inc|common|\w+))?"), "makefile"),
    (re.compile(r"\.env(?:\.[\w.-]+)?|[\w-]+\.env(?:\.(?:example|sample|template|dist))?"), "dotenv"),
    (re.compile(r"(?:requirements|constraints)[\w.-]*\.(?:txt|in)"), "requirements"),
    (
        re.compile(r"(?:UN)?LICEN[SC]E|COPYING|COPYRIGHT|AUTHORS|CONTRIBUTORS|NOTICE|THANKS|INSTALL|CHANGES|README"),
        "text",
    ),
)


def _by_name_pattern(name: str) -> str:
    return next((language for pattern, language in _NAME_PATTERNS if pattern.fullmatch(name)), "")


def _by_first_line(data: bytes, languages: Mapping[str, str]) -> tuple[str, bool]:
    """The language of a script without a suffix, from its `#!` or its editor mode line."""
    first = data[:512].split(b"\n", 1)[0]
    if found := _SHEBANG.match(first):
        program = found.group(1)
        if program.endswith(b"/env") and found.group(3):
            program = found.group(3)
        interpreter = program.rpartition(b"/")[2].decode("ascii", "replace")
        plain = re.sub(r"[\d.]+$", "", interpreter)
        for candidate in (interpreter, plain):
            if language := languages.get(f"#!{candidate}"):
                return language, True
        return INTERPRETERS.get(plain, ""), False
    if found := _MODELINE.search(first):
        mode = found.group(1).decode("ascii").lower()
        language = {"c++": "cpp", "shell-script": "bash", "sh": "bash"}.get(mode, mode)
        return (language, True) if language in languages.values() else ("", False)
    return "", False


_C_NOISE = re.compile(
    rb"/\*.*?(?:\*/|\Z)|//[^\n]*|\"(?:\\.|[^\"\\\n])*+(?:\"|(?=\n)|\Z)|"
    rb"#[ \t]*if(?:def[ \t]+|[ \t]+defined\s*\(?)\s*__cplusplus\b.*?(?:#[ \t]*(?:endif|else)|\Z)",
    re.DOTALL,
)
_CPP_SIGNS = re.compile(
    rb"^[ \t]*(?:class\s+(?:\w+\s+){0,4}\w+\s*(?:final\s*)?[:{;]|namespace\b|"
    rb"(?:inline|export)\s+namespace\b|template\s*<|"
    rb"using\s+[\w:]+|(?:public|protected|private)\s*:|friend\s+\w|virtual\s|explicit\s|constexpr\s|"
    rb"enum\s+class\b|struct\s+\w+\s*(?:final\s*)?:\s*(?:public|private|protected)?\s*\w)"
    rb"|\b\w+::~?\w|\bstatic_cast\s*<|\bnullptr\b|\boperator\s*(?:[-+*/=<>!\[(]|\w+\s*\()|=\s*(?:delete|default)\s*;"
    rb"|#[ \t]*include[ \t]*<(?:c(?:std\w+|math|assert|string|errno|time)|[a-z_]+)>",
    re.MULTILINE,
)
_HEADER_SCAN = 256 << 10  # bytes of a header looked at: declarations come early


def header_language(data: bytes) -> Literal["c", "cpp"]:
    """Whether a `.h` file is C or C++, by what only C++ can say outside comments and `__cplusplus` guards."""
    bare = _C_NOISE.sub(b" ", data[:_HEADER_SCAN])
    return "cpp" if _CPP_SIGNS.search(bare) else "c"


# --- who wrote it ---------------------------------------------------------------------------------------------------

_SCRIPTS = frozenset({"javascript", "typescript", "tsx", "jsx", "css"})
_LONG_LINE = 1_000  # bytes; of hand-written code hardly a line is so long


def _content_reason(path: str, text: bytes, language: str) -> str:
    if path.endswith(".ts") and re.match(rb"\s*<(?:\?xml|!DOCTYPE TS)", text):
        return Reason.TRANSLATION  # Qt's catalogues bear TypeScript's suffix.
    # Cargo rewrites the manifest of every crate that it publishes, and says so: it is still the crate's manifest.
    if path.rpartition("/")[2] != "Cargo.toml" and _is_generated(text[:8192]):
        return Reason.GENERATED
    if _is_minified(text, language):
        return Reason.MINIFIED if language not in {"json", "xml", "html", "text", ""} else Reason.DATA
    return ""


def _is_minified(text: bytes, language: str) -> bool:
    """Whether most of a text stands in lines that no person writes.

    Scripts and style sheets are held to a stricter measure than the rest, as they are what gets minified; there, a
    long line must also be dense, so that one with a long string of prose is not taken for one.
    """
    if len(text) < 1024:
        return False
    threshold = _LONG_LINE if language in _SCRIPTS else 10 * _LONG_LINE
    if language == "markdown" or len(text) < text.count(b"\n") * 60:
        return False
    long_lines = [line for line in text.split(b"\n") if len(line) > threshold]
    size = sum(map(len, long_lines))
    if size < len(text) * 0.6:
        return False
    spaces = sum(line.count(b" ") + line.count(b"\t") for line in long_lines)
    return language not in _SCRIPTS or spaces < size * 0.12


_COMMENT = re.compile(
    rb"^[ \t]*(?:#+!?|//+!?|/\*+!?|\*+/?|--+|;+|%+|<!--|\"\"\"|'''|=begin|dnl\b|REM\b|\{-|\(\*)[ \t]*", re.IGNORECASE
)
_TOOL = rb"(?:auto[- ]?|automatically[ -]|machine[ -])?generated(?: automatically)?"
_GENERATED = re.compile(
    rb"^(?:this (?:file|code|module|script) (?:is|was) )?@(?:partially-)?generated\b(?! (?:by hand|comment))|"
    rb"^<auto-?generated\b|"
    rb"\bcode generated\b.{0,200}?\bdo not (?:edit|modify|change)\b|"
    rb"^(?:(?:warning|note|attention)[:!]? *)?(?:this|the) (?:\w+ ){0,3}?"
    rb"(?:file|code|module|header|source|script|class|document|makefile) (?:is|was|has been) " + _TOOL + rb"\b|"
    rb"\b" + _TOOL + rb"\b.{0,160}?\b(?:do not|don't|never) (?:edit|modify|change|touch)\b|"
    rb"\b(?:do not|don't|never) (?:edit|modify|change)\b.{0,120}?\b" + _TOOL + rb"\b|"
    rb"^(?:auto-?generated|automatically generated|autogenerated)(?: (?:by|from|with|using|file|code)\b|[.!]?$)|"
    rb"^generated by (?:the protocol buffer|the grpc|(?:gnu )?autoconf|automake|cython|swig|thrift|flex|bison|"
    rb"re2c|ragel|antlr|javacc|jflex|cup|pegen|bindgen|cbindgen|openapi|swagger|protoc|peg\.?js|jison|wit-bindgen|"
    rb"coffeescript|opal|typescript|gogen|mockgen|mockery|sqlc|ent\b|stringer|uniffi|pybind|argument clinic)|"
    rb"^(?:file generated by setuptools|generated automatically from\b|a bison parser, made by|"
    rb"a lexical scanner generated by|makefile\.in generated by|aclocal\.m4 generated|generated from \S+ by )",
    re.IGNORECASE,
)
_GENERATED_SIGNS = (b"generated", b"a bison parser")  # one is in whatever that expression finds
_HEAD_LINES = 40  # a marker stands in the header; further down it is somebody's template or prose


def _is_generated(head: bytes) -> bool:
    """Whether the comments at a file's head say that a program wrote it. Code between them is passed over."""
    lower = head.lower()
    if not any(sign in lower for sign in _GENERATED_SIGNS):
        return False
    lines = head.split(b"\n", _HEAD_LINES)[:_HEAD_LINES]
    previous = b""
    in_block = False
    for line in lines:
        opening = _COMMENT.match(line)
        if not opening and not in_block:
            previous = b""
            continue
        text = (line[opening.end() :] if opening else line).strip(b" \t\r*/#->!")
        starts_block = opening is not None and opening.group().strip()[:2] == b"/*"
        in_block = (in_block or starts_block) and b"*/" not in line
        if text and (_GENERATED.search(text) or (previous and _GENERATED.search(previous + b" " + text))):
            return True
        previous = text
    return False
