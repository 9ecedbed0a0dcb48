"""What the standard libraries' containers do with what they hold, by the names of their methods and functions.

Languages share one list: a name means the same on lists, maps, streams and optional values wherever it exists.
"""

from __future__ import annotations

from doctown.assemble.resolve.index import BUILTIN

# A generic type outside the repository holds its last argument (iteration, subscripts and values give it); these, the
# first.
FIRST = frozenset({"Generator", "AsyncGenerator", "Result", "ContextManager", "AbstractContextManager"})
_GIVING_NAMES = """
head Find getNow join GetValueOrDefault getValueOrDefault single lastOrNull firstOrNull ElementAt Dequeue Pop
Peek LastOrDefault Last SingleOrDefault Single FirstOrDefault First peekLast peekFirst putIfAbsent
getOrDefault computeIfAbsent take pollLast pollFirst orElseGet previous removeLast removeFirst element getLast
getFirst getValue get pop popleft popitem setdefault __getitem__ first last peek poll remove unwrap expect
orElse orElseThrow borrow borrow_mut lock read write as_ref as_mut clone as_deref unwrap_or_default find at
next front back top begin cbegin rbegin lower_bound upper_bound emplace_back
"""
GIVING = frozenset(_GIVING_NAMES.split())
_KEEPING_NAMES = """
toArray Values entries sortedBy drop take filterNotNull toSet toList Distinct Take Skip Reverse OrderBy
ToArray ToList Where descendingIterator parallelStream skip limit distinct findAny findFirst subList
listIterator iterator entrySet values copy iter iter_mut into_iter stream filter slice concat reverse sort
sorted elements to_vec
"""
KEEPING = frozenset(_KEEPING_NAMES.split())
KEEPING_CALLS = frozenset(
    {BUILTIN + name for name in ("list", "set", "sorted", "reversed", "tuple", "iter", "frozenset")}
)
GIVING_CALLS = frozenset({BUILTIN + name for name in ("next", "max", "min")})
# Of .NET: properties that give what is held, dictionaries, and what of theirs treats them as a sequence of pairs.
GIVING_PROPERTIES = frozenset({"Value", "Current", "Result"})
MAPS = frozenset({
    "Dictionary", "IDictionary", "IReadOnlyDictionary", "SortedDictionary", "ConcurrentDictionary", "SortedList",
    "ImmutableDictionary",
})  # fmt: skip
OF_PAIRS = frozenset({
    "Where", "Select", "SelectMany", "First", "FirstOrDefault", "Last", "LastOrDefault", "Single", "SingleOrDefault",
    "Any", "All", "Count", "OrderBy", "OrderByDescending", "GroupBy", "ToList", "ToArray", "Skip", "Take", "ForEach",
})  # fmt: skip
