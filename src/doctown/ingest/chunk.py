"""Cuts a parsed file into chunks: the units that are embedded and searched by meaning.

The chunks of a file cover every byte of it exactly once, in order. A function, method or class gets chunks of its
own when it is large enough to stand alone; what lies between belongs to the enclosing symbol. Of tests, which come in
great numbers and are seldom what is looked for, neighbours share a chunk as far as it goes. A symbol above the
token limit is split at the boundaries of its statements, never in the midst of one while there is another way.
Counting tokens is the caller's business: the limit belongs to the embedding model, not to parsing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from doctown.model import Chunk, Symbol
from doctown.places import is_test

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

CountLines = Callable[[bytes], list[int]]  # UTF-8 text → tokens of each of its lines, which add up

LINE = 32  # tokens kept free for the line above an embedded text; of a thousand such lines one is longer
LIMIT = 254 - LINE  # tokens: the model's 256 less its two special ones and that line
ALONE = 40  # tokens from which a definition has a chunk of its own; a vector says little of less
ALONE_OF_TESTS = 150  # the same of definitions in tests
MAX_LEVELS = 40  # of syntax below a symbol that are looked at for boundaries
_OWNERS = frozenset(
    {"class", "interface", "trait", "struct", "enum", "union", "function", "method", "constructor", "property", "macro",
     "namespace"}
)  # fmt: skip


def chunk_code(
    path: str, data: bytes, symbols: Sequence[Symbol], tree: Tree, count_lines: CountLines, limit: int = LIMIT
) -> tuple[Chunk, ...]:
    """Chunks of a parsed file. `symbols[0]` is its module; `count_lines` gives the tokens of each line of a text."""
    if not data:
        return ()
    sizes = _Sizes(data, count_lines)
    chunks: list[Chunk] = []
    pieces = _join_small(_pieces(data, symbols), sizes)
    if is_test(path):
        pieces = _join_siblings(pieces, symbols, sizes, min(ALONE_OF_TESTS, limit), limit)
    for start, end, owner in pieces:
        key = symbols[owner].key
        tokens = sizes(start, end)
        if tokens <= limit:
            chunks.append(Chunk(path=path, symbol=key, start_byte=start, end_byte=end, tokens=tokens))
            continue
        levels = _boundaries(sizes, start, end, tree.root_node)
        for left, right, size in _greedy(sizes, start, end, levels, limit):
            chunks.append(Chunk(path=path, symbol=key, start_byte=left, end_byte=right, tokens=size))
    return tuple(chunks)


def chunk_text(path: str, data: bytes, count_lines: CountLines, limit: int = LIMIT) -> tuple[Chunk, ...]:
    """Chunks of a text file: whole paragraphs up to the limit, then lines, then words."""
    if not data:
        return ()
    sizes = _Sizes(data, count_lines)
    runs = _greedy(sizes, 0, len(data), _paragraphs(data, sizes.starts), limit)
    return tuple(Chunk(path=path, symbol="", start_byte=s, end_byte=e, tokens=t) for s, e, t in runs)


class _Sizes:
    """Tokens of any byte range of a file: from sums over its lines where the range starts and ends with lines, give
    or take white space; counted anew where it cuts one."""

    def __init__(self, data: bytes, count_lines: CountLines) -> None:
        self.data = data
        self._count = count_lines
        self.starts = list(accumulate((len(line) + 1 for line in data.split(b"\n")), initial=0))
        end = self.starts.pop()  # what follows the last line is no line
        self._sums = [0, *accumulate(count_lines(data))]
        # Byte → tokens before it, for every start of a line and what else was asked; None where a line is cut.
        self.before: dict[int, int | None] = dict(zip(self.starts, self._sums, strict=False))
        self.before[end - 1] = self._sums[-1]

    def __call__(self, start: int, end: int) -> int:
        before = self.before
        first = before[start] if start in before else self._learn(start)
        last = before[end] if end in before else self._learn(end)
        if first is None or last is None:
            return sum(self._count(self.data[start:end]))
        return last - first

    def _learn(self, byte: int) -> int | None:
        """How many tokens lie before `byte`; None if it cuts a line's text in two."""
        data, starts = self.data, self.starts
        line = bisect_right(starts, byte) - 1
        stop = starts[line + 1] if line + 1 < len(starts) else len(data)
        known: int | None = None
        if not data[starts[line] : byte].strip():
            known = self._sums[line]
        elif byte == stop or not data[byte:stop].strip():
            known = self._sums[line + 1]
        self.before[byte] = known
        return known


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


def _join_small(pieces: list[tuple[int, int, int]], sizes: _Sizes) -> list[tuple[int, int, int]]:
    """Joins what is too small to stand alone: a gap to the definition after it (its comments lie there), a small
    definition to the text around it. Gives (start, end, owner)."""
    joined: list[tuple[int, int, int]] = []
    pending = -1  # start of small text that waits for the piece after it
    pending_owner = 0
    for start, end, owner in pieces:
        if sizes(start, end) < ALONE:
            if pending < 0:
                pending, pending_owner = start, owner
            else:
                pending_owner = min(pending_owner, owner)  # the outer one: symbols are in order of their start
            if sizes(pending, end) < ALONE * 3:
                continue
            joined.append((pending, end, pending_owner))
        else:
            joined.append((start if pending < 0 else pending, end, owner))
        pending = -1
    if pending >= 0:
        if joined:
            start, _, owner = joined.pop()
            joined.append((start, pieces[-1][1], owner))
        else:
            joined.append((pending, pieces[-1][1], pending_owner))
    return joined


def _join_siblings(
    pieces: list[tuple[int, int, int]], symbols: Sequence[Symbol], sizes: _Sizes, alone: int, limit: int
) -> list[tuple[int, int, int]]:
    """Joins pieces of less than `alone` tokens to the ones before them where the same symbol holds both and both fit
    into one chunk. Gives (start, end, owner), the owner being the one around all of them."""
    places = {symbol.key: place for place, symbol in enumerate(symbols)}
    around = [places.get(symbol.parent, 0) for symbol in symbols]
    joined: list[tuple[int, int, int]] = []
    open_ended = False  # whether something may join the last one
    for start, end, owner in pieces:
        small = sizes(start, end) < alone
        if small and open_ended:
            first, _, before = joined[-1]
            common = _common(before, owner, around)
            if common is not None and sizes(first, end) <= limit:
                joined[-1] = (first, end, common)
                continue
        joined.append((start, end, owner))
        open_ended = small
    return joined


def _common(one: int, other: int, around: Sequence[int]) -> int | None:
    """The symbol that holds both, if it is one of them or directly around each."""
    if one in (other, around[other]):
        return one
    if other == around[one]:
        return other
    return around[one] if around[one] == around[other] else None


def _boundaries(sizes: _Sizes, start: int, end: int, root: Node) -> list[list[int]]:
    """Where the range may be cut: first by statements from the outside in (one list per depth), then by lines.

    A boundary is the start of the line on which a node begins, so that indentation goes with its statement.
    """
    levels: list[list[int]] = []
    data = sizes.data
    all_lines = sizes.starts[bisect_right(sizes.starts, start) : bisect_left(sizes.starts, end)]
    lines = set(all_lines)
    around = root.descendant_for_byte_range(start, max(start, end - 1)) or root
    level: list[Node] = [around]
    known: set[int] = set()
    for _ in range(MAX_LEVELS):
        # Descend to the children that touch the range; those that begin a line inside it are boundaries.
        below: list[Node] = []
        fresh = False
        for node in level:
            # A root begins behind the white space that heads its file, so the range may begin on an earlier line.
            line_end = data.find(b"\n", min(start, node.start_byte) if node is around else node.start_byte)
            for child in node.children:
                child_start, child_end = child.start_byte, child.end_byte
                if child_end <= start or child_start >= end:
                    continue
                if child_end - child_start > 200:
                    below.append(child)
                if child_start <= line_end or line_end < 0:
                    continue  # on the line of the node before it, so it does not begin one
                line_start = data.rfind(b"\n", 0, child_start) + 1
                line_end = data.find(b"\n", child_start)
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


def _paragraphs(data: bytes, starts: list[int]) -> list[list[int]]:
    lines = [at for at in starts if 0 < at < len(data)]
    paragraphs = [at for at in lines if data[max(0, at - 2) : at] == b"\n\n"]
    headings = [at for at in lines if data[at : at + 1] == b"#"]
    return [headings, sorted({*paragraphs, *headings}), lines]


def _greedy(
    sizes: _Sizes, start: int, end: int, levels: Sequence[Sequence[int]], limit: int
) -> list[tuple[int, int, int]]:
    """Runs of [start, end) of at most `limit` tokens each, cut at the outermost level of boundaries that works.

    A worklist instead of recursion: depth is bounded by the number of levels, not by the input.
    """
    small = min(ALONE, limit // 4)
    done: list[tuple[int, int, int]] = []
    work: list[tuple[int, int, int]] = [(start, end, 0)]  # the third is the level of boundaries to try next
    while work:
        left, right, depth = work.pop()
        tokens = sizes(left, right)
        if tokens <= limit:
            done.append((left, right, tokens))
            continue
        if depth >= len(levels):
            done.extend(_cut_anywhere(sizes, left, right, limit))
            continue
        cuts = levels[depth]
        inside = cuts[bisect_right(cuts, left) : bisect_right(cuts, right - 1)]
        run_start = left
        parts: list[tuple[int, int, int]] = []
        finest = depth == len(levels) - 1
        for a, b in pairwise([left, *inside, right]):
            if a > run_start and sizes(run_start, b) > limit:
                # A head, such as the line of a `def`, goes with the beginning of what will be cut further.
                if not finest and sizes(run_start, a) < small and sizes(a, b) > limit:
                    continue
                parts.append((run_start, a, depth + 1))
                run_start = a
        parts.append((run_start, right, depth + 1))
        work.extend(reversed(parts))
    return _join_runs(sizes, done, limit, small)


def _join_runs(
    sizes: _Sizes, runs: Sequence[tuple[int, int, int]], limit: int, small: int
) -> list[tuple[int, int, int]]:
    """Joins a run that is too small to say much, such as a last line behind a long block, to its neighbour where both
    fit."""
    joined = list(runs[:1])
    for start, end, tokens in runs[1:]:
        first, _, before = joined[-1]
        together = sizes(first, end) if min(tokens, before) < small else limit + 1
        if together <= limit:
            joined[-1] = (first, end, together)
        else:
            joined.append((start, end, tokens))
    return joined


def _cut_anywhere(sizes: _Sizes, start: int, end: int, limit: int) -> list[tuple[int, int, int]]:
    """The last resort for one overlong line: halves at spaces, else between characters."""
    data = sizes.data
    done: list[tuple[int, int, int]] = []
    work = [(start, end)]
    while work:
        left, right = work.pop()
        tokens = sizes(left, right)
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
