"""Ruby: gemspecs, Gemfiles and Rake tasks, read line by line in their usual forms and never run."""

from __future__ import annotations

import re

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, dependencies, facts, joined, section

_FIELD = re.compile(
    r"""^[ \t]*\w+\.(name|version|summary|description|homepage|license|required_ruby_version)\s*=\s*(.+?)\s*$""",
    re.MULTILINE,
)
_DEPENDENCY = re.compile(
    r"""^[ \t]*\w+\.add_(?:runtime_|(development_))?dependency\s*\(?\s*["']([^"']+)["'](?:\s*,\s*(.+?))?\)?\s*$""",
    re.MULTILINE,
)
_GEM = re.compile(r"""^[ \t]*gem\s*\(?\s*["']([^"']+)["'](?:\s*,\s*["']([^"']+)["'])?""", re.MULTILINE)
_LITERAL = re.compile(r"""(["'])([^"'\n]*)\1$""")
_TASK = re.compile(
    r"""^[ \t]*(?:desc\s+["'](?P<desc>[^"'\n]+)["'][ \t]*\n[ \t]*)?"""
    r"""(?:task|file|multitask)\s*\(?\s*(?::?["']?)(?P<name>[\w:]+)["']?""",
    re.MULTILINE,
)


def read(collector: Collector) -> None:
    """Read a gemspec, a Gemfile or a Rakefile."""
    if collector.file_name.endswith(".gemspec"):
        _gemspec(collector)
    elif collector.file_name == "Rakefile":
        for found in _TASK.finditer(collector.text):
            name, described = found.group("name"), found.group("desc") or ""
            line = collector.text.count("\n", 0, found.end()) + 1
            first = collector.text.count("\n", 0, found.start("desc")) + 1 if described else line
            summary = f"{code(f'rake {name}')}: {described}" if described else f"Rake task {code(f'rake {name}')}"
            collector.add("task", name, summary, "", (first, line))
    else:
        gems = _GEM.findall(collector.text)
        ruby = re.search(r"""^[ \t]*ruby\s+["']([^"']+)""", collector.text, re.MULTILINE)
        summary = f"Bundler installs {counted(len(gems), 'gem')}: {codes((name for name, _ in gems), 8)}"
        if not gems:
            summary = "Bundler installs what the gemspec lists" if "gemspec" in collector.text else ""
        if summary:
            detail = joined(facts([("Ruby", code(ruby.group(1) if ruby else ""))]), dependencies(gems))
            collector.add("requirements", collector.file_name, summary, detail)


def _gemspec(collector: Collector) -> None:
    text = collector.text.replace(".freeze", "")
    fields = {
        name: literal.group(2) for name, value in reversed(_FIELD.findall(text)) if (literal := _LITERAL.match(value))
    }
    needed = [
        (name, version.replace('"', "").replace("'", "")) for dev, name, version in _DEPENDENCY.findall(text) if not dev
    ]
    development = [(name, version.replace('"', "")) for dev, name, version in _DEPENDENCY.findall(text) if dev]
    name = fields.get("name", collector.file_name.removesuffix(".gemspec"))
    summary = f"Ruby gem {name}" + (f": {fields['summary'].rstrip('.')}" if "summary" in fields else "")
    summary += f"; needs Ruby {fields['required_ruby_version']}" if "required_ruby_version" in fields else ""
    binaries = re.search(r"""\.executables\s*=\s*(?:\[([^\]]*)\]|%w\[([^\]]*)\])""", text)
    commands = re.findall(r"[\w.-]+", (binaries.group(1) or binaries.group(2) or "")) if binaries else []
    collector.add(
        "package",
        name,
        summary,
        joined(
            facts(
                [
                    ("Version", code(fields.get("version", ""))),
                    ("Licence", fields.get("license", "")),
                    ("Home page", fields.get("homepage", "")),
                    ("Commands", codes(commands)),
                ]
            ),
            section("Dependencies", dependencies(needed)),
            section("Dependencies for development", dependencies(development)),
        ),
    )
    for command in commands:
        line = text.count("\n", 0, binaries.start()) + 1 if binaries else 0
        summary = f"Command {code(command)} is installed with the gem"
        collector.add("entry_point", command, summary, "", (line, line), target=f"exe/{command}")
