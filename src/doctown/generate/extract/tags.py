"""Tagged documentation comments (Javadoc, JSDoc, KDoc, Doxygen, YARD, XML) rewritten to the one form `markup` reads.

Tags at the start of a line become Sphinx-like fields, inline tags and the common HTML become Markdown. Code spans and
fences are left as they are. Nothing is made safe here: `markup` passes every piece on to `safe`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

FIELDS = {
    "param": "Parameters", "parameter": "Parameters", "arg": "Parameters", "argument": "Parameters",
    "key": "Parameters",
    "keyword": "Parameters", "kwarg": "Parameters", "tparam": "Type parameters", "typeparam": "Type parameters",
    "var": "Attributes", "ivar": "Attributes", "cvar": "Attributes", "property": "Attributes", "field": "Attributes",
    "return": "Returns", "returns": "Returns", "yield": "Yields", "yields": "Yields", "raises": "Raises",
    "raise": "Raises", "except": "Raises", "exception": "Raises", "throws": "Raises", "throw": "Raises",
    "see": "See also", "sa": "See also", "note": "Note", "remark": "Note", "warning": "Note", "attention": "Note",
    "deprecated": "Deprecated", "since": "Added in version", "todo": "To do", "example": "Example",
}  # fmt: skip

# Languages whose comments carry tags or HTML; in the others a `<` is a `<`.
_TAGGED_NAMES = "javascript typescript tsx java kotlin scala php c cpp csharp swift ruby lua go rust"
_TAGGED = frozenset(_TAGGED_NAMES.split())
_MARKUP = re.compile(r"[@\\<{&+\[]")
_SKIP = re.compile(r"(^[ ]*(?:```+|~~~+).*?(?:^[ ]*(?:```+|~~~+)[ ]*$|\Z)|`[^`\n]+`)", re.DOTALL | re.MULTILINE)

_TAG_LINE = re.compile(r"^[ \t]*[-*]?[ \t]*[@\\]([a-zA-Z]+)(\[[\w,]+\])?[ \t]*(.*)$")
_TYPED = re.compile(r"\{((?:[^{}]|\{[^{}]*\})*)\}\s*(.*)$", re.DOTALL)
_YARD_TYPED = re.compile(r"(\w+)?\s*\[([^\]]*)\]\s*(.*)$", re.DOTALL)
_NAME = re.compile(r"(\[?(?:<\w+>|(?:\.{3})?[$&*]*[\w.$#:]+(?:\[\])?\??)(?:=[^\]]*)?\]?)\s*[-–:]?\s*(.*)$", re.DOTALL)
_TYPE_FIRST = re.compile(r"([\w\\|?\[\]<>, ]+?)\s+(?=(?:\.{3}|&)?\$\w)(.*)$", re.DOTALL)  # PHP: `@param string $name`
SEPARATOR = "\x1f"  # begins a line that is a field and divides its parts; stripped from every comment first
_NAMED = frozenset({"Parameters", "Type parameters", "Raises", "Attributes"})
_SILENT = """author authors version copyright license licence file package subpackage module ingroup addtogroup defgroup
    class
    struct interface function method memberof static private public protected internal readonly override abstract type
    typedef template name namespace kind export exports fn def enum extends implements augments constructor category
    api hide hidden alpha beta experimental summary_ date global inheritdoc mixin"""
_DROPPED = frozenset(_SILENT.split())
_OPENING = frozenset({"brief", "short", "details", "summary", "description", "desc", "remarks", "par", "internal_"})


def normalise(comment: str, language: str) -> str:
    """The comment with inline tags and HTML as Markdown, and each tag as a line of its own: `SEPARATOR`, then the
    tag, a name, a type and the text, divided by `SEPARATOR`."""
    comment = comment.replace(SEPARATOR, " ")
    if language not in _TAGGED or not _MARKUP.search(comment):
        return comment
    if "@example" in comment:  # before anything is rewritten: it is code
        comment = "\n".join(_examples(comment.split("\n")))
    if language in ("csharp", "c", "cpp", "java", "kotlin", "scala", "php", "swift", "javascript", "typescript", "tsx"):
        comment = _outside_code(comment, _markup_to_markdown)
    if language == "ruby":
        comment = re.sub(r"(?<!\w)\+([\w:.#?!\[\]]+)\+(?!\w)", r"`\1`", comment.replace(":nodoc:", ""))
    if language == "go":
        comment = re.sub(r"\[(\*?[A-Za-z_][\w.]*)\](?!\()", r"`\1`", comment)
    if "@" in comment or "\\" in comment:
        comment = "\n".join(_tag_lines(comment.split("\n")))
    return comment


def _outside_code(text: str, rewrite: Callable[[str], str]) -> str:
    if "`" not in text and "~~~" not in text:
        return rewrite(text)
    parts = _SKIP.split(text)
    return "".join(part if index % 2 else rewrite(part) for index, part in enumerate(parts))


# --- inline tags, HTML, XML ---------------------------------------------------------------------------------------

_CODE_TAG = re.compile(r"\{@(?:code|literal|value|systemProperty)\s*((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_LINK_TAG = re.compile(r"\{@link(?:plain|code)?\s+([^\s{}|(]+(?:\([^(){}]*\))?)(?:[\s|]+([^{}]+))?\}")
_OTHER_TAG = re.compile(r"\{@\w+\s*([^{}]*)\}")
_XML_REF = re.compile(r"<(?:see|seealso|paramref|typeparamref)\s+(?:cref|name|langword|href)=\"([^\"]*)\"\s*"
                      r"(?:/>|>(.*?)</\w+>)",
                      re.DOTALL)  # fmt: skip
_XML_FIELD = re.compile(r"<(param|typeparam|exception|returns|value|example|remarks)"
                        r"(?:\s+(?:name|cref)=\"([^\"]*)\")?\s*>(.*?)</\1>",
                        re.DOTALL)  # fmt: skip
_PRE = re.compile(r"<pre\b[^>]*>(.*?)</pre\s*>", re.DOTALL | re.IGNORECASE)
_XML_CODE = re.compile(r"<code\b[^>]*>([^<]*\n[^<]*)</code>", re.IGNORECASE)
_INLINE_CODE = re.compile(r"<(code|tt|c|kbd|samp|var)>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_STRONG = re.compile(r"<(?:b|strong)>\s*([^<]*?)\s*</(?:b|strong)>", re.IGNORECASE)
_EMPHASIS = re.compile(r"<(?:i|em)>\s*([^<]*?)\s*</(?:i|em)>", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\s[^>]*href\s*=\s*[\"']?([^\"'\s>]+)[^>]*>(.*?)</a>", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(
    r"</?(?:p|para|br|div|ul|ol|dl|table|tr|summary|blockquote|list|description|inheritdoc)\b[^>]*>", re.IGNORECASE
)
_ITEM = re.compile(r"<(?:li|dt|item)\b[^>]*>", re.IGNORECASE)
_HEADING = re.compile(r"<h[1-6]\b[^>]*>(.*?)</h[1-6]>", re.DOTALL | re.IGNORECASE)
_DROP = re.compile(r"<!--.*?-->|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_KNOWN = re.compile(
    r"</?(?:a|abbr|b|big|center|cite|code|c|dd|dt|em|font|hr|i|img|kbd|li|item|term|nobr|s|samp|small|span|strike|strong|"
    r"sub|sup|tbody|td|th|thead|tt|u|var|see|remarks|returns|example|value)\b[^<>]*>",
    re.IGNORECASE,
)
_DOXYGEN_WORD = re.compile(r"[\\@](?:c|p|a|e|em|b|ref|link)\s+([\w:.()~#-]*[\w)])")
_DOXYGEN_CODE = re.compile(r"[\\@](?:code|verbatim)(?:\{\.?(\w+)\})?[ \t]*\n(.*?)[\\@]end(?:code|verbatim)", re.DOTALL)


def _code_span(text: str) -> str:
    bare = " ".join(unescape(text).split())
    return f"`` {bare} ``" if "`" in bare else f"`{bare}`" if bare else ""


def _code_block(text: str, language: str = "") -> str:
    inner = re.sub(r"\{@code\s?(.*?)\}\s*$", r"\1", text.strip("\n"), flags=re.DOTALL)
    inner = unescape(re.sub(r"</?[a-zA-Z]\w*>", "", inner))
    return f"\n\n~~~~{language}\n{inner.strip(chr(10))}\n~~~~\n\n"


def _reference(address: str) -> str:
    """`java.util.List#get(java.lang.Integer)` → `List.get(Integer)`, `T:Foo.Bar` → `Foo.Bar`."""
    bare, _, taken = re.sub(r"^[A-Z]:", "", address).partition("(")
    owner, mark, member = bare.partition("#")
    if not mark:
        return bare
    types = ", ".join(one.strip().rsplit(".", 1)[-1] for one in taken.rstrip(") ").split(","))
    called = f"{member}({types})" if "(" in address else member
    return f"{owner.rsplit('.', 1)[-1]}.{called}" if owner else called


def _xml_field(match: re.Match[str]) -> str:
    tag, name, said = match.group(1), match.group(2) or "", " ".join(match.group(3).split())
    if tag == "remarks":
        return f"\n\n{match.group(3)}\n\n"
    if tag == "example":
        return f"\n\n{match.group(3)}\n\n"
    kind = {"value": "returns"}.get(tag, tag)
    return f"\n@{kind} {_reference(name)} {said}\n" if name else f"\n@{kind} {said}\n"


def _anchor(match: re.Match[str]) -> str:
    shown = " ".join(match.group(2).split())
    return f"[{shown}]({match.group(1)})" if match.group(1).startswith(("http://", "https://")) else shown


def _markup_to_markdown(text: str) -> str:
    if "{@" in text:
        text = _PRE.sub(lambda match: _code_block(match.group(1)), text)
        text = _CODE_TAG.sub(lambda match: _code_span(match.group(1)), text)
        text = _LINK_TAG.sub(lambda match: _code_span(match.group(2) or _reference(match.group(1))), text)
        text = _OTHER_TAG.sub(r"\1", text)
    if "\\" in text or "@" in text:
        text = _DOXYGEN_CODE.sub(lambda match: _code_block(match.group(2), match.group(1) or ""), text)
        text = _DOXYGEN_WORD.sub(lambda match: _code_span(match.group(1)), text)
    if "<" in text:
        text = _html_to_markdown(text)
    if "&" in text:
        # Entities are read, but what they spell must not become a tag: `safe` escapes every `<` that is left.
        text = unescape(text)
    return text


def _html_to_markdown(text: str) -> str:
    text = _DROP.sub("", text)
    if "</pre" in text.lower():  # without an end, every start would be followed to the end of the comment
        text = _PRE.sub(lambda match: _code_block(match.group(1)), text)
    text = _XML_CODE.sub(lambda match: _code_block(match.group(1)), text)
    text = _XML_REF.sub(lambda match: _code_span(match.group(2) or _reference(match.group(1))), text)
    text = _INLINE_CODE.sub(lambda match: _code_span(match.group(2)), text)
    if "</a>" in text.lower():
        text = _ANCHOR.sub(_anchor, text)
    text = _STRONG.sub(r"**\1**", text)
    text = _EMPHASIS.sub(r"*\1*", text)
    text = _XML_FIELD.sub(_xml_field, text)
    text = _HEADING.sub(lambda match: f"\n\n### {' '.join(match.group(1).split())}\n\n", text)
    text = _ITEM.sub("\n- ", text)
    text = _BREAK.sub("\n\n", text)
    return _KNOWN.sub("", text)


# --- tags at the start of a line ----------------------------------------------------------------------------------


def _tag_lines(lines: list[str]) -> list[str]:
    """Lines with tags as fields, indented continuations made explicit."""
    result: list[str] = []
    inside = False  # the lines that follow belong to a field
    skipping = False  # they belong to a tag that says nothing to a reader
    fenced = False
    for line in lines:
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        match = None if fenced else _TAG_LINE.match(line)
        if match is None:
            if not line.strip():
                inside = skipping = False
            if not skipping:
                result.append(f"    {line.strip()}" if inside and not fenced and line.strip() else line)
            continue
        tag, rest = match.group(1).lower(), match.group(3).strip()
        skipping = inside = False
        if tag in _OPENING:
            result.extend(["", rest])
        elif tag in ("li", "arg") and not match.group(2) and tag == "li":
            result.append(f"- {rest}")
        elif tag in FIELDS:
            result.append(_as_field(tag, rest))
            inside = True
        elif tag in _DROPPED:
            skipping = True
        else:
            result.append(line.replace("@", "", 1) if line.lstrip().startswith("\\") else line)
    return result


def _examples(lines: list[str]) -> list[str]:
    """The lines with what an `@example` shows as a fenced block, up to the next tag; its caption stays prose."""
    result: list[str] = []
    at = 0
    while at < len(lines):
        match = _TAG_LINE.match(lines[at])
        at += 1
        if match is None or match.group(1).lower() != "example":
            result.append(lines[at - 1])
            continue
        start = at
        while at < len(lines) and (_TAG_LINE.match(lines[at]) is None or lines[at].lstrip().startswith("@@")):
            at += 1
        body, first = lines[start:at], match.group(3).strip()
        caption = re.fullmatch(r"<caption>(.*?)</caption>|([A-Z][^(){};=]*)", first)
        if caption:
            first, title = "", caption.group(1) or caption.group(2)
        else:
            title = ""
        result.extend(["", f"**Example:** {title}" if title else "**Example**", ""])
        code = [first, *body] if first else body
        if any(line.strip() for line in code):
            told = any(line.lstrip().startswith(("```", "~~~")) for line in code)
            result.extend(code if told else ["~~~~", *code, "~~~~", ""])
    return result


def _as_field(tag: str, rest: str) -> str:
    title = FIELDS[tag]
    kind = ""
    typed = _TYPED.match(rest)
    yard = _YARD_TYPED.match(rest) if typed is None and "[" in rest[:60] else None
    if typed:
        kind, rest = " ".join(typed.group(1).split()), typed.group(2)
    elif yard and yard.group(2):
        kind, rest = yard.group(2), f"{yard.group(1) or ''} {yard.group(3)}".strip()
    name, said = "", rest
    if title in _NAMED:
        php = _TYPE_FIRST.match(rest)
        if php and not kind:
            kind, rest = php.group(1), php.group(2)
        match = _NAME.match(rest)
        name, said = (match.group(1), match.group(2)) if match else (kind, rest)
        name = name.strip("[]<>").split("=", 1)[0]
        kind = "" if title == "Raises" else kind
    elif title == "See also" and re.fullmatch(r"[\w.#:()]+", rest):
        said = _code_span(_reference(rest))
    return SEPARATOR + SEPARATOR.join((tag, name, kind.lstrip("?!="), said))
