"""A fingerprint of everything in a file that the edges of *other* files can depend on, and of nothing else.

Files that did not change need resolving again only when some changed file's fingerprint did. Local variables count
exactly where an answer to another file can pass through them: where what a function returns, or what is set on an
object, mentions them. Line numbers, documentation and what a function calls never count; what a macro's
text calls does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from doctown.assemble.resolve.index import headed_by, parents_of
from doctown.assemble.resolve.infer import steps
from doctown.languages.base import CLASS_KINDS, UNNAMED
from doctown.model import Binding, FileFacts

_HOLDERS = CLASS_KINDS | {"module", "namespace"}


def interface_digest(facts: FileFacts) -> str:
    """SHA-256 (hex) of the file's names, kinds, nesting, visibility, signatures, supertypes, imports, exports and
    package, and of the bindings that can be seen from outside. Equal digests: other files' edges lead to the same
    symbols, by key."""
    parents = parents_of(facts)
    told = [
        facts.path,
        facts.language,
        facts.package,
        # Signatures tell overloads apart, and a partial class from another.
        [
            (s.key, s.name, s.kind, parent, s.visibility, s.signature)
            for s, parent in zip(facts.symbols, parents, strict=True)
        ],
        facts.bases,  # their order decides which member hides which
        [(each.module, each.name, each.alias, each.source, each.detail) for each in facts.imports],
        sorted(facts.exports),
        # What a macro's text calls, whoever uses it calls.
        [(each.source, each.receiver, each.name) for each in facts.references if each.detail == "expanded"],
        sorted((b.scope, b.target, b.value, b.kind) for b in _visible(facts, parents)),
        sorted(_given(facts)),
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _given(facts: FileFacts) -> set[tuple[int, str]]:
    """What decides whether a method of Rust's is one of foreign types, or of all: (method, what it says of the type)
    each. One that calls the type's own method of its name gives it none; a parameter's bound makes it one of all."""
    if facts.language != "rust":
        return set()
    symbols = facts.symbols
    own = {(use.source, f"{use.receiver}()") for use in facts.references if use.name == symbols[use.source].name}
    bound = {(b.scope, b.target) for b in facts.bindings if b.kind == "parameter" and b.target[:1].isupper()}
    return {each for each in own | bound if symbols[each[0]].kind == "method"}


def _visible(facts: FileFacts, parents: list[int]) -> set[Binding]:
    """The bindings that what is seen from outside is made of, without their lines."""
    headed = headed_by(facts, parents)
    local: dict[str, list[Binding]] = {}
    seen: set[Binding] = set()
    todo: list[Binding] = []
    for each in facts.bindings:
        scope = headed(each.scope, each.line) if each.kind == "return" else each.scope
        bare = each._replace(scope=scope, line=0)
        if each.target in ("return", UNNAMED) or "." in each.target or facts.symbols[each.scope].kind in _HOLDERS:
            todo.append(bare)
        else:
            local.setdefault(each.target, []).append(bare)
    while todo:
        each = todo.pop()
        if each in seen:
            continue
        seen.add(each)
        for name in _mentioned(each):
            # A scope may see what an enclosing one binds: all variables of that name count, to be safe.
            todo.extend(local.pop(name, ()))
    return seen


def _mentioned(binding: Binding) -> Iterable[str]:
    """The name that a value starts from; a declared type is looked up among definitions, not variables."""
    found = steps(binding.value)
    return found[:1] if binding.kind not in ("annotation", "parameter", "return") else ()
