"""Rust crates and workspaces by `Cargo.toml`: the package, its binaries, features and members."""

from __future__ import annotations

from collections.abc import Mapping

from doctown.ingest.artifacts.collect import (
    Collector,
    as_text,
    code,
    codes,
    counted,
    dependencies,
    facts,
    joined,
    section,
)
from doctown.ingest.artifacts.trees import Toml, toml_document

_KINDS = (
    ("dependencies", "Dependencies"),
    ("dev-dependencies", "Dependencies for development"),
    ("build-dependencies", "Dependencies of the build script"),
)


def read(collector: Collector) -> None:
    """Read a `Cargo.toml`."""
    document = toml_document(collector.text)
    _workspace(collector, document)
    if document.table("package"):
        _package(collector, document)
    for kind, word in (("bin", "Binary"), ("example", "Example"), ("bench", "Benchmark")):
        for number, item in enumerate(_tables(document.at(kind))):
            name, path = as_text(item.get("name")), as_text(item.get("path"))
            where = (
                path
                or {"bin": f"src/bin/{name}.rs", "example": f"examples/{name}.rs", "bench": f"benches/{name}.rs"}[kind]
            )
            needs = item.get("required-features")
            summary = f"{word} {code(name)} starts in {code(where)}"
            summary += f"; needs the features {codes(map(as_text, needs))}" if isinstance(needs, list) and needs else ""
            artifact = "entry_point" if kind == "bin" else kind
            collector.add(artifact, name, summary, "", document.lines(kind, str(number)), target=where)
    for name in document.table("features"):
        enables = document.strings("features", name)
        word = "Default features" if name == "default" else f"Feature {code(name)}"
        summary = f"{word} {'enable' if name == 'default' else 'enables'} {codes(enables)}" if enables else word
        collector.add("feature", name, summary, "", document.lines("features", name))


def _tables(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _workspace(collector: Collector, document: Toml) -> None:
    if not document.table("workspace"):
        return
    members = document.strings("workspace", "members")
    shared = document.table("workspace", "dependencies")
    collector.add(
        "workspace",
        "workspace",
        f"Cargo workspace of {codes(members)}" if members else "Cargo workspace",
        joined(
            facts([("Members", codes(members, 40)), ("Left out", codes(document.strings("workspace", "exclude"), 20))]),
            section("Shared dependencies", dependencies((name, _version(value)) for name, value in shared.items())),
        ),
        document.lines("workspace"),
    )


def _version(value: object) -> str:
    if isinstance(value, Mapping):
        if value.get("workspace") is True:
            return "of the workspace"
        return as_text(value.get("version")) or as_text(value.get("path")) or as_text(value.get("git"))
    return as_text(value)


def _package(collector: Collector, document: Toml) -> None:
    name = document.text("package", "name")
    described = document.text("package", "description").strip().rstrip(".")
    rust = document.text("package", "rust-version")
    needed = document.table("dependencies")
    summary = f"Rust crate {name}" + (f": {described}" if described else "")
    summary += f"; needs Rust {rust}" if rust else ""
    summary += f"; {counted(len(needed), 'dependency', 'dependencies')}" if needed else ""
    collector.add(
        "package",
        name,
        summary,
        joined(
            facts(
                [
                    ("Version", code(document.text("package", "version"))),
                    ("Edition", document.text("package", "edition")),
                    ("Rust", rust),
                    ("Licence", document.text("package", "license")),
                    ("Library kinds", codes(document.strings("lib", "crate-type"))),
                    ("Build script", code(document.text("package", "build"))),
                ]
            ),
            *(
                section(title, dependencies((key, _version(value)) for key, value in document.table(kind).items()))
                for kind, title in _KINDS
            ),
        ),
        document.lines("package"),
    )
