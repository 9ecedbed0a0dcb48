"""Names of pages: a path for every subject, which stays the same as long as the subject keeps its key.

A path is readable, holds ASCII alone, differs from every other path even where a file system does not tell `Route`
from `route`, and leads back to its subject. Letters, digits and `_.-` stay as they are, every other byte becomes `=`
and two hexadecimal digits, and a component with capitals ends with `~` and a number that says which letters those
are. Only what would be too long for a file system is named by its digest instead.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from doctown.model import MODULE

SUFFIX = ".html"
LONGEST = 200  # characters of a path; below it stay file systems (255 a component) and Windows (260 in all)
LONG = "~long"  # the folder of what is named by its digest; no component can be called so

FOLDERS = {"file": "file", "symbol": "symbol", "cluster": "part", "artifact": "artifact", "folder": "tree"}
_KINDS = {name: kind for kind, name in FOLDERS.items()}

_UNSAFE = re.compile(rb"[^A-Za-z0-9_.-]")
_CODED = re.compile(r"=([0-9a-f]{2})")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")  # names that Windows keeps for devices
_PAGE_END = re.compile(r"(?i)\.(?=(?:html|md)$)")  # a folder called like a page would stand in that page's way


@lru_cache(maxsize=65536)
def component(text: str) -> str:
    """One component of a path, for any text but the empty one."""
    # Most are plain words, and a site has a hundred thousand of them.
    coded = text if len(text) > 4 and text.isascii() and text.isidentifier() else _coded(text)
    if coded.islower() or coded.isdigit():
        return coded
    capitals = sum(1 << place for place, letter in enumerate(filter(str.isalpha, text)) if _is_capital(letter))
    return f"{coded}~{capitals:x}" if capitals else coded


_NOTHING = "="  # stands for an empty part; no other text is coded so


def _coded(text: str) -> str:
    coded = _UNSAFE.sub(lambda found: b"=%02x" % ord(found[0]), text.encode("utf-8", "surrogatepass")).decode("ascii")
    coded = _PAGE_END.sub("=2e", coded)
    if not coded:
        return _NOTHING
    if coded.endswith("."):
        coded = f"{coded[:-1]}=2e"
    if coded.startswith("."):  # hidden files are left out by many hosts
        coded = f"=2e{coded[1:]}"
    return f"={ord(coded[0]):02x}{coded[1:]}" if _RESERVED.match(coded) else coded


def _is_capital(letter: str) -> bool:
    return "A" <= letter <= "Z"


def _decoded(text: str) -> str:
    if text == _NOTHING:
        return ""
    raw = text.partition("~")[0].encode("ascii", "replace")
    return re.sub(rb"=([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), raw).decode("utf-8", "surrogatepass")


@lru_cache(maxsize=65536)
def page_path(kind: str, key: str) -> str:
    """The path of a subject's page: symbol by key, file and folder by path, cluster and artifact by key.

    A file's top level has no page of its own: the file's stands for it."""
    if kind == "symbol" and key.endswith(f"#{MODULE}"):
        kind, key = "file", key[: -len(MODULE) - 1]
    if kind == "repository" or (kind == "folder" and not key):
        return "files.html" if kind == "folder" else "index.html"
    path, sharp, name = key.partition("#") if kind in ("symbol", "artifact") else (key, "", "")
    parts = [component(part) for part in path.split("/")]
    if sharp:
        parts.append(component(name))
    whole = f"{FOLDERS[kind]}/{'/'.join(parts)}{SUFFIX}"
    if len(whole) <= LONGEST:
        return whole
    return f"{FOLDERS[kind]}/{LONG}/{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}{SUFFIX}"


def source_path(path: str, number: int) -> str:
    """The path of a stretch of a file's source."""
    page = page_path("file", path)
    return f"source/{page.removeprefix('file/').removesuffix(SUFFIX)}/{number}{SUFFIX}"


def subject(path: str) -> tuple[str, str] | None:
    """Kind and key of the subject whose page has this path. None for what `page_path` never gives, and for names by
    digest, which have to be looked for."""
    head, _, rest = path.partition("/")
    kind = _KINDS.get(head)
    if kind is None or not rest.endswith(SUFFIX):
        return None
    parts = rest.removesuffix(SUFFIX).split("/")
    try:
        texts = [_decoded(part) for part in parts]
    except UnicodeDecodeError:
        return None
    key = "/".join(texts)
    if kind in ("symbol", "artifact"):
        if len(texts) < 2:
            return None
        key = f"{'/'.join(texts[:-1])}#{texts[-1]}"
    return (kind, key) if page_path(kind, key) == path else None


def relative(path: str) -> str:
    """What leads from a page at this path back to the root: `../../` for two folders, empty for none."""
    return "../" * path.count("/")
