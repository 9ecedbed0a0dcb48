"""Every noun of Doctown, each defined once: frozen, slotted, keyword-only, of plain values.

Stages take these and return these. The docpack stores them, adapters render them; neither defines its own.
Lines count from 1 and end lines are inclusive; bytes count from 0 and end bytes are exclusive. Paths are
POSIX-style and relative to the repository's root. A symbol is named by its `key`, `path#qualified.name`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from dataclasses import dataclass, field
else:
    from doctown.frozen import dataclass, field

# --- where it came from -----------------------------------------------------------------------------------------

SourceKind = Literal["folder", "git", "archive", "package"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the repository came from, safe to show: credentials are stripped before one is made."""

    kind: SourceKind
    location: str  # a URL without credentials, `pypi:flask==3.1.0`, an archive's file name, or a folder's own name
    name: str  # what a person would call it: `flask`
    version: str = ""  # a package's version, or the Git ref that was asked for
    commit: str = ""  # full Git commit id, where there is one
    digest: str = ""  # sha256 of the archive, where there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing met in a source before anything of it is read."""

    path: str
    size: int  # bytes
    kind: Literal["file", "symlink", "submodule", "special"] = "file"


# --- files ------------------------------------------------------------------------------------------------------

FileStatus = Literal["parsed", "partial", "text", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that was met. `parsed`: symbols came out; `partial`: parsed around syntax errors or cut by a cap;
    `text`: kept as text, no symbols; `skipped`: not read further, `reason` says why."""

    path: str
    language: str  # `python`, `markdown`, …; empty when not recognised
    size: int  # bytes
    lines: int
    sha256: str  # hex, of the content as packed (after redaction); empty when never read
    status: FileStatus
    reason: str = ""  # why partial or skipped
    redactions: int = 0  # how many secrets were masked in it


# --- what the code says -----------------------------------------------------------------------------------------

SymbolKind = Literal[
    "module", "namespace", "class", "interface", "trait", "struct", "enum", "enum_member", "union", "function",
    "method", "constructor", "property", "field", "variable", "constant", "type_alias", "macro",
]  # fmt: skip
Visibility = Literal["public", "protected", "internal", "private"]

MODULE = "<module>"  # qualified name of the symbol that stands for a file's top level, as Python's own code objects say


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A definition. Each parsed file has one of kind `module` for its top level; the others hang below it."""

    key: str  # `path#qualified.name`, `~2` appended for the second of that name in the file, and so on
    name: str
    qualified_name: str  # within its file: `Flask.route`, `outer.inner`
    kind: SymbolKind
    language: str
    path: str
    parent: str  # key of the enclosing symbol; empty for a module
    start_byte: int
    end_byte: int
    start_line: int
    end_line: int
    signature: str  # as the language's own documentation tool shows it, one line
    docstring: str  # cleaned of comment markers and common indentation; empty if none
    visibility: Visibility


class Reference(NamedTuple):
    """A use of a name. A tuple, not a dataclass: a large repository has millions, and they cross processes."""

    kind: str  # calls | inherits | references
    name: str  # the identifier used: `get` in `self.client.get(url)`
    receiver: str  # what stands before it in canonical form (`self.client`, `Foo()`, `os.path`); empty if bare
    line: int
    source: int  # index into `FileFacts.symbols` of the innermost enclosing definition
    detail: str = ""  # how it is used, where that helps: `decorator`, `argument`, `annotation`, `new`, `super`
    arguments: tuple[str, ...] | None = None  # of a call, canonical, where overloads are told apart; None: not noted


class Import(NamedTuple):
    """A name brought into a scope from elsewhere."""

    module: str  # as written: `flask.app`, `./util`, `net/http`, `crate::graph`, `stdio.h`; relative dots kept (`..x`)
    name: str  # the name taken from it; `*` for all of it; empty when the module itself is bound
    alias: str  # the local name it is bound to; empty when nothing is bound (C's include, a side-effect import)
    line: int
    source: int  # index of the enclosing definition
    detail: str = ""  # `reexport`, `type`, `default`, `system` (angle-bracket include), `static`


class Binding(NamedTuple):
    """What is known of a variable's type from one place in the text."""

    scope: int  # index of the definition in which it is bound
    target: str  # `x`, `self.x`, `Foo.x`; `return` for what a function returns; a parameter's name
    value: str  # canonical expression (`Foo()`, `make().client`, `other`) or type name (`Foo`), see `kind`
    kind: str  # value | annotation | parameter | iteration | context | return
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """All that one parsed file says, before anything is resolved. Index 0 of `symbols` is the module."""

    path: str
    language: str
    package: str  # declared package or namespace (Go, Java, Kotlin, C#, PHP, Scala); empty elsewhere
    symbols: tuple[Symbol, ...]
    references: tuple[Reference, ...]
    imports: tuple[Import, ...]
    bindings: tuple[Binding, ...]
    bases: tuple[tuple[int, str], ...]  # (symbol index, supertype as written), in order of declaration
    exports: tuple[tuple[str, str], ...] = ()  # (exported name, local name), where the language lists them
    problems: tuple[str, ...] = ()  # what could not be parsed or was cut, in words
    alternatives: tuple[
        tuple[int, int], ...
    ] = ()  # first and last lines of code of which a build takes one among others


# --- what builds and runs it ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A unit of how a project is built, run, tested, configured or deployed."""

    key: str  # `path#kind:name`: `.github/workflows/ci.yml#ci_job:test`
    path: str
    kind: str  # ci_workflow | ci_job | docker_stage | make_target | package | package_script | entry_point | …
    name: str
    summary: str  # one sentence from what is there
    detail: str  # Markdown: steps, commands, dependencies, ports, variables
    start_line: int
    end_line: int
    target: str = ""  # what an entry point points to, as written: `flask.cli:main`


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleName:
    """What a manifest says that imports may call a file or folder: `@shop/prices` is `packages/prices/src/index.ts`."""

    family: str  # whose imports: javascript (and TypeScript) | go | rust
    name: str  # as imported; `*` in it stands for anything, and in `target` for the same
    target: str  # below `folder`, as written; empty where only the folder is said
    folder: str  # of the manifest; empty for the repository's root
    local: bool  # whether only files below `folder` may say it


# --- chunks and vectors -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A byte range of a file. The chunks of a file follow each other without gap or overlap."""

    path: str
    symbol: str  # key of the symbol it belongs to; empty for a text file
    start_byte: int
    end_byte: int
    tokens: int  # of the embedding model's tokenizer, without special tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A quantised embedding: component i is `data[i] * scale`, `data` being signed bytes."""

    model: str
    dimensions: int
    scale: float
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that came of reading one file: what a worker process hands back, and what the draft stores."""

    file: File
    content: bytes | None  # as packed: secrets masked; None for a skipped file
    symbols: tuple[Symbol, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    facts: bytes = b""  # a `FileFacts`, encoded; empty for a file without symbols
    rules: tuple[str, ...] = ()  # which rule masked each secret, one entry a secret


# --- the graph --------------------------------------------------------------------------------------------------

EdgeKind = Literal["calls", "imports", "inherits", "references", "similar"]
Tier = Literal["resolved", "candidate"]


class Edge(NamedTuple):
    """Source uses target. Symbols by their index in the sequence given to the stage."""

    source: int
    target: int
    kind: str  # EdgeKind
    tier: str  # resolved: we vouch for it; candidate: a guess, `reason` says of which sort
    reason: str  # how it was found: `import`, `same scope`, `self method`, `ambiguous: 3 definitions`
    line: int  # of the first use in the source


class Unresolved(NamedTuple):
    """A use that we saw and claim nothing of."""

    source: int
    name: str  # `requests.get`, `len`
    kind: str  # EdgeKind
    line: int
    reason: str  # external | builtin | dynamic | ambiguous | unknown | parse error, with what is known after a colon


EntryKind = Literal["main", "script", "route", "command", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """Where something outside begins to run the code: a program's start, a request, a command, a test."""

    kind: EntryKind
    name: str  # as whoever uses it knows it: `GET /users/<id>`, `flask run`, `test_login`
    symbol: int  # what runs then, by its index in the sequence given to the stage
    path: str  # where it is declared
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A part of the repository that a person would name. Hierarchical: `parent` is another cluster's key."""

    key: str  # stable: derived from the folder and, below it, from the member that stands for it
    parent: str
    label: str
    paths: tuple[str, ...]  # the files in it; a file is in exactly one leaf cluster
    size: int  # symbols in it, those of its children included


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """Which file uses which other file, from the resolved edges between their symbols. Weights are sums over edges."""

    uses: Mapping[str, Mapping[str, int]]  # path → path → weight
    used_by: Mapping[str, Mapping[str, int]]
    names: Mapping[tuple[str, str], Mapping[int, int]]  # (path, path it uses) → symbols used → weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """How many symbols there are of which sort."""

    kinds: Mapping[str, int]  # kind → symbols
    tests: Mapping[str, int]  # path → functions and methods in it that are named `test…`


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Everything computed about a repository, in memory: what documentation is written from.

    Symbols are named by their id in the docpack. Edge lists are sorted by (kind, other end's key) and hold no
    `similar` edges, so that nothing written from them hangs on floating-point arithmetic.
    """

    origin: Origin
    files: Mapping[str, File]  # by path, sorted
    symbols: Mapping[int, Symbol]
    children: Mapping[int, Sequence[int]]  # symbol → symbols directly inside it, in order of their start
    modules: Mapping[str, int]  # path → the file's module symbol
    outgoing: Mapping[int, Sequence[Edge]]
    incoming: Mapping[int, Sequence[Edge]]
    clusters: Mapping[str, Cluster]  # by key, parents before children
    cluster_of: Mapping[str, str]  # path → key of its leaf cluster
    centrality: Mapping[int, int]  # PageRank in parts per billion
    artifacts: Sequence[Artifact]
    read: Callable[[str], str]  # text of a file by path; empty if it was not kept
    relations: Relations | None = None  # between files, where they were worked out; else they follow from the edges
    census: Census | None = None  # where symbols were counted; else it follows from them
    kind_of: Callable[[int], str] | None = None  # where a symbol's kind can be told without the symbol being made
    entry_points: Sequence[EntryPoint] = ()  # by path and line; without tests, which are many


# --- documentation ----------------------------------------------------------------------------------------------

SubjectKind = Literal["symbol", "file", "cluster", "repository", "artifact"]
PageOrigin = Literal["docstring", "extractive", "model"]
Verdict = Literal["supported", "unsupported", "unchecked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence of a page with the lines that show it."""

    text: str
    path: str
    start_line: int
    end_line: int
    digest: str  # sha256 (hex) of those lines' bytes
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Documentation of one subject."""

    subject_kind: SubjectKind
    subject: str  # key of the symbol, path of the file, key of the cluster or artifact; empty for the repository
    title: str
    summary: str  # one or two sentences, plain text
    body: str  # Markdown, starting below the title and the summary
    origin: PageOrigin
    model: str = ""
    status: Literal["complete", "unwritten", "unsupported"] = "complete"
    reason: str = ""
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What writing with a model will take, before anything is asked."""

    model: str
    calls: int
    kept: int  # answers that are there already and cost nothing
    tokens_in: int
    tokens_out: int
    usd: float
    seconds: float  # with the calls that go at the same time
    calls_by_level: Mapping[str, int]  # symbols | file | artifact | cluster | repository
    symbols: int  # that are sent
    not_sent: Mapping[str, int]  # reason → symbols


# --- what happened ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One step of a stage, for progress bars and events. Steps of `embed` come between those of `ingest`, without a
    total until everything was read."""

    stage: str  # ingest | embed | assemble | generate | pack
    done: int
    total: int  # 0 while unknown
    note: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)  # what a stage found, for listeners that want to know


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The honest end of a build."""

    pack: str
    docpack_id: str
    seconds: float
    statistics: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)  # reason → files
    warnings: tuple[str, ...] = ()
    partial: bool = False
    begun: str = ""  # from what the draft began: anew, resumed, from a pack, or after discarding another
    costs: Mapping[str, object] = field(default_factory=dict)  # what a model took and did; empty where none was asked
