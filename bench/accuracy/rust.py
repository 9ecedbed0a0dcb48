"""Rust's truth: what rustc's own intermediate form (MIR) says of every call, for crates that need no other crate.

A call counts where its name stands in the source at the place that MIR gives: operators, `?`, dereferences and what a
derived implementation does are no calls that anyone wrote. A method of a trait counts as that of the type's `impl`
where the type is known, else as the trait's own. What a macro of the crate expands to counts neither way, nor do
functions that a condition (`#[cfg]`) leaves out of the build, as callers and as callees.
"""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import tree_sitter_rust
from bench.accuracy import common, rust_symbols
from tree_sitter import Language, Node, Parser

from doctown.errors import InputError

_HEADER = re.compile(r"^(?:fn|const|static) (?!.*promoted\[)")
_PLACE = re.compile(r"// .*? at (\S+?):(\d+):(\d+): (\d+):(\d+)\s*$")
_CALL = re.compile(r"= (.+?) -> \[return")


@dataclass(slots=True)
class _Crate:
    """Where the functions of a crate's files stand, and by what type, trait and name they are found."""

    texts: dict[str, list[bytes]] = field(default_factory=dict)
    spans: dict[str, list[tuple[tuple[int, int], tuple[int, int], str]]] = field(default_factory=dict)
    by_type: dict[tuple[str, str, str], list[common.Node]] = field(default_factory=dict)  # (type, trait or "", name)
    free: dict[str, list[common.Node]] = field(default_factory=dict)
    conditional: set[common.Node] = field(default_factory=set)  # what stands behind a `#[cfg(…)]`
    modules: rust_symbols.Modules = field(default_factory=dict)
    cut: set[tuple[str, int]] = field(default_factory=set)  # path and line of what stands behind one
    foreign: tuple[str, ...] = ()  # how paths of other crates begin
    base: str = "src"  # the folder of the crate's first file

    def function_at(self, path: str, row: int, column: int) -> tuple[common.Node, int, int] | None:
        """The innermost function around a place (from 0), and its first and last row."""
        found = None
        for start, end, name in self.spans.get(path, ()):
            if start <= (row, column) <= end:
                found = ((path, name), start[0], end[0])
        return found


def truth(root: Path, tools: Path, project: common.Project) -> common.Truth:
    """All calls between functions of the crate whose manifest lies at `root`, and its items."""
    main = entry(root)
    crate = _Crate(base=main.rpartition("/")[0])
    parser = Parser(Language(tree_sitter_rust.language()))
    for path in sources(root, main):
        name, data = path.relative_to(root).as_posix(), path.read_bytes()
        crate.texts[name] = data.split(b"\n")
        tree = parser.parse(data).root_node
        crate.modules[name] = list(_modules(tree))
        _functions(crate, name, tree, (), "", "")
        crate.cut.update((name, line) for line in _conditional_lines(tree))
    own = {name.removeprefix(crate.base).lstrip("/").partition(".")[0].split("/")[0] for name in crate.texts}
    crate.foreign = tuple(f"{name}::" for name in ("core", "std", "alloc") if name not in own)
    calls, callers, expanded = set(), set(), set()
    caller: tuple[common.Node, int, int] | None = None
    for line in _mir(root, main, tools).splitlines():
        if _HEADER.match(line):
            caller = None
        place = _PLACE.search(line)
        if place is None:
            continue
        path, row, column = place[1], int(place[2]) - 1, int(place[3]) - 1
        if caller is None:
            caller = crate.function_at(path, row, column) if "return place" in line else None
            if caller:
                callers.add(caller[0])
            continue
        called = _CALL.search(line)
        if called and path in crate.texts:
            end = int(place[4]) - 1, int(place[5]) - 1
            targets = _targets(crate, called[1])
            if targets and _written(crate.texts[path], (row, column), end, targets[0][1].rpartition(".")[2]):
                inside = path == caller[0][0] and caller[1] <= row <= caller[2]
                (calls if inside else expanded).update((caller[0], target) for target in targets)
    left_out = crate.conditional - callers - {callee for _, callee in calls}
    documents = tools / f"{root.name}-json"
    compiled(root, main, "rustdoc", [*rust_symbols.OPTIONS, "-o", str(documents)])
    symbols = rust_symbols.read(root, documents, crate.modules)
    return common.Truth(
        calls=frozenset(calls),
        symbols=symbols,
        declared=frozenset(path for path, _, _ in symbols),
        unsure=rust_symbols.unsure(project, crate.cut) - symbols,
        callers=frozenset(callers),
        neutral=frozenset(expanded - calls),
        silent=frozenset(left_out),
    )


def entry(root: Path) -> str:
    """The file that a crate begins with, as its manifest or custom has it. Raises InputError where there is none."""
    manifest = tomllib.loads((root / "Cargo.toml").read_text("utf-8"))
    told = [manifest.get("lib", {}).get("path", ""), *(each.get("path", "") for each in manifest.get("bin", ()))]
    for path in (*told, "src/lib.rs", "src/main.rs", "lib.rs"):
        if path and (root / path).is_file():
            return Path(path).as_posix()
    raise InputError(f"{root.name} has no file to begin with", "name a crate that is one library or program")


def sources(root: Path, main: str) -> list[Path]:
    """The crate's own files: what lies beside its first file, without tests and the like where that is the root."""
    base = (root / main).parent
    aside = {"tests", "benches", "examples", "target", "build.rs"} if base == root else set()
    return [path for path in sorted(base.rglob("*.rs")) if path.relative_to(base).parts[0] not in aside]


def compiled(root: Path, main: str, program: str, options: list[str]) -> None:
    """Runs `program`, rustc or rustdoc, on the crate with every feature, else with fewer. Raises InputError for a
    crate that does not compile alone."""
    manifest = tomllib.loads((root / "Cargo.toml").read_text("utf-8"))
    edition = str(manifest["package"].get("edition", "2015"))
    features = list(manifest.get("features", {}))
    kind = "bin" if main.endswith("main.rs") else "lib"
    command = [program, "--edition", edition, "--crate-type", kind, "--crate-name", root.name.replace("-", "_")]
    said = ""
    for chosen in (features, ["std", "alloc", "default"], ["std"], []):
        cfg = [word for feature in chosen for word in ("--cfg", f'feature="{feature}"')]
        done = subprocess.run(
            [*command, "--cap-lints", "allow", *options, *cfg, main],
            cwd=root, env={**os.environ, "RUSTC_BOOTSTRAP": "1"}, check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode == 0:
            return
        said = next((line for line in done.stderr.splitlines() if line.startswith("error")), said)
    raise InputError(f"{root.name} does not compile alone: {said}", "name a crate that needs no other")


def _mir(root: Path, main: str, tools: Path) -> str:
    """The crate's MIR with places."""
    output = tools / f"{root.name}.mir"
    tools.mkdir(parents=True, exist_ok=True)
    options = ["-Zmir-opt-level=0", "-Zmir-include-spans=on", "-Ztrim-diagnostic-paths=no", f"--emit=mir={output}"]
    compiled(root, main, "rustc", options)
    return output.read_text("utf-8", "replace")


def _functions(crate: _Crate, path: str, node: Node, scope: tuple[str, ...], owner: str, trait: str) -> None:
    """Enters the functions below a node; `owner` and `trait` are those of the `impl` or trait around it."""
    for child in node.named_children:
        if child.type == "mod_item":
            _functions(crate, path, child, (*scope, _field(child, "name")), "", "")
        elif child.type == "impl_item":
            own, its = _head(_field(child, "type")), _head(_field(child, "trait"))
            _functions(crate, path, child, (*scope, own), _general(child, own) or own, its)
        elif child.type == "trait_item":
            name = _field(child, "name")
            _functions(crate, path, child, (*scope, name), name, name)
        elif child.type in ("function_item", "function_signature_item"):
            name = _field(child, "name")
            full = (path, ".".join((*scope, name)))
            crate.spans.setdefault(path, []).append((child.start_point, child.end_point, full[1]))
            if _is_conditional(child):
                crate.conditional.add(full)
            if owner:
                crate.by_type.setdefault((owner, trait, name), []).append(full)
            else:
                crate.free.setdefault(name, []).append(full)
            _functions(crate, path, child, (*scope, name), "", "")
        else:
            _functions(crate, path, child, scope, owner, trait)


_ANY, _ANY_REFERENCE = "<any>", "<&any>"  # what an `impl` for a type parameter is for


def _general(implementation: Node, own: str) -> str:
    """What stands for the type of an `impl<T> Trait for T` or `for &T`: a parameter is no type of that name."""
    parameters = implementation.child_by_field_name("type_parameters")
    heads = re.findall(r"(?:^<|,)\s*(\w+)", _bare_text(parameters)) if parameters is not None else []
    if own not in heads:
        return ""
    return _ANY_REFERENCE if _field(implementation, "type").lstrip().startswith("&") else _ANY


def _bare_text(parameters: Node) -> str:
    """Type parameters without what stands in their own brackets."""
    written = (parameters.text or b"").decode("utf-8", "replace")
    return "<" + re.sub(r"<[^<>]*>|\([^()]*\)", "", written[1:-1]) + ">"


def _modules(root: Node) -> Iterator[tuple[int, int, str]]:
    """First and last line, from 1, and name of the modules inside a file, outer ones first."""
    for child in root.named_children:
        body = child.child_by_field_name("body") if child.type == "mod_item" else None
        if body is not None:
            yield child.start_point[0] + 1, child.end_point[0] + 1, _field(child, "name")
            yield from _modules(body)


def _conditional_lines(root: Node) -> Iterator[int]:
    """The lines, from 1, of what stands behind a `#[cfg(…)]`, or is a test."""
    open_nodes = [root]
    while open_nodes:
        for child in open_nodes.pop().named_children:
            open_nodes.append(child)
            if child.type == "attribute_item" and (child.text or b"").startswith((b"#[cfg(", b"#[test", b"#[bench")):
                item = child.next_named_sibling
                while item is not None and (item.type == "attribute_item" or item.type.endswith("comment")):
                    item = item.next_named_sibling
                if item is not None:
                    yield from range(item.start_point[0] + 1, item.end_point[0] + 2)


def _is_conditional(node: Node) -> bool:
    """Whether an item, or something around it in its file, is in some builds alone."""
    above: Node | None = node
    while above is not None:
        beside = above.prev_named_sibling
        while beside is not None and (beside.type == "attribute_item" or beside.type.endswith("comment")):
            if (beside.text or b"").startswith(b"#[cfg("):
                return True
            beside = beside.prev_named_sibling
        above = above.parent
    return False


def _field(node: Node, name: str) -> str:
    child = node.child_by_field_name(name)
    return child.text.decode() if child is not None and child.text is not None else ""


def _bare(path: str) -> str:
    """A path without the arguments of generics: `a::B::<T>::c` → `a::B::c`."""
    shown, depth = "", 0
    for position, character in enumerate(path):
        arrow = character == ">" and path[position - 1] in "-="
        depth += (character == "<") - (character == ">" and not arrow)
        if depth == 0 and character != ">":
            shown += character
    return re.sub(r"(::)+", "::", shown).strip(": ")


def _head(written: str) -> str:
    """The plain name of a type: `Foo` of `&'a mut crate::Foo<'a, T>`."""
    words = _bare(re.sub(r"^(?:&|\s|'\w+|mut\b|dyn\b|\*const\b|\*mut\b)+", "", written)).split("::")
    return re.sub(r"\W.*", "", words[-1])


def _targets(crate: _Crate, callee: str) -> list[common.Node]:
    """The functions of the crate that a callee as MIR writes it means."""
    if callee.startswith("<"):
        inside, rest = _split(callee)
        own, _, trait = inside.partition(" as ")
        name = rest.split("(", 1)[0].lstrip(":").split("::", 1)[0]
        if not trait:
            return crate.by_type.get((_head(own), "", name), [])
        space = _bare(own).lstrip("&").split("::")[:-1]
        if trait.startswith(crate.foreign):
            found = crate.by_type.get((_head(own), _head(trait), name), [])
            return _nearest(found, space, crate.base) if not own.startswith(crate.foreign) else []
        if found := crate.by_type.get((_head(own), _head(trait), name), []):
            return _nearest(found, space, crate.base)
        # A type parameter's method is the trait's; that of a type or reference may be one of an `impl` for all of them.
        general = _ANY_REFERENCE if own.startswith("&") else "" if own.isidentifier() and own[0].isupper() else _ANY
        return crate.by_type.get((general, _head(trait), name)) or _nearest(
            crate.by_type.get((_head(trait), _head(trait), name), []), _bare(trait).split("::")[:-1], crate.base
        )
    if callee.startswith(crate.foreign):
        return []
    within = re.search(r"<impl ((?:[^<>]|<[^<>]*>)+)>::(\w+)", callee)
    if within and " at " not in within[1]:
        return crate.by_type.get((_head(within[1]), "", within[2]), [])
    parts = _bare(callee).split("(", 1)[0].strip(": ").split("::")
    if len(parts) > 1:
        found = crate.by_type.get((parts[-2], "", parts[-1])) or crate.by_type.get((parts[-2], parts[-2], parts[-1]))
        if found:
            return _nearest(found, parts[:-2], crate.base)
    fitting = crate.free.get(parts[-1], [])
    if len(fitting) == 1:
        return fitting
    return [each for each in fitting if _module(each, crate.base) == "::".join(parts[:-1])][:1]


def _nearest(found: list[common.Node], space: list[str], base: str) -> list[common.Node]:
    """Of methods of types with one name, those beside the type's own module, if any stand there."""
    beside = [each for each in found if _module((each[0], each[1].rpartition(".")[0]), base) == "::".join(space)]
    return beside or found


def _module(function: common.Node, base: str) -> str:
    """The module path of a free function, as the crate's own root would write it."""
    file = function[0].removeprefix(base).lstrip("/").removesuffix(".rs").removesuffix("/mod")
    inside = function[1].split(".")[:-1]
    return "::".join([*(file.split("/") if file not in ("lib", "main") else []), *inside])


def _split(callee: str) -> tuple[str, str]:
    """(what stands in the leading angle brackets, what follows)."""
    depth = 0
    for position, character in enumerate(callee):
        arrow = character == ">" and callee[position - 1] in "-="
        depth += (character == "<") - (character == ">" and not arrow)
        if depth == 0:
            return callee[1:position], callee[position + 1 :]
    return callee, ""


def _written(lines: list[bytes], start: tuple[int, int], end: tuple[int, int], name: str) -> bool:
    """Whether the name is called in the text at a place."""
    return any(name in each for each in _texts(lines, start, end)) and bool(
        re.search(rf"\b{re.escape(name)}\s*(?:::\s*<.*>\s*)?\(", "\n".join(_texts(lines, start, end)), re.DOTALL)
    )


def _texts(lines: list[bytes], start: tuple[int, int], end: tuple[int, int]) -> Iterator[str]:
    for row in range(start[0], min(end[0] + 1, len(lines))):
        line = lines[row].decode("utf-8", "replace")
        line = line[: end[1]] if row == end[0] else line
        yield line[start[1] :] if row == start[0] else line
