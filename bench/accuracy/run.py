"""`python -m bench.accuracy.run [LANGUAGE …] [--projects NAME …] [--folder DIR] [--wrong FILE]`: how right calls are.

Fetches real projects by name from the registries that pip, npm and apt are configured with, asks the languages' own
tools what every call means, and prints precision, recall and F1 per tier beside the rule that a name defined once is
what every call of it means. Projects that were looked at while resolution was tuned are marked with `*`; the others
were only measured. What an oracle needs and this machine lacks is said, and the rest goes on.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.accuracy import clang, common, csharp, golang, python, rust, typescript

from doctown.errors import InputError

SCRIPTS = "@sourcegraph/scip-python", "typescript@5"


@dataclass(frozen=True, slots=True)
class Oracle:
    """How one language's projects are fetched and what tells the truth about them."""

    projects: dict[str, str]  # name → what of it is read, where that matters
    tuned: frozenset[str]  # projects that were looked at
    fetch: Callable[[str, Path, str], Path]
    truth: Callable[[Path, Path, common.Project], common.Truth]
    npm: str = ""  # packages that the oracle runs on
    wheel: str = ""
    needs: tuple[str, ...] = ()  # programs


def _debian(suffixes: tuple[str, ...]) -> Callable[[str, Path, str], Path]:
    return lambda name, folder, part: common.debian_source(name, folder, suffixes)


_C = (*clang.SOURCES, *clang.HEADERS)
_DEBIAN = ("apt-get", "dpkg-deb")
ORACLES = {
    "python": Oracle(
        dict.fromkeys(
            ("flask", "click", "requests", "jinja2", "httpx", "invoke", "paramiko", "asciinema", "rich", "tornado",
             "werkzeug", "marshmallow"), ""
        ),
        frozenset({"flask", "click", "requests", "jinja2", "httpx", "invoke", "paramiko", "asciinema", "rich"}),
        common.wheel, lambda root, tools, project: python.truth(root, tools), npm=SCRIPTS[0], needs=("node", "npm"),
    ),
    "typescript": Oracle(
        dict.fromkeys(
            ("immer", "redux", "rxjs", "zod", "mobx", "@tanstack/query-core", "@reduxjs/toolkit", "@trpc/server",
             "react-redux", "prosemirror-model", "prosemirror-view"),
            "package/src",
        ) | {"ajv": "package/lib"},
        frozenset({"immer", "redux", "rxjs", "zod", "mobx", "@tanstack/query-core", "@trpc/server", "react-redux",
                   "prosemirror-model"}), common.npm, typescript.truth,
        npm=SCRIPTS[1], needs=("node", "npm"),
    ),
    "javascript": Oracle(
        dict.fromkeys(
            ("commander", "express", "qs", "koa", "async", "semver", "ws", "js-yaml", "nodemailer", "ejs", "fastify"),
            "package",
        ) | {"underscore": "package/modules", "bluebird": "package/js", "yjs": "package/src", "luxon": "package/src",
             "postcss": "package/lib", "handlebars": "package/lib", "winston": "package/lib"},
        frozenset({"commander", "express", "async", "koa", "qs", "semver", "ws", "js-yaml", "nodemailer", "fastify",
                   "underscore", "bluebird", "yjs", "winston"}),
        common.npm, typescript.truth, npm=SCRIPTS[1], needs=("node", "npm"),
    ),
    "go": Oracle(
        dict.fromkeys(
            ("golang-github-gorilla-mux", "golang-github-rivo-tview", "golang-github-spf13-cobra",
             "golang-github-gin-gonic-gin", "golang-logrus", "golang-github-urfave-cli", "golang-github-spf13-pflag",
             "golang-github-go-git-go-git"), ""
        ),
        frozenset({"golang-github-gorilla-mux", "golang-github-rivo-tview", "golang-github-spf13-cobra",
                   "golang-github-gin-gonic-gin"}),
        _debian((".go",)), lambda root, tools, project: golang.truth(root, tools), wheel=golang.PACKAGE, needs=_DEBIAN,
    ),
    "rust": Oracle(
        dict.fromkeys(
            ("semver", "textwrap", "smallvec", "httparse", "anyhow", "bytes", "regex-syntax", "memchr", "fixedbitset",
             "strsim", "humantime", "arrayvec", "fastrand", "base64", "ryu", "percent-encoding",
             "unicode-segmentation", "ttf-parser", "minimal-lexical", "hashbrown", "similar", "fallible-iterator",
             "heck", "rustc-demangle", "xmlparser", "linked-hash-map", "data-encoding"), ""
        ),
        frozenset({"semver", "textwrap", "smallvec", "httparse", "anyhow", "bytes", "regex-syntax", "memchr",
                   "arrayvec", "fastrand", "base64", "ryu", "ttf-parser", "minimal-lexical", "hashbrown", "similar",
                   "fallible-iterator", "heck"}),
        lambda name, folder, part: common.debian_crate(name, folder),
        rust.truth, needs=("rustc", *_DEBIAN),
    ),
    "c": Oracle(
        dict.fromkeys(("lua5.4", "cjson", "zlib", "jansson", "libyaml", "libpng1.6", "expat", "lz4"), ""),
        frozenset({"lua5.4", "cjson", "zlib", "libpng1.6", "expat"}),
        _debian(_C), clang.truth,
        wheel=clang.PACKAGE, needs=("gcc", *_DEBIAN),
    ),
    "cpp": Oracle(
        dict.fromkeys(
            ("leveldb", "tinyxml2", "re2", "pugixml", "fmtlib", "libjsoncpp", "spdlog", "yaml-cpp", "snappy"), ""
        ),
        frozenset({"leveldb", "tinyxml2", "re2", "pugixml", "libjsoncpp", "fmtlib"}), _debian(_C), clang.truth,
        wheel=clang.PACKAGE, needs=("gcc", *_DEBIAN),
    ),
    "csharp": Oracle(
        {"newtonsoft-json": "Src/Newtonsoft.Json", "protobuf": "csharp/src/Google.Protobuf",
         "thrift": "lib/netstd/Thrift", "keepass2": "KeePassLib", "dnlib": "src", "pypi:pythonnet": "src/runtime"},
        frozenset({"newtonsoft-json", "protobuf", "thrift"}), csharp.fetched, csharp.truth,
        npm=csharp.NPM, needs=("node", "npm", *_DEBIAN),
    ),
}  # fmt: skip


def main() -> None:
    """Prints one table per language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=", ".join(ORACLES))
    parser.add_argument("--projects", nargs="*", default=[], metavar="NAME", help="only these")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "doctown-accuracy")
    parser.add_argument("--wrong", type=Path, help="a file for every call that differs from the truth")
    given = parser.parse_args()
    unknown = [name for name in given.languages if name not in ORACLES]
    if unknown:
        parser.error(f"there is no oracle for {unknown[0]!r}: choose from {', '.join(ORACLES)}")
    for language in given.languages or list(ORACLES):
        print(f"\n{language}\n{common.HEAD}")
        differs = _table(ORACLES[language], language, given.projects, given.folder)
        if given.wrong:
            with given.wrong.open("a", encoding="utf-8") as out:
                out.writelines(f"{line}\n" for line in differs)


def _table(oracle: Oracle, language: str, only: list[str], folder: Path) -> list[str]:
    """Prints one language's table, and returns what differs from the truth in it."""
    missing = [program for program in oracle.needs if shutil.which(program) is None]
    if missing:
        print(f"left out, for want of {', '.join(missing)}")
        return []
    tools = _tools(oracle, folder / "tools" / language)
    differs = []
    for name in only or oracle.projects:
        try:
            root = oracle.fetch(name, folder / language, oracle.projects.get(name, "")).resolve()
            project = common.resolve(root)
            truth = oracle.truth(root, tools, project)
        except InputError as error:
            print(f"left out: {name}: {error}", flush=True)
            continue
        mark = " *" if name in oracle.tuned else ""
        print(common.show(name + mark, project, truth), flush=True)
        differs += [f"{name}: {line}" for line in common.wrong(project, truth)]
    return differs


def _tools(oracle: Oracle, tools: Path) -> Path:
    """The folder with what the oracle runs on, installed there and nowhere else."""
    tools.mkdir(parents=True, exist_ok=True)
    if oracle.npm and not (tools / "node_modules").exists():
        (tools / "package.json").write_text("{}")
        subprocess.run(["npm", "install", "--silent", "--ignore-scripts", oracle.npm], cwd=tools, check=True)
    if oracle.wheel and not any(tools.glob("*.dist-info")):
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tools), oracle.wheel]
        subprocess.run(command, check=True)
    return tools


if __name__ == "__main__":
    main()
