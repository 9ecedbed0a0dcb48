"""Where a program begins to run: its entry points.

Found from what files say: functions called `main`, scripts that packages declare, functions that a decorator, an
annotation or a registering call binds to a route or a command, and tests. Literals such as a route's path are no part
of the facts and are read from the source, only in files that have something that looks like a registration. Nothing is
guessed: a route needs a path written in the code, and what it runs must be found by resolution.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property

from doctown.assemble import rails
from doctown.assemble.resolve import Index
from doctown.assemble.resolve.index import CALLABLE_KINDS
from doctown.assemble.resolve.references import RESOLVED, outcome
from doctown.assemble.resolve.scopes import module_member
from doctown.languages.base import CLASS_KINDS
from doctown.model import Artifact, EntryPoint, FileFacts, Reference, Symbol

MAX_STATEMENT = 2_000  # characters of source that are read at a registration

_VERBS = frozenset({"get", "post", "put", "delete", "patch", "options", "head"})
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_STRING = r"(?:\"([^\"\\\n]*)\"|'([^'\\\n]*)'|`([^`\\\n$]*)`)"
_FIRST_STRING = re.compile(rf"\(\s*[rubf]{{0,2}}{_STRING}")
_ANY_STRING = re.compile(_STRING)
_UNNAMED = re.compile(r"\bfunction\b|=>|\bfunc\s*\(|\blambda\b")
_PATH = re.compile(r"(?<![\w.$])[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*")
_METHODS = re.compile(r"methods\s*=\s*[\[({]([^\])}]*)[\])}]")
_CHAINED_METHODS = re.compile(r"\.\s*Methods\(([^)]*)\)")
_NAMED = re.compile(rf"\bname\s*=\s*{_STRING}")
_USE = re.compile(r"\bUse\s*:\s*\"([^\"\n]*)\"")
_RUN = re.compile(r"\bRunE?\s*:\s*([\w.]+)")

# Annotations of Java and C# by name: the verb they stand for; an empty one is told by what stands in them.
_ANNOTATED = {
    "GetMapping": "GET", "PostMapping": "POST", "PutMapping": "PUT", "DeleteMapping": "DELETE", "PatchMapping": "PATCH",
    "RequestMapping": "", "HttpGet": "GET", "HttpPost": "POST", "HttpPut": "PUT", "HttpDelete": "DELETE",
    "HttpPatch": "PATCH", "Get": "GET", "Post": "POST", "Put": "PUT", "Delete": "DELETE", "Patch": "PATCH",
}  # fmt: skip
_PREFIXES = frozenset({"RequestMapping", "Route", "Controller"})  # on a class: what its routes begin with
_TESTED = frozenset(
    {"Test", "ParameterizedTest", "RepeatedTest", "Fact", "Theory", "TestMethod", "TestCase", "test", "bench"}
)
_GO_TESTS = ("Test", "Benchmark", "Fuzz", "Example")
_VERB_OF_JAVA = re.compile(r"RequestMethod\.(\w+)")


def entry_points(
    index: Index, artifacts: Sequence[Artifact], read: Callable[[str], str], paths: Collection[str] | None = None
) -> list[EntryPoint]:
    """Every entry point that the files of an index declare, or those of `paths` alone, sorted by path, line and name.

    `read` gives the text of a file by its path, an empty one if there is none. Symbols are named by their docpack ids.
    """
    found: set[EntryPoint] = set()
    for facts in index.facts:
        if paths is None or facts.path in paths:
            found.update(declared(index, facts, read))
    return completed(index, artifacts, found, paths)


def declared(index: Index, facts: FileFacts, read: Callable[[str], str]) -> set[EntryPoint]:
    """The entry points that one file of the index declares in its code; `read` as for `entry_points`."""
    place = _Place(index, index.position[facts.path], facts, read)
    return {*_mains(place), *_tests(place), *_registered(place)}


def completed(
    index: Index, artifacts: Sequence[Artifact], found: Iterable[EntryPoint], paths: Collection[str] | None
) -> list[EntryPoint]:
    """What the files of `paths` (None: all) declare in their code, with what their packages declare, in order."""
    scripts = _scripts(index, [one for one in artifacts if paths is None or one.path in paths])
    return sorted({*found, *scripts}, key=lambda each: (each.path, each.line, each.kind, each.name, each.symbol))


# --- one file -----------------------------------------------------------------------------------------------------


class _Place:
    """A file with what the rules ask of it: its text by line, the symbol around a line, what a name means."""

    def __init__(self, index: Index, file: int, facts: FileFacts, read: Callable[[str], str]) -> None:
        self.index = index
        self.file = file
        self.facts = facts
        self._read = read

    @cached_property
    def text(self) -> str:
        return self._read(self.facts.path)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def entry(self, kind: str, name: str, symbol: int, line: int) -> EntryPoint:
        """An entry point that runs the symbol with this index of the file."""
        number = self.index.ids[self.file][symbol]
        return EntryPoint(kind=kind, name=name, symbol=number, path=self.facts.path, line=line)  # type: ignore[arg-type]

    def text_from(self, line: int, word: str) -> str:
        """The source from a word of a line on, a few lines of it."""
        if not 0 < line <= len(self.lines):
            return ""
        first = self.lines[line - 1]
        at = first.find(word)
        return "\n".join([first[max(at, 0) :], *self.lines[line : line + 15]])[:MAX_STATEMENT]

    def around(self, line: int) -> int:
        """The innermost function or class whose text has the line, decorators and annotations included."""
        best = 0
        for at, symbol in enumerate(self.facts.symbols[1:], 1):
            if symbol.start_line <= line <= symbol.end_line and symbol.kind in CALLABLE_KINDS | CLASS_KINDS:
                inner = self.facts.symbols[best]
                if best == 0 or symbol.end_line - symbol.start_line <= inner.end_line - inner.start_line:
                    best = at
        return best

    def below(self, line: int) -> int:
        """The first function that starts on the line or soon after: what an attribute before it speaks of."""
        for at, symbol in enumerate(self.facts.symbols):
            if symbol.kind in CALLABLE_KINDS and line <= symbol.start_line <= line + 10:
                return at
        return 0

    def handlers(self, reference: Reference, statement: str) -> list[int]:
        """Ids of the functions or classes that a registering call is given by name; none if it is given a function
        without a name, whose code belongs to what is around it."""
        if _UNNAMED.search(statement):
            return []
        found: dict[int, None] = {}
        for path in _PATH.findall(_ANY_STRING.sub("", statement.partition("(")[2])):
            if path.rpartition(".")[2] == "include":  # Django's: names a file of further routes
                continue
            # Django's `View.as_view()` stands for the class, whose methods answer.
            receiver, _, name = path.removesuffix(".as_view").rpartition(".")
            mention = Reference("references", name, receiver, reference.line, reference.source)
            found.update(dict.fromkeys(self.meant(mention)))
        return list(found)

    def meant(self, reference: Reference) -> Iterator[int]:
        """Ids of the functions or classes that a mention certainly means."""
        for target, tier, _ in outcome(self.index, self.file, reference, {}).targets:
            if tier == RESOLVED and self.index.kinds[target] in CALLABLE_KINDS | CLASS_KINDS:
                yield self.index.id(target)


def _string(match: re.Match[str] | None) -> str | None:
    return next((part for part in match.groups() if part is not None), None) if match else None


def _mains(place: _Place) -> Iterator[EntryPoint]:
    facts = place.facts
    for at, symbol in enumerate(facts.symbols):
        if symbol.name.lower() == "main" and symbol.kind in CALLABLE_KINDS and _is_main(facts, symbol):
            yield place.entry("main", facts.path, at, symbol.start_line)
    # The test's own words are looked for first: most files have none, and their lines need not be cut.
    used = facts.language == "python" and any(each.receiver == "" and each.source == 0 for each in facts.references)
    if used and "__main__" in place.text:
        for number, line in enumerate(place.lines, 1):
            if re.match(r"if\s+__name__\s*==\s*[\"']__main__[\"']", line):
                yield place.entry("main", facts.path, 0, number)


def _is_main(facts: FileFacts, symbol: Symbol) -> bool:
    outermost = symbol.parent == facts.symbols[0].key
    folder, _, last = facts.path.rpartition("/")
    if facts.language == "go":
        return outermost and facts.package == "main"
    if facts.language == "rust":
        program = last in ("main.rs", "build.rs") or folder.rpartition("/")[2] in ("bin", "examples", "benches")
        return outermost and program
    if facts.language in ("c", "cpp", "kotlin", "swift"):
        return outermost
    if facts.language in ("java", "csharp", "scala"):
        return facts.language == "scala" or re.search(r"\bstatic\b", symbol.signature) is not None
    return False


def _tests(place: _Place) -> Iterator[EntryPoint]:
    facts = place.facts
    last = facts.path.rpartition("/")[2]
    for at, symbol in enumerate(facts.symbols):
        if symbol.kind not in ("function", "method"):
            continue
        if facts.language == "python":
            held = symbol.name.startswith("test") and (last.startswith("test") or last.endswith("_test.py"))
        elif facts.language == "go":
            held = last.endswith("_test.go") and symbol.kind == "function" and symbol.name.startswith(_GO_TESTS)
        else:
            held = (
                facts.language in ("php", "ruby", "swift") and symbol.name.startswith("test") and "test" in last.lower()
            )
        if held:
            yield place.entry("test", symbol.qualified_name, at, symbol.start_line)
    for reference in facts.references:
        if reference.detail == "decorator" and reference.name in _TESTED and facts.language != "python":
            at = place.below(reference.line) if facts.language == "rust" else place.around(reference.line)
            if at and facts.symbols[at].kind in CALLABLE_KINDS:
                yield place.entry("test", facts.symbols[at].qualified_name, at, facts.symbols[at].start_line)


# --- what is registered -------------------------------------------------------------------------------------------


def _registered(place: _Place) -> Iterator[EntryPoint]:
    """Routes and commands."""
    language = place.facts.language
    rules: Callable[[_Place, Reference], Iterable[EntryPoint]]
    if language == "python":
        rules = _python
    elif language in _SCRIPTS:
        rules = _script
    elif language == "go":
        rules = _go
    elif language in ("java", "csharp", "kotlin"):
        rules = _annotated
    elif language == "rust":
        rules = _rust
    elif language == "ruby" and re.search(r"(?:^|/)config/routes(?:\.rb$|/)", place.facts.path):
        yield from _rails(place)
        return
    else:
        return
    for reference in place.facts.references:
        yield from rules(place, reference)


_PYTHON_NAMES = _VERBS | {
    "route",
    "websocket",
    "command",
    "group",
    "add_parser",
    "path",
    "re_path",
    "url",
    "add_url_rule",
}
_PYTHON_NAMES |= {"api_route", "callback"}


def _python(place: _Place, reference: Reference) -> Iterator[EntryPoint]:
    """Flask, FastAPI and their like by decorator, Django by `path(…)`; click and typer, argparse."""
    name = reference.name
    if reference.kind != "calls" or name not in _PYTHON_NAMES:
        return
    line = reference.line
    if not 0 < line <= len(place.lines):
        return
    text = place.text_from(line, name)
    if place.lines[line - 1].lstrip().startswith("@"):
        at = place.around(line)
        if at and at != reference.source:
            yield from _decorated(place, reference, text, at)
        return
    literal = _string(_FIRST_STRING.match(text[len(name) :]))
    if literal is None:
        return
    if name == "add_parser":
        handlers = _default_of_parser(place, reference)
        if not handlers:
            yield place.entry("command", literal, reference.source, line)
        for target in handlers:
            yield EntryPoint(kind="command", name=literal, symbol=target, path=place.facts.path, line=line)
    elif name in ("path", "re_path", "url") and not reference.receiver and "url" in place.facts.path.rpartition("/")[2]:
        for target in place.handlers(reference, _statement(text))[:1]:
            shown = f"ANY /{literal.lstrip('/')}"
            yield EntryPoint(kind="route", name=shown, symbol=target, path=place.facts.path, line=line)
    elif name == "add_url_rule":
        for target in place.handlers(reference, _statement(text))[:1]:
            yield EntryPoint(kind="route", name=f"GET {literal}", symbol=target, path=place.facts.path, line=line)


_ASSIGNED = re.compile(r"\s*([\w.]+)\s*(?::[^=]*)?=(?!=)")
_HANDLER = re.compile(r"\b\w+\s*=\s*([A-Za-z_][\w.]*)\s*(?=[,)])")


def _default_of_parser(place: _Place, reference: Reference) -> list[int]:
    """Ids of what a command of argparse runs, by custom a function that is one of the defaults of its parser:
    `serve = commands.add_parser("serve")` and `serve.set_defaults(func=run_server)`."""
    assigned = _ASSIGNED.match(place.lines[reference.line - 1])
    parser = assigned.group(1) if assigned else ""
    for later in place.facts.references:
        if later.line < reference.line or later.source != reference.source or later.kind != "calls":
            continue
        again = _ASSIGNED.match(place.lines[later.line - 1]) if later.name == "add_parser" else None
        if again and later.line > reference.line and again.group(1) == parser:
            break  # the variable holds another command's parser from here on
        if later.name == "set_defaults" and parser and later.receiver == parser:
            statement = _statement(place.text_from(later.line, "set_defaults"))
            found: dict[int, None] = {}
            for path in _HANDLER.findall(statement):
                receiver, _, name = path.rpartition(".")
                mention = Reference("references", name, receiver, later.line, later.source)
                found.update(dict.fromkeys(place.meant(mention)))
            return list(found)[:1]
    return []


def _decorated(place: _Place, reference: Reference, text: str, at: int) -> Iterator[EntryPoint]:
    name, symbol = reference.name, place.facts.symbols[at]
    statement = _statement(text)
    literal = _string(_FIRST_STRING.match(statement[len(name) :]))
    if name in ("command", "group"):
        shown = literal or _string(_NAMED.search(statement)) or symbol.name.replace("_", "-")
        yield place.entry("command", shown, at, reference.line)
    elif literal is not None and reference.receiver and (literal.startswith("/") or not literal):
        methods = _METHODS.search(statement)
        verbs = [_string(each) or "" for each in _ANY_STRING.finditer(methods.group(1))] if methods else []
        if name in _VERBS:
            verbs = [name.upper()]
        for verb in verbs or ["WEBSOCKET" if name == "websocket" else "GET"]:
            yield place.entry("route", f"{verb.upper()} {literal}", at, reference.line)


def _statement(text: str) -> str:
    """A call to its closing parenthesis."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character == ")":
            return text[: position + 1]
        if depth == 0 and character == "\n":
            return text[:position]
    return text


def _script(place: _Place, reference: Reference) -> Iterator[EntryPoint]:
    """Express and its like: `app.get("/users", list)`; commander and yargs: `.command("serve")`."""
    name = reference.name
    if reference.kind == "references" and reference.detail == "decorator":
        yield from _annotated(place, reference)
        return
    if reference.kind != "calls" or not reference.receiver or name not in _VERBS | {"all", "command"}:
        return
    text = place.text_from(reference.line, f".{name}")[1:]
    literal = _string(_FIRST_STRING.match(text[len(name) :]))
    if literal is None:
        return
    if name == "command":
        yield place.entry("command", literal, reference.source, reference.line)
    elif literal.startswith("/") and "," in _statement(text):
        shown = f"{'ANY' if name == 'all' else name.upper()} {literal}"
        targets = place.handlers(reference, _statement(text))
        own = place.index.ids[place.file][reference.source]
        yield EntryPoint(
            kind="route", name=shown, symbol=targets[-1] if targets else own, path=place.facts.path, line=reference.line
        )


_GO_VERBS = frozenset(verb for each in _VERBS for verb in (each.upper(), each.capitalize()))


def _go(place: _Place, reference: Reference) -> Iterator[EntryPoint]:
    """net/http, gorilla, gin, echo and chi; cobra's commands."""
    name = reference.name
    if name == "Command" and reference.receiver == "cobra" and reference.kind == "calls":
        text = place.text_from(reference.line, "cobra.Command")
        use, run = _USE.search(text), _RUN.search(text)
        if use and use.group(1).split():
            own = place.index.ids[place.file][reference.source]
            named = run.group(1).rpartition(".")[2] if run else ""
            mention = Reference("references", named, "", reference.line, reference.source)
            target = next(place.meant(mention), own) if named and named != "func" else own
            yield EntryPoint(
                kind="command", name=use.group(1).split()[0], symbol=target, path=place.facts.path, line=reference.line
            )
        return
    if reference.kind != "calls" or name not in _GO_VERBS | {"HandleFunc", "Handle"} or not reference.receiver:
        return
    text = place.text_from(reference.line, f".{name}(")[1:]
    statement = _statement(text)
    literal = _string(_FIRST_STRING.match(statement[len(name) :]))
    if literal is None or "/" not in literal or "," not in statement:
        return
    verb, _, route = literal.rpartition(" ")
    methods = _CHAINED_METHODS.match(text[len(statement) :].lstrip())
    told = [_string(each) or "" for each in _ANY_STRING.finditer(methods.group(1))] if methods else []
    verbs = told or [verb or (name.upper() if name in _GO_VERBS else "ANY")]
    targets = place.handlers(reference, statement)
    own = place.index.ids[place.file][reference.source]
    for each in verbs:
        yield EntryPoint(
            kind="route", name=f"{each} {route}", symbol=targets[-1] if targets else own, path=place.facts.path,
            line=reference.line,
        )  # fmt: skip


def _annotated(place: _Place, reference: Reference) -> Iterator[EntryPoint]:
    """Spring's, ASP.NET's and Nest's routes."""
    if reference.detail != "decorator" or reference.name not in _ANNOTATED:
        return
    at = place.around(reference.line)
    symbol = place.facts.symbols[at]
    if not at or symbol.kind not in CALLABLE_KINDS:
        return
    statement = _argument(place, reference)
    verb = _ANNOTATED[reference.name]
    told = _VERB_OF_JAVA.search(statement)
    shown = verb or (told.group(1) if told else "ANY")
    path = f"{_prefix(place, symbol)}/{(_string(_ANY_STRING.search(statement)) or '').strip('/')}"
    yield place.entry("route", f"{shown} /{path.strip('/')}", at, reference.line)


def _argument(place: _Place, reference: Reference) -> str:
    """What stands in an annotation's parentheses; empty without any."""
    text = place.text_from(reference.line, reference.name)[len(reference.name) :]
    return _statement(text) if text.startswith("(") else ""


def _prefix(place: _Place, symbol: Symbol) -> str:
    """The path that the class around a method gives to all of its routes."""
    for at, holder in enumerate(place.facts.symbols):
        if holder.key == symbol.parent:
            for each in place.facts.references:
                named = each.name in _PREFIXES and each.detail == "decorator"
                if named and place.around(each.line) == at:
                    written = _string(_ANY_STRING.search(_argument(place, each))) or ""
                    return written.replace("[controller]", holder.name.removesuffix("Controller")).strip("/")
    return ""


def _rust(place: _Place, reference: Reference) -> Iterator[EntryPoint]:
    """Actix's and Rocket's attributes, axum's `.route("/users", get(list))`, clap's `Command::new`."""
    name = reference.name
    if reference.detail == "decorator" and name in _VERBS:
        literal = _string(_ANY_STRING.search(_argument(place, reference)))
        at = place.below(reference.line)
        if at and literal is not None and literal.startswith("/"):
            yield place.entry("route", f"{name.upper()} {literal}", at, reference.line)
    elif name == "route" and reference.kind == "calls" and reference.receiver:
        statement = _statement(place.text_from(reference.line, ".route(")[1:])
        literal = _string(_FIRST_STRING.match(statement[len(name) :]))
        for verb in re.finditer(r"\b(get|post|put|delete|patch)\(\s*([\w:]+)", statement) if literal else ():
            receiver, handler = _path(verb.group(2))
            mention = Reference("references", handler, receiver, reference.line, reference.source)
            for target in place.meant(mention):
                shown = f"{verb.group(1).upper()} {literal}"
                yield EntryPoint(kind="route", name=shown, symbol=target, path=place.facts.path, line=reference.line)
    elif name == "new" and reference.receiver in ("Command", "clap.Command", "App"):
        literal = _string(_FIRST_STRING.search(place.text_from(reference.line, "::new")))
        if literal and any(each.module.startswith("clap") for each in place.facts.imports):
            yield place.entry("command", literal, reference.source, reference.line)


def _rails(place: _Place) -> Iterator[EntryPoint]:
    """What `config/routes.rb` says, where the controller's class and its method are in the repository."""
    index = place.index
    root = place.facts.path.rpartition("config/routes")[0]
    for route in rails.routes(place.text):
        file = index.position.get(f"{root}app/controllers/{route.controller}_controller.rb")
        for at, symbol in enumerate(index.facts[file].symbols) if file is not None else ():
            if symbol.kind == "method" and symbol.name == route.action:
                shown = f"{route.verb} {route.path}"
                number = index.ids[index.position[symbol.path]][at]
                yield EntryPoint(kind="route", name=shown, symbol=number, path=place.facts.path, line=route.line)
                break


def _path(written: str) -> tuple[str, str]:
    """(receiver, name) of a path such as `users::list`."""
    receiver, _, name = written.replace("::", ".").rpartition(".")
    return receiver, name


def _scripts(index: Index, artifacts: Sequence[Artifact]) -> Iterator[EntryPoint]:
    """Commands that packages declare: `flask.cli:main` is a function, `bin/serve.js` a file."""
    for artifact in artifacts:
        if artifact.kind != "entry_point" or not artifact.target:
            continue
        symbol = _declared(index, artifact)
        if symbol is not None:
            yield EntryPoint(
                kind="script", name=artifact.name, symbol=symbol, path=artifact.path, line=artifact.start_line
            )


def _declared(index: Index, artifact: Artifact) -> int | None:
    module, colon, name = artifact.target.partition(":")
    if colon:
        wanted = module.strip().replace(".", "/")
        for file, facts in enumerate(index.facts):
            stem = facts.path.rpartition(".")[0].removesuffix("/__init__")
            if facts.language == "python" and (stem == wanted or stem.endswith(f"/{wanted}")):
                first, _, rest = name.partition("[")[0].strip().partition(".")
                for value in module_member(index, file, first):
                    if isinstance(value, int) and not rest:
                        return index.id(value >> 2)
        return None
    folder = artifact.path.rpartition("/")[0]
    path = "/".join(part for part in (folder, artifact.target.removeprefix("./")) if part)
    found = index.position.get(path)
    return index.ids[found][0] if found is not None else None
