"""PHP packages by `composer.json`: the package, its scripts and commands."""

from __future__ import annotations

from doctown.ingest.artifacts.collect import (
    Collector,
    code,
    codes,
    counted,
    dependencies,
    facts,
    fence,
    joined,
    section,
)
from doctown.ingest.artifacts.trees import json_tree


def read(collector: Collector) -> None:
    """Read a `composer.json`."""
    root = json_tree(collector.text)
    required = root.get("require").pairs()
    php = next((version for name, version in required if name == "php"), "")
    needed = [(name, version) for name, version in required if name != "php"]
    name = root.get("name").text or "package"
    described = root.get("description").text.rstrip(".")
    summary = f"PHP package {code(name)}" + (f": {described}" if described else "")
    summary += f"; needs PHP {php}" if php else ""
    summary += f"; {counted(len(needed), 'dependency', 'dependencies')}" if needed else ""
    namespaces = [
        f"{namespace} => {listed}"
        for kind in ("psr-4", "psr-0")
        for namespace, tree in root.get("autoload", kind).items.items()
        for listed in tree.texts()
    ]
    collector.add(
        "package",
        name,
        summary,
        joined(
            facts(
                [
                    ("Type", code(root.get("type").text)),
                    ("Licence", root.get("license").text or codes(root.get("license").texts())),
                    ("Namespaces", codes(namespaces, 20)),
                ]
            ),
            section("Dependencies", dependencies(needed)),
            section("Dependencies for development", dependencies(root.get("require-dev").pairs())),
        ),
    )
    for script, value in root.get("scripts").items.items():
        commands = value.texts()
        summary = f"{code(f'composer {script}')} runs {codes(commands, 4)}"
        collector.add("package_script", script, summary, fence("\n".join(commands), "console"), value.lines)
    for binary in root.get("bin").texts():
        command = binary.rpartition("/")[2]
        summary = f"Command {code(command)} runs {code(binary)}"
        collector.add("entry_point", command, summary, "", root.get("bin").lines, target=binary)
