"""npm packages by `package.json`, TypeScript's and Deno's settings: packages, scripts, commands, what imports load."""

from __future__ import annotations

import re

from doctown.ingest.artifacts.collect import (
    Collector,
    bullets,
    code,
    codes,
    counted,
    dependencies,
    facts,
    fence,
    joined,
    section,
)
from doctown.ingest.artifacts.trees import Tree, json_tree

# What npm runs by itself, and when.
_HOOKS = {
    "prepare": "before packing and after a local install", "prepublishOnly": "before publishing",
    "prepack": "before packing", "postpack": "after packing", "preinstall": "before installing",
    "install": "while installing", "postinstall": "after installing", "prepublish": "before packing",
    "preversion": "before a new version", "version": "with a new version", "postversion": "after a new version",
}  # fmt: skip


def read(collector: Collector) -> None:
    """Read a `package.json`."""
    root = json_tree(collector.text)
    if root.kind != "mapping":
        return
    scripts = root.get("scripts").items
    if not (root.get("name") or scripts or root.get("dependencies") or root.get("devDependencies")):
        return  # A stub that only names the module format of its folder.
    _package(collector, root)
    for name, script in scripts.items():
        _script(collector, name, script, set(scripts))
    _commands(collector, root)
    _entry_points(collector, root)


def _package(collector: Collector, root: Tree) -> None:
    name = root.get("name").text or collector.path.rpartition("/")[0] or "package"
    needed = root.get("dependencies").pairs()
    engines = [f"{engine} {version}" for engine, version in root.get("engines").pairs()]
    workspaces = (root.get("workspaces", "packages") or root.get("workspaces")).texts()
    described = root.get("description").text.rstrip(".")
    summary = f"npm package {name}" + (f": {described}" if described else "")
    summary += f"; needs {codes(engines)}" if engines else ""
    summary += f"; {counted(len(needed), 'dependency', 'dependencies')}" if needed else ""
    summary += f"; workspaces in {codes(workspaces)}" if workspaces else ""
    collector.add(
        "package",
        name,
        summary,
        joined(
            facts(
                [
                    ("Version", code(root.get("version").text)),
                    ("Licence", root.get("license").text),
                    ("Published", "no, private" if root.get("private").text == "true" else ""),
                    ("Module format", code(root.get("type").text)),
                    ("Package manager", code(root.get("packageManager").text)),
                    ("Engines", codes(engines)),
                    ("Workspaces", codes(workspaces, 20)),
                    ("Files published", codes(root.get("files").texts(), 20)),
                    ("Home page", root.get("homepage").text),
                ]
            ),
            section("Dependencies", dependencies(needed)),
            section("Peer dependencies", dependencies(root.get("peerDependencies").pairs())),
            section("Dependencies for development", dependencies(root.get("devDependencies").pairs())),
        ),
    )


def _script(collector: Collector, name: str, script: Tree, names: set[str]) -> None:
    command = script.text
    calls = [
        called
        for called in dict.fromkeys(
            re.findall(r"(?:npm run(?:-script)?|yarn(?: run)?|pnpm(?: run)?|run-[sp]) ([\w:.-]+)", command)
        )
        if called in names
    ]
    when = f" {_HOOKS[name]}" if name in _HOOKS else ""
    collector.add(
        "package_script",
        name,
        f"{code(f'npm run {name}')} runs {code(command)}{when}",
        joined(fence(command, "console"), facts([("Calls", codes(calls, 12))])),
        script.lines,
    )


def _commands(collector: Collector, root: Tree) -> None:
    binaries = root.get("bin")
    pairs = (
        binaries.pairs() if binaries.kind == "mapping" else [(root.get("name").text.rpartition("/")[2], binaries.text)]
    )
    for name, target in pairs:
        if name and target:
            lines = binaries.get(name).lines if binaries.kind == "mapping" else binaries.lines
            collector.add("entry_point", name, f"Command {code(name)} runs {code(target)}", "", lines, target=target)


def _entry_points(collector: Collector, root: Tree) -> None:
    exports = root.get("exports")
    name = root.get("name").text
    if exports.kind == "mapping":
        subpaths = exports.items if any(key.startswith(".") for key in exports.items) else {".": exports}
        for subpath, value in subpaths.items():
            _export(collector, name + subpath[1:], value)
    else:
        main = exports if exports else root.get("main") or root.get("module")
        if main.text:
            _export(collector, name, main)
    for inner, value in root.get("imports").items.items():
        _export(collector, inner, value, "import_alias")


def _export(collector: Collector, name: str, value: Tree, kind: str = "module_entry") -> None:
    conditions = list(_conditions(value, ()))
    if not conditions:
        return
    preferred = ("import", "module", "default", "require", "node", "browser")
    usable = [(path, target) for path, target in conditions if "types" not in path]
    target = min(
        usable or conditions,
        key=lambda item: min((preferred.index(part) for part in item[0] if part in preferred), default=9),
    )[1]
    detail = bullets(f"{codes(path)}: {code(where)}" for path, where in conditions if path)
    collector.add(kind, name, f"Importing {code(name)} loads {code(target)}", detail, value.lines, target=target)


def _conditions(value: Tree, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
    """(conditions, file) of an export, depth first."""
    if value.kind == "mapping":
        return [found for key, child in value.items.items() for found in _conditions(child, (*path, key))]
    if value.kind == "sequence":
        return [found for child in value.entries[:1] for found in _conditions(child, path)]
    return [(path, value.text)] if value.text else []


_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
_TOLD = ("target", "module", "moduleResolution", "jsx", "strict")


def _commented(text: str) -> Tree:
    """JSON in which comments and commas behind the last item are allowed; lines stay where they are."""
    bare = _COMMENT.sub(lambda found: found.group(1) or "\n" * found.group().count("\n"), text)
    return json_tree(_COMMA.sub(lambda found: found.group(1) or "", bare))


def read_settings(collector: Collector) -> None:
    """Read a `tsconfig.json` or `jsconfig.json`: how the project is compiled, and what its imports may be called."""
    options = _commented(collector.text).get("compilerOptions")
    if options.kind != "mapping":
        return
    told = [f"{name} {code(options.get(name).text)}" for name in _TOLD if options.get(name).text]
    if told:
        language = "TypeScript" if collector.file_name.startswith("ts") else "JavaScript"
        summary = f"{language} is compiled with {', '.join(told)}"
        collector.add("tool_configuration", language.lower(), summary, "", options.lines)
    base = options.get("baseUrl").text
    for name, value in options.get("paths").items.items():
        for target in value.texts()[:1]:
            where = f"{base}/{target}" if base else target
            summary = f"Importing {code(name)} loads {code(target)}"
            collector.add("import_alias", name, summary, "", value.lines, target=where)
    if base:
        summary = f"Imports are looked for in {code(base)}"
        collector.add("import_alias", "*", summary, "", options.get("baseUrl").lines, target=f"{base}/*")


def read_deno(collector: Collector) -> None:
    """Read Deno's tasks. Comments are allowed in its file and are left out here."""
    root = _commented(collector.text)
    for name, task in root.get("tasks").items.items():
        command = task.text or task.get("command").text
        summary = f"{code(f'deno task {name}')} runs {code(command)}"
        collector.add("package_script", name, summary, fence(command, "console"), task.lines)
