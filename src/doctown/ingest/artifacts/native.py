"""CMake, Autoconf, Automake and Meson: what C and C++ projects are built with, and what of it can be chosen.

All four are languages of their own; only calls that are written out are read, never run. A name that a variable
holds is looked up where the same file sets the variable to plain words, and stays as it is written elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, dependencies, facts, joined, section

_MAX_ARGUMENTS = 1_000  # of one call
_MAX_WORD = 1_000  # characters of an argument with variables filled in


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call in a build file. Arguments are without quotes, those given by name (Meson) apart."""

    name: str
    arguments: tuple[str, ...]
    named: dict[str, tuple[str, ...]]
    line: int
    last: int


# --- CMake --------------------------------------------------------------------------------------------------------

_CMAKE = re.compile(
    r"(?P<long>#?\[(?P<level>=*)\[)|#[^\n]*|\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<open>\()|(?P<close>\))"
    r"|(?P<bare>(?:[^\s()#\"\\]|\\.)+)",
    re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{([\w.+-]+)\}")
_LIBRARY_WORDS = {
    "STATIC": "static library", "SHARED": "shared library", "MODULE": "plugin", "INTERFACE": "header-only library",
    "OBJECT": "object library",
}  # fmt: skip
_CMAKE_BUILD = "cmake --build build --target"
_CMAKE_WORDS = frozenset(["WIN32", "MACOSX_BUNDLE", "EXCLUDE_FROM_ALL", "GLOBAL"])
_PROJECT_WORDS = frozenset(["VERSION", "DESCRIPTION", "HOMEPAGE_URL", "LANGUAGES"])


def read_cmake(collector: Collector) -> None:
    """Read a `CMakeLists.txt`: the project, what it builds, and the options that whoever builds it has."""
    calls = _filled(_cmake_calls(collector.text))
    _cmake_project(collector, calls)
    made: set[str] = set()  # what is made in one way or another, by an option, is told once
    for call in calls:
        if call.name in ("add_library", "add_executable", "add_custom_target") and call.arguments:
            if call.arguments[0] not in made and "$" not in call.arguments[0]:
                _cmake_target(collector, call)
            made.add(call.arguments[0])
        elif call.name in ("option", "cmake_dependent_option") and call.arguments:
            name, about, *rest = (*call.arguments, "", "")
            _option(collector, f"-D{name}", about, rest[0] or "OFF", call)
        elif call.name == "set" and "CACHE" in call.arguments and "INTERNAL" not in call.arguments:
            _cmake_cached(collector, call)


def _cmake_calls(text: str) -> Iterator[Call]:
    """Every command with its arguments, nested parentheses flattened, comments left out."""
    name, depth, line, at, counted_to = "", 0, 1, 1, 0
    arguments: list[str] = []
    place, endless = 0, False  # endless: a long bracket has no end, and no other one is looked for
    while token := _CMAKE.search(text, place):
        at += text.count("\n", counted_to, token.start())
        place, counted_to = token.end(), token.start()
        said = token["quoted"] if token["quoted"] is not None else token["bare"]
        if token["long"] and not endless:
            end = text.find(f"]{token['level']}]", place)
            endless = end < 0
            said = None if endless or token["long"].startswith("#") else text[place:end]
            place = place if endless else end + len(token["level"]) + 2
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(0, depth - 1)
            if not depth and name:
                yield Call(name=name.lower(), arguments=tuple(arguments), named={}, line=line, last=at)
            if not depth:
                name, arguments = "", []
        elif said is not None and not depth:
            name, line = said, at
        elif said is not None and len(arguments) < _MAX_ARGUMENTS:
            arguments.append(" ".join(said.split()))


def _filled(calls: Iterable[Call]) -> list[Call]:
    """The calls with plain words in place of variables, where the file gives them."""
    values: dict[str, tuple[str, ...]] = {"CMAKE_CURRENT_SOURCE_DIR": (".",), "CMAKE_SOURCE_DIR": (".",)}
    result = []
    for call in calls:
        given = tuple(islice((word for one in call.arguments for word in _words(one, values)), _MAX_ARGUMENTS))
        if call.name == "set" and len(given) > 1 and "CACHE" not in given:
            values[given[0]] = given[1:]
        elif call.name == "list" and len(given) > 1 and given[0] == "APPEND":
            values[given[1]] = (*values.get(given[1], ()), *given[2:])[:_MAX_ARGUMENTS]
        elif call.name == "file" and len(given) > 1 and given[0] in ("GLOB", "GLOB_RECURSE"):
            values[given[1]] = tuple(one for one in given[2:] if one != "CONFIGURE_DEPENDS")
        elif call.name == "project" and given:
            values |= {"PROJECT_NAME": given[:1], "CMAKE_PROJECT_NAME": given[:1], "PROJECT_SOURCE_DIR": (".",)}
        result.append(Call(name=call.name, arguments=given, named={}, line=call.line, last=call.last))
    return result


def _words(argument: str, values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """An argument as what it stands for: several, where it is a variable that holds a list."""
    whole = _VARIABLE.fullmatch(argument)
    if whole:
        return values.get(whole[1], (argument,))
    filled = _VARIABLE.sub(lambda match: ";".join(values.get(match[1], (match[0],))), argument)
    return (filled if len(filled) <= _MAX_WORD else argument,)


def _after(arguments: tuple[str, ...], word: str) -> str:
    """The argument that follows a keyword."""
    at = arguments.index(word) + 1 if word in arguments else len(arguments)
    return arguments[at] if at < len(arguments) else ""


def _cmake_project(collector: Collector, calls: list[Call]) -> None:
    found = next((call for call in calls if call.name == "project" and call.arguments), None)
    if found is None:
        return
    name, *rest = found.arguments
    about, version = _after(found.arguments, "DESCRIPTION"), _after(found.arguments, "VERSION")
    languages = [
        one
        for one in rest
        if one not in _PROJECT_WORDS and re.fullmatch(r"C|CXX|CUDA|OBJC|OBJCXX|Fortran|ASM\w*|CSharp|Swift", one)
    ]
    packages = {call.arguments[0]: call for call in calls if call.name == "find_package" and call.arguments}
    needs = [name for name, call in packages.items() if "REQUIRED" in call.arguments]
    used = [name for name in packages if name not in needs]
    least = next((_after(c.arguments, "VERSION") for c in calls if c.name == "cmake_minimum_required"), "")
    tests = sum(call.name == "add_test" for call in calls)
    summary = f"CMake project {code(name)}" + (f": {about.rstrip('.')}" if about else "")
    summary += f"; needs {codes(needs, 5)}" if needs else ""
    summary += f"; can use {codes(used, 5)}" if used else ""
    standards = [call.arguments[1] for call in calls if call.name == "set" and len(call.arguments) > 1
                 and call.arguments[0] in ("CMAKE_CXX_STANDARD", "CMAKE_C_STANDARD")]  # fmt: skip
    detail = joined(
        facts(
            [
                ("Version", code(version)),
                ("Languages", codes(languages)),
                ("Language standard", codes(dict.fromkeys(standards))),
                ("Needs CMake", code(least)),
                ("Tests", counted(tests, "test") if tests else ""),
            ]
        ),
        section("Dependencies", dependencies([(one, _asked(call)) for one, call in packages.items()])),
    )
    collector.add("package", name, summary, detail, (found.line, found.last))


def _asked(call: Call) -> str:
    """Which version of a package is looked for, and whether there has to be one."""
    version = call.arguments[1] if len(call.arguments) > 1 and call.arguments[1][:1].isdigit() else ""
    return f"{version}{'' if 'REQUIRED' in call.arguments else ' optional'}".strip()


def _cmake_target(collector: Collector, call: Call) -> None:
    name, *rest = call.arguments
    lines = call.line, call.last
    if call.name == "add_custom_target":
        about, command = _after(call.arguments, "COMMENT"), _after(call.arguments, "COMMAND")
        said = about or (f"runs {code(command)}" if command and "$" not in command else "")
        shown = code(f"{_CMAKE_BUILD} {name}")
        collector.add("build_target", name, f"{shown}: {said}" if said else shown, "", lines)
    elif "IMPORTED" not in rest and "ALIAS" not in rest:
        kinds = [_LIBRARY_WORDS[one] for one in rest[:2] if one in _LIBRARY_WORDS]
        what = kinds[0] if kinds else "library" if call.name == "add_library" else "program"
        sources = [one for one in rest if one not in _CMAKE_WORDS and one not in _LIBRARY_WORDS]
        _target(collector, _CMAKE_BUILD, name, what, [one.removeprefix("./") for one in sources], lines)


def _target(
    collector: Collector, command: str, name: str, what: str, sources: list[str], lines: tuple[int, int]
) -> None:
    """One program or library that a build makes."""
    made = f" from {codes(sources, 3)}" if sources else ""
    article = "an" if what[:1] in "aeiou" else "a"
    summary = f"{code(f'{command} {name}')}: builds {article} {what}{made}"
    detail = section("Sources", "\n".join(f"- {code(one)}" for one in sources[:100])) if len(sources) > 3 else ""
    collector.add("build_target", name, summary, detail, lines)


def _cmake_cached(collector: Collector, call: Call) -> None:
    """`set(NAME value CACHE TYPE "about")`: a value that whoever builds may give."""
    at = call.arguments.index("CACHE")
    if at < 1 or len(call.arguments) < at + 3:
        return
    _option(collector, f"-D{call.arguments[0]}", call.arguments[at + 2], " ".join(call.arguments[1:at]), call)


def _option(collector: Collector, name: str, about: str, default: str, call: Call) -> None:
    """One choice that whoever builds has."""
    said = f": {about.rstrip('.')}" if about and about.strip().lower() != name.removeprefix("-D").lower() else ""
    usually = f"; {code(default)} unless it is given" if default else ""
    collector.add("configuration", name, f"Build option {code(name)}{said}{usually}", "", (call.line, call.last))


# --- Autoconf and Automake ----------------------------------------------------------------------------------------

_M4_NAMES = (
    "AC_INIT", "AC_ARG_ENABLE", "AC_ARG_WITH", "PKG_CHECK_MODULES", "AC_CHECK_LIB", "AC_SEARCH_LIBS", "AC_PREREQ",
    "AC_PROG_CC", "AC_PROG_CXX", "AM_INIT_AUTOMAKE",
)  # fmt: skip
_M4_CALL = re.compile(rf"^[ \t]*({'|'.join(_M4_NAMES)})[ \t]*\(", re.MULTILINE)
_HELP = re.compile(r"A[CS]_HELP_STRING\(\s*\[*\s*(--[^\],\s]+)\s*\]*\s*,\s*\[*([^\]]*)", re.DOTALL)
_MAX_CALL = 20_000  # characters of one call; the end of a longer one is not looked for


def read_autoconf(collector: Collector) -> None:
    """Read a `configure.ac`: the package, what it needs, and the options of `./configure`."""
    calls = list(_m4_calls(collector.text))
    found = next((call for call in calls if call.name == "AC_INIT" and call.arguments), None)
    if found is not None:
        _autoconf_package(collector, found, calls)
    for call in calls:
        if call.name in ("AC_ARG_ENABLE", "AC_ARG_WITH") and call.arguments:
            told = _HELP.search(call.arguments[1]) if len(call.arguments) > 1 else None
            prefix = "--enable-" if call.name == "AC_ARG_ENABLE" else "--with-"
            name = told[1] if told else prefix + call.arguments[0]
            _option(collector, name, " ".join(told[2].split()) if told else "", "", call)


def _m4_calls(text: str) -> Iterator[Call]:
    """Calls of the macros that say something to a reader, with their arguments, quotes taken off."""
    end = 0
    while match := _M4_CALL.search(text, end):
        arguments: list[str] = []
        depth, quoted, begin, end = 1, 0, match.end(), match.end()
        for end in range(match.end(), min(len(text), match.end() + _MAX_CALL)):
            letter = text[end]
            quoted += (letter == "[") - (letter == "]")
            depth += 0 if quoted else (letter == "(") - (letter == ")")
            if not depth:
                break
            if letter == "," and depth == 1 and not quoted:
                arguments.append(text[begin:end])
                begin = end + 1
        line = text.count("\n", 0, match.start()) + 1
        given = tuple(_unquoted(one) for one in (*arguments, text[begin:end]))
        last = line + text.count("\n", match.start(), end)
        yield Call(name=match[1], arguments=given, named={}, line=line, last=last)


def _unquoted(text: str) -> str:
    bare = text.strip()
    while bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1].strip()
    return bare


def _autoconf_package(collector: Collector, found: Call, calls: list[Call]) -> None:
    name, version = (*found.arguments, "")[:2]
    modules = [call.arguments[1] for call in calls if call.name == "PKG_CHECK_MODULES" and len(call.arguments) > 1]
    libraries = [call.arguments[0] for call in calls if call.name == "AC_CHECK_LIB" and call.arguments]
    libraries += [
        call.arguments[1].split()[0]
        for call in calls
        if call.name == "AC_SEARCH_LIBS" and len(call.arguments) > 1 and call.arguments[1].split()
    ]
    needs = list(dict.fromkeys(" ".join(one.split()) for one in modules))
    looks = list(dict.fromkeys(libraries))
    summary = f"Autoconf package {code(name)}" + (f"; needs {codes(needs, 5)}" if needs else "")
    summary += f"; looks for the libraries {codes(looks, 5)}" if looks else ""
    detail = facts([("Version", code(version) if re.match(r"\d", version) else ""), ("Needs", codes(needs, 20))])
    collector.add("package", name, summary, detail, (found.line, found.last))


_AUTOMAKE = re.compile(
    r"^[ \t]*(?:nodist_|dist_|nobase_)*(?:(?P<where>bin|sbin|lib|libexec|noinst|check|pkglib|EXTRA)_"
    r"(?P<what>PROGRAMS|LTLIBRARIES|LIBRARIES)|(?P<of>[\w@]+)_SOURCES)[ \t]*\+?=[ \t]*"
    r"(?P<words>(?:[^\n\\]|\\\n|\\.)*)",
    re.MULTILINE,
)
_AUTOMAKE_WHAT = {"PROGRAMS": "program", "LTLIBRARIES": "library", "LIBRARIES": "static library"}
_AUTOMAKE_WHERE = {"check": " for the tests", "noinst": " that is not installed"}


def read_automake(collector: Collector) -> None:
    """Read a `Makefile.am`: the programs and libraries that it builds."""
    folder = collector.path.rpartition("/")[0]
    sources: dict[str, list[str]] = {}
    made: list[tuple[re.Match[str], str]] = []
    for match in _AUTOMAKE.finditer(collector.text):
        words = match["words"].replace("\\\n", " ").split("#")[0].split()
        words = [word for word in words if re.fullmatch(r"[\w./+-]+", word)]
        if match["of"]:
            sources.setdefault(match["of"], []).extend(words)
        else:
            made.extend((match, word) for word in words)
    for match, name in made:
        line = collector.text.count("\n", 0, match.start()) + 1
        what = _AUTOMAKE_WHAT[match["what"]] + _AUTOMAKE_WHERE.get(match["where"], "")
        command = f"make -C {folder}" if folder else "make"
        _target(collector, command, name, what, sources.get(re.sub(r"[^\w@]", "_", name), []), (line, line))


# --- Meson --------------------------------------------------------------------------------------------------------

_MESON = re.compile(
    r"#[^\n]*|'''(?P<long>.*?)'''|f?'(?P<text>(?:[^'\\\n]|\\.)*)'|(?P<word>[A-Za-z_]\w*)(?P<call>\s*\()?"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<mark>[:,=.])|(?P<other>[^\s])",
    re.DOTALL,
)
_MESON_TARGETS = {
    "executable": "program", "library": "library", "shared_library": "shared library", "both_libraries": "library",
    "static_library": "static library", "shared_module": "plugin",
}  # fmt: skip


def read_meson(collector: Collector) -> None:
    """Read a `meson.build`: the project and what it builds."""
    calls = list(_meson_calls(collector.text))
    found = next((call for call in calls if call.name == "project" and call.arguments), None)
    if found is not None:
        name, *languages = found.arguments
        needs = list(dict.fromkeys(
            (call.arguments[0], " ".join(call.named.get("version", ())))
            for call in calls if call.name == "dependency" and call.arguments
        ))  # fmt: skip
        tests = sum(call.name == "test" for call in calls)
        summary = f"Meson project {code(name)}"
        summary += f"; needs {codes((need for need, _ in needs), 5)}" if needs else ""
        detail = joined(
            facts(
                [
                    ("Version", code(" ".join(found.named.get("version", ())))),
                    ("Licence", code(" ".join(found.named.get("license", ())))),
                    ("Languages", codes(languages)),
                    ("Needs Meson", code(" ".join(found.named.get("meson_version", ())))),
                    ("Tests", counted(tests, "test") if tests else ""),
                ]
            ),
            section("Dependencies", dependencies(needs)),
        )
        collector.add("package", name, summary, detail, (found.line, found.last))
    for call in calls:
        if call.name in _MESON_TARGETS and call.arguments:
            name, *sources = call.arguments
            lines = call.line, call.last
            _target(collector, "meson compile -C build", name, _MESON_TARGETS[call.name], sources, lines)


def read_meson_options(collector: Collector) -> None:
    """Read a `meson_options.txt` or `meson.options`: the options of `meson setup`."""
    for call in _meson_calls(collector.text):
        if call.name == "option" and call.arguments:
            default, about = (" ".join(call.named.get(one, ())) for one in ("value", "description"))
            _option(collector, f"-D{call.arguments[0]}", about, default, call)


def _meson_calls(text: str) -> Iterator[Call]:
    """Calls that stand by themselves or are assigned, with the texts among their arguments. A nested call gives none
    of its arguments to the one around it."""
    stack: list[tuple[str, list[str], dict[str, list[str]], int, str]] = []
    line, counted_to, word = 1, 0, ""
    for token in _MESON.finditer(text):
        line += text.count("\n", counted_to, token.start())
        counted_to = token.start()
        said = token["text"] if token["text"] is not None else token["long"]
        if token["call"]:
            stack.append((token["word"], [], {}, line, ""))
        elif token["open"]:
            # A list stands for its items; anything else in brackets is no argument of the call around it.
            inner = stack[-1] if stack and token["open"] == "[" else ("", [], {}, line, "")
            stack.append(inner)
        elif token["close"] and stack:
            name, arguments, named, start, _ = stack.pop()
            if token["close"] == ")" and name:
                given = {key: tuple(values) for key, values in named.items()}
                yield Call(name=name, arguments=tuple(arguments), named=given, line=start, last=line)
        elif token["mark"] == ":" and stack and word:
            stack[-1] = (*stack[-1][:4], word)
            stack[-1][2].setdefault(word, [])
        elif token["mark"] == "," and stack:
            if len(stack) < 2 or stack[-1][1] is not stack[-2][1]:  # not between the items of a list
                stack[-1] = (*stack[-1][:4], "")
        elif stack and (said is not None or (token["word"] in ("true", "false"))):
            _, arguments, named, _, key = stack[-1]
            into = named[key] if key else arguments
            if (said is not None or key) and len(into) < _MAX_ARGUMENTS:
                into.append(said if said is not None else token["word"])
        word = token["word"] or ""
