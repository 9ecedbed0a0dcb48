"""The routes that a Rails application's `config/routes.rb` declares, read from its text line by line.

Which class and method answers is named by convention, `orders#show`; where that stands is for whoever knows the
symbols. Routes that are made by other means (loops, `draw`, mounted engines) are not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_STRING = r"[\"']([^\"'#\n]*)[\"']"
_VERB = re.compile(rf"(get|post|put|patch|delete)[\s(]+(?:{_STRING}|:(\w+))(.*)")
_ROOT = re.compile(r"root\b[\s(]*(.*)")
_ACTION = re.compile(r"[\"']([\w/]+)#(\w+)[\"']")
_RESOURCES = re.compile(r"(resources?)[\s(]+:(\w+)((?:\s*,\s*:\w+)*)(.*)")
_SPACE = re.compile(rf"(namespace|scope|controller)[\s(]+(?:{_STRING}|:(\w+))?(.*)")
_OPTION = re.compile(r"\b(only|except):\s*(?:\[([^\]]*)\]|%i\[([^\]]*)\]|:(\w+))")
_NAMED = re.compile(r"\b(path|module|controller):\s*[\"':](\w[\w/-]*)")
_TO_ACTION = re.compile(r"\baction:\s*[\"':](\w+)|\bto:\s*:(\w+)")
_OPENS = re.compile(r"\bdo\b(?:\s*\|[^|]*\|)?\s*$|^(?:if|unless|case)\b")

_MANY = (
    ("index", "GET", ""), ("create", "POST", ""), ("new", "GET", "/new"), ("show", "GET", "/:id"),
    ("edit", "GET", "/:id/edit"), ("update", "PATCH", "/:id"), ("destroy", "DELETE", "/:id"),
)  # fmt: skip
_ONE = tuple((action, verb, path.replace("/:id", "")) for action, verb, path in _MANY if action != "index")


class Route(NamedTuple):
    """One route: `GET /orders/:id` runs `show` of the controller `orders`, `admin/orders` in a namespace."""

    verb: str
    path: str
    controller: str
    action: str
    line: int


class _Block(NamedTuple):
    """What the lines of a block stand in."""

    path: str = ""
    module: str = ""  # namespaces before a controller's name, each with `/` behind it
    controller: str = ""
    member: str = ""  # what a block of `member do` adds to the path


def routes(text: str) -> Iterator[Route]:
    """The routes of a routes file, in the order of its lines."""
    blocks = [_Block()]
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.split(" #", 1)[0].strip()
        if line == "end":
            if len(blocks) > 1:
                blocks.pop()
            continue
        yield from _declared(line, blocks[-1], number)
        if _OPENS.search(line):
            blocks.append(_inside(line, blocks[-1]))


def _declared(line: str, block: _Block, number: int) -> Iterator[Route]:
    if match := _VERB.match(line):
        verb, written, symbol, rest = match.groups()
        name = written if written is not None else symbol
        named = _ACTION.search(rest)
        path = f"{block.path}{block.member}/{name.strip('/')}".rstrip("/") or "/"
        if named:
            yield Route(verb.upper(), path, block.module + named.group(1), named.group(2), number)
            return
        own = _TO_ACTION.search(rest)
        action = next((each for each in own.groups() if each), "") if own else name.strip("/")
        if block.controller and action.isidentifier():
            yield Route(verb.upper(), path, block.module + block.controller, action, number)
        elif name.count("/") == 1 and not block.controller:  # `get "orders/show"`
            controller, _, action = name.partition("/")
            yield Route(verb.upper(), path, block.module + controller, action, number)
    elif (match := _ROOT.match(line)) and (named := _ACTION.search(match.group(1))):
        yield Route("GET", block.path or "/", block.module + named.group(1), named.group(2), number)
    elif match := _RESOURCES.match(line):
        for name in [match.group(2), *re.findall(r":(\w+)", match.group(3))]:
            yield from _resource(match.group(1), name, match.group(4), block, number)


def _resource(kind: str, name: str, rest: str, block: _Block, number: int) -> Iterator[Route]:
    options = dict(_NAMED.findall(rest))
    path = f"{block.path}/{options.get('path', name)}"
    module = block.module + (f"{options['module']}/" if "module" in options else "")
    # A single resource is answered by a controller in the plural.
    controller = options.get("controller", name if kind == "resources" else f"{name}s")
    chosen = {key: (many or words or one) for key, many, words, one in _OPTION.findall(rest)}
    for action, verb, below in _MANY if kind == "resources" else _ONE:
        words = {key: re.findall(r"\w+", value) for key, value in chosen.items()}
        if ("only" in words and action not in words["only"]) or action in words.get("except", ()):
            continue
        yield Route(verb, path + below, module + controller, action, number)


def _inside(line: str, block: _Block) -> _Block:
    """What the block that a line opens stands in."""
    options = dict(_NAMED.findall(line))
    if match := _RESOURCES.match(line):
        kind, name = str(match.group(1)), str(match.group(2))
        path = f"{block.path}/{options.get('path', name)}"
        module = block.module + (f"{options['module']}/" if "module" in options else "")
        controller = options.get("controller", name if kind == "resources" else f"{name}s")
        singular = f"/:{name.removesuffix('s')}_id" if kind == "resources" else ""
        return _Block(path + singular, module, controller)
    if match := _SPACE.match(line):
        kind = str(match.group(1))
        name = str(match.group(2) or match.group(3) or "").strip("/")
        if kind == "controller":
            return block._replace(controller=name)
        path = f"{block.path}/{options.get('path', name)}".rstrip("/")
        if kind == "namespace":
            return _Block(path, f"{block.module}{options.get('module', name)}/")
        module = f"{block.module}{options['module']}/" if "module" in options else block.module
        return _Block(path, module, options.get("controller", block.controller))
    if re.match(r"(member|collection)\b", line):  # of a resource: with its id, or without
        whole = block.path.rpartition("/:")[0]
        return block._replace(path=whole, member="/:id" if line.startswith("member") else "")
    return block
