""".NET projects: target frameworks, what they become, and the packages and projects that they refer to."""

from __future__ import annotations

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, dependencies, facts, joined, section
from doctown.ingest.artifacts.markup import xml_root


def read(collector: Collector) -> None:
    """Read a project file or `Directory.Build.props`."""
    root = xml_root(collector.text)
    if root.name != "Project":
        return
    properties: dict[str, str] = {}
    packages: list[tuple[str, str]] = []
    projects: list[str] = []
    for group in root.children:
        for item in group.children if group.name in {"PropertyGroup", "ItemGroup"} else ():
            if group.name == "PropertyGroup":
                properties.setdefault(item.name, item.text.strip())
            elif item.name == "PackageReference":
                name = item.attributes.get("Include") or item.attributes.get("Update", "")
                packages.append((name, item.attributes.get("Version") or item.value("Version")))
            elif item.name == "ProjectReference":
                projects.append(item.attributes.get("Include", "").replace("\\", "/"))
    name = properties.get("PackageId") or properties.get("AssemblyName") or collector.file_name.rpartition(".")[0]
    target = properties.get("TargetFrameworks") or properties.get("TargetFramework", "")
    frameworks = (target or properties.get("TargetFrameworkVersion", "")).split(";")
    sdk = root.attributes.get("Sdk", "")
    kind = "web application" if sdk.endswith(".Web") else {"Exe": "program", "WinExe": "desktop program"}.get(
        properties.get("OutputType", ""), "library"
    )  # fmt: skip
    if "Test" in name or any(package == "Microsoft.NET.Test.Sdk" for package, _ in packages):
        kind = "test project"
    if collector.file_name.endswith(".props"):
        kind = "settings of all projects below"
    summary = f".NET {kind} {code(name)}" + (f" for {codes(frameworks)}" if any(frameworks) else "")
    summary += f"; {counted(len(packages), 'package')}" if packages else ""
    collector.add(
        "package",
        name,
        summary,
        joined(
            facts(
                [
                    ("SDK", code(sdk)),
                    ("Frameworks", codes(frameworks)),
                    ("Version", code(properties.get("Version", ""))),
                    ("Description", properties.get("Description", "")),
                    ("Refers to projects", codes(projects, 20)),
                ]
            ),
            section("Packages", dependencies(packages)),
        ),
        target=properties.get("StartupObject", ""),
    )
