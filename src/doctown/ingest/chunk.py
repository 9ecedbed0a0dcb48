"""Cuts a parsed file into chunks: the units that are embedded and searched by meaning.

The chunks of a file cover every byte of it exactly once, in order. A function, method or class gets chunks of its
own when it is large enough to stand alone; what lies between belongs to the enclosing symbol. A symbol above the
token limit is split at the boundaries of its statements, never in the midst of one while there is another way.
Counting tokens is the caller's business: the limit belongs to the embedding model, not to parsing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from doctown.model import Chunk, Symbol

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

CountTokens = Callable[[str], int]

LIMIT = 254  # tokens: the model's 256 less its two special ones
ALONE = 40  # tokens from which a definition has a chunk of its own; a vector says little of less
LONG = 12  # bytes a token; text that has more than this times the limit is not counted as a whole first
MAX_LEVELS = 40  # of syntax below a symbol that are looked at for boundaries
_OWNERS = frozenset(
    {"class", "interface", "trait", "struct", "enum", "union", "function", "method", "constructor", "property", "macro",
     "namespace"}
)  # fmt: skip


def chunk_code(
    path: str, data: bytes, symbols: Sequence[Symbol], tree: Tree, count: CountTokens, limit: int = LIMIT
) -> tuple[Chunk, ...]:
    """Chunks of a parsed file. `symbols[0]` is its module; `count` gives the tokens of a text."""
    if not data:
        return ()
    chunks: list[Chunk] = []
    for start, end, owner, counted in _join_small(data, _pieces(data, symbols), count):
        key = symbols[owner].key
        tokens = counted
        if counted < 0 and end - start <= limit * LONG:
            tokens = count(data[start:end].decode("utf-8", "replace"))
        if 0 <= tokens <= limit:
            chunks.append(Chunk(path=path, symbol=key, start_byte=start, end_byte=end, tokens=tokens))
            continue
        for left, right, size in _split(data, start, end, tree.root_node, count, limit):
            chunks.append(Chunk(path=path, symbol=key, start_byte=left, end_byte=right, tokens=size))
    return tuple(chunks)


def chunk_text(path: str, data: bytes, count: CountTokens, limit: int = LIMIT) -> tuple[Chunk, ...]:
    """Chunks of a text file: whole paragraphs up to the limit, then lines, then words."""
    if not data:
        return ()
    runs = _greedy(data, 0, len(data), _paragraphs(data), count, limit)
    return tuple(Chunk(path=path, symbol="", start_byte=s, end_byte=e, tokens=t) for s, e, t in runs)


def _pieces(data: bytes, symbols: Sequence[Symbol]) -> list[tuple[int, int, int]]:
    """(start, end, index of the innermost owning symbol) without gap or overlap, in order."""
    bounds: list[tuple[int, int]] = [(0, 0)]  # (byte from which on, owner)
    stack: list[tuple[int, int]] = [(len(data), 0)]

    def mark(byte: int, owner: int) -> None:
        if bounds[-1][0] == byte:
            bounds[-1] = (byte, owner)
        elif bounds[-1][1] != owner:
            bounds.append((byte, owner))

    for index, symbol in enumerate(symbols):
        if index == 0 or symbol.kind not in _OWNERS or symbol.end_byte - symbol.start_byte < ALONE:
            continue
        while stack[-1][0] <= symbol.start_byte and len(stack) > 1:
            closed = stack.pop()[0]
            mark(closed, stack[-1][1])
        mark(symbol.start_byte, index)
        stack.append((min(symbol.end_byte, stack[-1][0]), index))
    while len(stack) > 1:
        closed = stack.pop()[0]
        if closed < len(data):
            mark(closed, stack[-1][1])
    ends = [start for start, _ in bounds[1:]] + [len(data)]
    return [(start, end, owner) for (start, owner), end in zip(bounds, ends, strict=True) if start < end]


def _join_small(data: bytes, pieces: list[tuple[int, int, int]], count: CountTokens) -> list[tuple[int, int, int, int]]:
    """Joins what is too small to stand alone: a gap to the definition after it (its comments lie there), a small
    definition to the text around it. Gives (start, end, owner, tokens), tokens -1 where they were not counted."""
    joined: list[tuple[int, int, int, int]] = []
    pending = -1  # start of small text that waits for the piece after it
    pending_owner = 0
    for start, end, owner in pieces:
        tokens = count(data[start:end].decode("utf-8", "replace")) if end - start < ALONE * LONG else -1
        if 0 <= tokens < ALONE:
            if pending < 0:
                pending, pending_owner = start, owner
            else:
                pending_owner = min(pending_owner, owner)  # the outer one: symbols are in order of their start
            if end - pending < ALONE * 24:
                continue
            joined.append((pending, end, pending_owner, -1))
            pending = -1
            continue
        joined.append((start, end, owner, tokens) if pending < 0 else (pending, end, owner, -1))
        pending = -1
    if pending >= 0:
        if joined:
            start, _, owner, _ = joined.pop()
            joined.append((start, pieces[-1][1], owner, -1))
        else:
            joined.append((pending, pieces[-1][1], pending_owner, -1))
    return joined


def _split(data: bytes, start: int, end: int, root: Node, count: CountTokens, limit: int) -> list[tuple[int, int, int]]:
    """Splits a byte range at the starts of the outermost syntax nodes that make parts within the limit."""
    return _greedy(data, start, end, _boundaries(data, start, end, root), count, limit)


def _boundaries(data: bytes, start: int, end: int, root: Node) -> list[list[int]]:
    """Where the range may be cut: first by statements from the outside in (one list per depth), then by lines.

    A boundary is the start of the line on which a node begins, so that indentation goes with its statement.
    """
    levels: list[list[int]] = []
    all_lines = _line_starts(data, start, end)
    lines = set(all_lines)
    around = root.descendant_for_byte_range(start, max(start, end - 1)) or root
    level: list[Node] = [around]
    known: set[int] = set()
    for _ in range(MAX_LEVELS):
        # Descend to the children that touch the range; those that begin a line inside it are boundaries.
        below: list[Node] = []
        fresh = False
        for node in level:
            for child in node.children:
                child_start, child_end = child.start_byte, child.end_byte
                if child_end <= start or child_start >= end:
                    continue
                if child_end - child_start > 200:
                    below.append(child)
                line_start = data.rfind(b"\n", 0, child_start) + 1
                if line_start in lines and line_start not in known and not data[line_start:child_start].strip():
                    known.add(line_start)
                    fresh = True
        if fresh:
            levels.append(sorted(known))
        if not below:
            break
        level = below
    levels.append(all_lines)
    return levels


def _line_starts(data: bytes, start: int, end: int) -> list[int]:
    starts = []
    at = data.find(b"\n", start, end) + 1
    while 0 < at < end:
        starts.append(at)
        at = data.find(b"\n", at, end) + 1
    return starts


def _paragraphs(data: bytes) -> list[list[int]]:
    lines = _line_starts(data, 0, len(data))
    paragraphs = [at for at in lines if data[max(0, at - 2) : at] == b"\n\n"]
    headings = [at for at in lines if data[at : at + 1] == b"#"]
    return [headings, sorted({*paragraphs, *headings}), lines]


def _greedy(
    data: bytes, start: int, end: int, levels: Sequence[Sequence[int]], count: CountTokens, limit: int
) -> list[tuple[int, int, int]]:
    """Runs of [start, end) of at most `limit` tokens each, cut at the outermost level of boundaries that works.

    A worklist instead of recursion: depth is bounded by the number of levels, not by the input.
    """
    done: list[tuple[int, int, int]] = []
    # (start, end, level of boundaries to try next, tokens; more than the limit where they were not counted yet).
    # Counts of parts that end where lines do add up.
    work: list[tuple[int, int, int, int]] = [(start, end, 0, limit + 1)]
    while work:
        left, right, depth, tokens = work.pop()
        if tokens <= limit:
            done.append((left, right, tokens))
            continue
        if depth >= len(levels):
            done.extend(_cut_anywhere(data, left, right, count, limit))
            continue
        cuts = levels[depth]
        inside = cuts[bisect_right(cuts, left) : bisect_right(cuts, right - 1)]
        edges = [left, *inside, right]
        run_start = left
        run_tokens = 0
        parts: list[tuple[int, int, int, int]] = []
        for a, b in pairwise(edges):
            size = count(data[a:b].decode("utf-8", "replace"))
            if run_tokens and run_tokens + size > limit:
                parts.append((run_start, a, depth + 1, run_tokens))
                run_start, run_tokens = a, 0
            run_tokens += size
        parts.append((run_start, right, depth + 1, run_tokens))
        work.extend(reversed(parts))
    return done


def _cut_anywhere(data: bytes, start: int, end: int, count: CountTokens, limit: int) -> list[tuple[int, int, int]]:
    """The last resort for one overlong line: halves at spaces, else between characters."""
    done: list[tuple[int, int, int]] = []
    work = [(start, end)]
    while work:
        left, right = work.pop()
        tokens = count(data[left:right].decode("utf-8", "replace"))
        if tokens <= limit or right - left <= 1:
            done.append((left, right, tokens))
            continue
        middle = (left + right) // 2
        space = data.rfind(b" ", left + 1, middle)
        cut = space + 1 if space > left + (right - left) // 4 else middle
        while cut < right and data[cut] & 0xC0 == 0x80:  # never inside a UTF-8 sequence
            cut += 1
        if cut >= right:  # one character is left, whatever it counts
            done.append((left, right, tokens))
            continue
        work.append((cut, right))
        work.append((left, cut))
    return done
