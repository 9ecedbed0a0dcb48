"""Maven's `pom.xml` in full, Gradle's build files as far as they can be read without being run."""

from __future__ import annotations

import re

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, dependencies, facts, joined, section
from doctown.ingest.artifacts.markup import Element, xml_root


def read_pom(collector: Collector) -> None:
    """Read a POM: the package, its modules and dependencies, its profiles."""
    root = xml_root(collector.text)
    if root.name != "project":
        return
    properties = root.find("properties")
    values = {child.name: child.text.strip() for child in properties.children} if properties else {}

    def resolved(text: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda found: values.get(found.group(1), found.group(0)), text)

    group = root.value("groupId") or root.value("parent", "groupId")
    name = f"{group}:{root.value('artifactId')}"
    modules = [child.text.strip() for child in _children(root.find("modules"), "module")]
    listed = [_maven_dependency(child) for child in _children(root.find("dependencies"), "dependency")]
    needed = [(what, resolved(version)) for what, version, scope in listed if scope not in {"test", "provided"}]
    tests = [(what, resolved(version)) for what, version, scope in listed if scope in {"test", "provided"}]
    java = values.get("maven.compiler.release") or values.get("maven.compiler.source") or values.get("java.version", "")
    described = " ".join((root.value("description") or root.value("name")).split()).rstrip(".")
    summary = f"Maven package {code(name)}" + (f": {described}" if described else "")
    summary += f"; needs Java {resolved(java)}" if java else ""
    summary += f"; {counted(len(modules), 'module')}" if modules else ""
    summary += f"; {counted(len(needed), 'dependency', 'dependencies')}" if needed else ""
    plugins = [child.value("artifactId") for child in _children(root.find("build", "plugins"), "plugin")]
    collector.add(
        "package",
        name,
        summary,
        joined(
            facts(
                [
                    ("Version", code(resolved(root.value("version") or root.value("parent", "version")))),
                    ("Packaging", code(root.value("packaging"))),
                    ("Parent", code(root.value("parent", "artifactId"))),
                    ("Modules", codes(modules, 40)),
                    ("Build plugins", codes(plugins, 20)),
                ]
            ),
            section("Dependencies", dependencies(needed)),
            section("Dependencies for tests and compilation only", dependencies(tests)),
        ),
        root.lines,
        target=resolved(_main_class(root)),
    )
    for profile in _children(root.find("profiles"), "profile"):
        name = profile.value("id")
        collector.add(
            "build_profile", name, f"Maven profile {code(name)}, chosen by {code(f'-P {name}')}", "", profile.lines
        )


def _children(parent: Element | None, name: str) -> list[Element]:
    return list(parent.all(name)) if parent else []


def _maven_dependency(element: Element) -> tuple[str, str, str]:
    name = f"{element.value('groupId')}:{element.value('artifactId')}"
    return name, element.value("version"), element.value("scope")


def _main_class(root: Element) -> str:
    for plugin in _children(root.find("build", "plugins"), "plugin"):
        found = plugin.value("configuration", "mainClass") or plugin.value(
            "configuration", "archive", "manifest", "mainClass"
        )
        if found:
            return found
    return ""


_PLUGIN = re.compile(
    r"""^[ \t]*(?:id\s*\(?\s*["']([\w.-]+)["']|kotlin\s*\(\s*["']([\w.-]+)["']|apply plugin:\s*["']([\w.-]+)["'])""",
    re.MULTILINE,
)
_DEPENDENCY = re.compile(
    r"""^[ \t]*(api|implementation|compileOnly|runtimeOnly|kapt|ksp|"""
    r"""annotationProcessor|test\w+|androidTest\w+|classpath)\s*\(?\s*"""
    r"""(?:platform\s*\(\s*)?(?:["']([^"'\n]+)["']|project\s*\(\s*["']([^"'\n]+)["']|([\w.]+))""",
    re.MULTILINE,
)
_TASK = re.compile(
    r"""^[ \t]*(?:tasks\.(?:register|create)(?:<\w+>)?\s*\(\s*["']([\w-]+)["']|"""
    r"""task\s+["']?([\w-]+)|val\s+([\w-]+)\s+by\s+tasks\.registering)""",
    re.MULTILINE,
)


def read_gradle(collector: Collector) -> None:
    """Read what a Gradle file declares in the usual forms: plugins, dependencies, tasks, included projects."""
    text = collector.text
    folder = collector.path.rpartition("/")[0].rpartition("/")[2]
    if collector.file_name.startswith("settings."):
        included = re.findall(
            r"""["'](:?[\w:.-]+)["']""", " ".join(re.findall(r"^[ \t]*include\b(.*)$", text, re.MULTILINE))
        )
        name = re.search(r"""rootProject\.name\s*=\s*["']([^"']+)""", text)
        title = name.group(1) if name else folder or "build"
        summary = f"Gradle build {code(title)}" + (f" of the projects {codes(included)}" if included else "")
        collector.add("workspace", title, summary, facts([("Projects", codes(included, 40))]))
        return
    plugins = [by_id or applied or f"kotlin-{kotlin}" for by_id, kotlin, applied in _PLUGIN.findall(text)]
    found = [(kind, library or project or reference) for kind, library, project, reference in _DEPENDENCY.findall(text)]
    needed = [(name, kind) for kind, name in found if "test" not in kind.lower()]
    tests = [(name, kind) for kind, name in found if "test" in kind.lower()]
    main = re.search(r"""mainClass(?:Name)?(?:\.set\s*\(|\s*=)\s*["']([\w.$]+)""", text)
    summary = f"Gradle project {code(folder or 'root')}" + (f" with the plugins {codes(plugins)}" if plugins else "")
    summary += f"; {counted(len(needed), 'dependency', 'dependencies')}" if needed else ""
    collector.add(
        "package",
        folder or "root",
        summary,
        joined(
            facts([("Plugins", codes(plugins, 20)), ("Main class", code(main.group(1) if main else ""))]),
            section("Dependencies", dependencies(needed)),
            section("Dependencies of tests", dependencies(tests)),
        ),
        target=main.group(1) if main else "",
    )
    for task in _TASK.finditer(text):
        name = next(filter(None, task.groups()))
        line = text.count("\n", 0, task.end()) + 1
        collector.add("task", name, f"Gradle task {code(f'gradle {name}')}", "", (line, line))
