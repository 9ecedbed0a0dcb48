"""Tells apart variables of one name that live in different blocks of one definition.

A definition is the smallest scope that resolution knows. Inside of it a closure's parameter, or a variable of a loop's
body, may bear the name of another variable, and be of another type. Where that happens, and only there, the inner
variable and all its uses get a number behind the name, `r@2`, so that each keeps its own type. `unnumbered` takes the
number away again wherever a name is shown.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence

from doctown.model import Binding, Reference

_NUMBERED = re.compile(r"@\d+")
_HEAD = re.compile(r"[^\W\d][\w$]*")
ASSIGNED = "assigned"  # the kind of a binding that declares nothing: it belongs where its name was declared

Block = tuple[int, int, int]  # first byte, end, and where the statement starts whose variables it is for: else itself
Placed = tuple[int, Binding]  # first byte, binding
Used = tuple[int, Reference]


def unnumbered(name: str) -> str:
    """A name or expression as it was written."""
    return _NUMBERED.sub("", name) if "@" in name else name


class _Containers:
    """The blocks and definitions of a file as a tree; `at` finds the innermost one around a byte."""

    def __init__(self, blocks: Iterable[Block], definitions: Iterable[tuple[int, int, int]]) -> None:
        blocks = set(blocks)
        own = [(start, -end, index) for start, end, index in definitions]
        covered = {(start, end) for start, end, _ in own}
        inner = [(start, -end, -1) for start, end, _ in blocks if (start, -end) not in covered and start < end]
        spans = sorted(inner + own)
        self._statements = sorted((before, start) for start, end, before in blocks if before < start < end)
        self.parents: list[int] = [-1]
        self.owners: list[int] = [0]  # container → the definition that it is, or lies in
        self.is_block: list[bool] = [False]
        self._starts: list[int] = [0]
        self._inner: list[int] = [0]
        stack: list[tuple[int, int]] = []  # (end, container)
        for start, negative_end, index in spans:
            while stack and stack[-1][0] <= start:
                self._mark(stack.pop()[0], stack[-1][1] if stack else 0)
            parent = stack[-1][1] if stack else 0
            body = bool(stack) and not self.is_block[parent] and stack[-1][0] == -negative_end  # the definition's own
            self.parents.append(parent)
            self.owners.append(self.owners[parent] if index < 0 else index)
            self.is_block.append(index < 0 and not body)
            stack.append((-negative_end, len(self.parents) - 1))
            self._mark(start, stack[-1][1])
        while stack:
            self._mark(stack.pop()[0], stack[-1][1] if stack else 0)

    def _mark(self, byte: int, container: int) -> None:
        if self._starts[-1] == byte:
            self._inner[-1] = container
        else:
            self._starts.append(byte)
            self._inner.append(container)

    def at(self, byte: int) -> int:
        return self._inner[bisect_right(self._starts, byte) - 1]

    def home(self, byte: int, scope: int) -> int:
        """The block that a variable bound at a byte belongs to; where that is none of the definition `scope`, a
        negative number that stands for the definition itself."""
        container = self.at(byte)
        at = bisect_right(self._statements, (byte, byte)) - 1
        if at >= 0:
            before, start = self._statements[at]
            if byte < start and self.at(before) == container:
                container = self.at(start)
        return container if self.is_block[container] and self.owners[container] == scope else -1 - scope


def number(
    blocks: Sequence[Block],
    definitions: Iterable[tuple[int, int, int]],
    names: Collection[str],
    references: Sequence[Used],
    bindings: Sequence[Placed],
) -> tuple[list[Reference], list[Binding]]:
    """References and bindings with numbers where names need them: where a definition binds a name in several blocks,
    or in a block alone and the file gives it a meaning outside (`names`: what it defines and imports).

    `definitions`: (start, end, symbol index) of each.
    """
    if not blocks:
        return [each for _, each in references], [_declared(each) for _, each in bindings]
    homes: dict[tuple[int, str], set[int]] = {}
    tree = _Containers(blocks, definitions)
    for byte, binding in bindings:
        if binding.kind != ASSIGNED and binding.target.isidentifier() and binding.target != "return":
            homes.setdefault((binding.scope, binding.target), set()).add(tree.home(byte, binding.scope))
    several = {
        key: found for key, found in homes.items() if len(found) > 1 or (key[1] in names and next(iter(found)) > 0)
    }
    if not several:
        return [each for _, each in references], [_declared(each) for _, each in bindings]
    bound = {
        (home, name): f"{name}@{home}" if home > 0 else name for (_, name), found in several.items() for home in found
    }
    shadowed = {name for _, name in several}
    rename = _renamer(tree, bound, shadowed)
    return (
        [_reference(each, byte, rename) for byte, each in references],
        [_declared(_binding(each, byte, tree, bound, rename)) for byte, each in bindings],
    )


def _declared(binding: Binding) -> Binding:
    return binding._replace(kind="value") if binding.kind == ASSIGNED else binding


Rename = Callable[[str, int, int], str]


def _renamer(tree: _Containers, bound: dict[tuple[int, str], str], shadowed: set[str]) -> Rename:
    """A function from (expression, the container it stands in) to the expression with its head numbered."""

    def rename(expression: str, container: int, skip: int) -> str:
        match = _HEAD.match(expression)
        if match is None or match.group() not in shadowed:
            return expression
        name = match.group()
        while container >= 0:
            known = bound.get((container if tree.is_block[container] else -1 - tree.owners[container], name))
            if known is not None and container != skip:
                return known + expression[match.end() :]
            container = tree.parents[container]
        return expression

    def at(expression: str, byte: int, skip: int) -> str:
        return rename(expression, tree.at(byte), skip)

    return at


def _reference(reference: Reference, byte: int, rename: Rename) -> Reference:
    if reference.arguments:
        reference = reference._replace(arguments=tuple(rename(each, byte, -1) for each in reference.arguments))
    if reference.receiver:
        shown = rename(reference.receiver, byte, -1)
        return reference if shown is reference.receiver else reference._replace(receiver=shown)
    shown = rename(reference.name, byte, -1)
    return reference if shown is reference.name else reference._replace(name=shown)


def _binding(
    binding: Binding, byte: int, tree: _Containers, bound: dict[tuple[int, str], str], rename: Rename
) -> Binding:
    target, value = binding.target, binding.value
    own = -1
    if binding.kind == ASSIGNED:
        target = rename(target, byte, -1)
    elif target.isidentifier() and target != "return":
        home = tree.home(byte, binding.scope)
        target = bound.get((home, target), target)
        own = home if home > 0 else -1  # `x := x.inner()` speaks of the outer `x`
    if binding.kind in ("value", ASSIGNED, "iteration", "context"):
        value = rename(value, byte, own)
    return binding._replace(target=target, value=value)
