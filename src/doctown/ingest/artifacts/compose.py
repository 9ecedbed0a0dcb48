"""Docker Compose: one artifact for each service."""

from __future__ import annotations

from doctown.ingest.artifacts.collect import Collector, code, codes, facts, listing
from doctown.ingest.artifacts.trees import Tree, yaml_documents


def read(collector: Collector) -> None:
    """Read one compose file. Of variables, names are shown and never values."""
    for root in yaml_documents(collector.text)[:1]:
        for name, service in root.get("services").items.items():
            _add(collector, name, service)


def _add(collector: Collector, name: str, service: Tree) -> None:
    build = service.get("build").text or service.get("build", "context").text
    image = service.get("image").text
    ports = [entry.text or _port(entry) for entry in service.get("ports").entries]
    needs = service.get("depends_on").texts()
    command = _command(service.get("command"))
    what = f"built from {code(build)}" if build else f"from the image {code(image)}" if image else "of another file"
    summary = f"Service {code(name)} {what}"
    summary += f"; publishes {listing(ports)}" if ports else ""
    summary += f"; runs {code(command)}" if command else ""
    summary += f"; needs {codes(needs)}" if needs else ""
    collector.add(
        "compose_service",
        name,
        summary,
        facts(
            [
                ("Image", code(image)),
                ("Build", code(build)),
                ("Build stage", code(service.get("build", "target").text)),
                ("Ports", listing(ports, 20)),
                ("Command", code(command, 240)),
                ("Entry point", code(_command(service.get("entrypoint")), 240)),
                ("Needs", codes(needs)),
                ("Variables", codes((key for key, _ in service.get("environment").pairs()), 30)),
                ("Variables from", codes(service.get("env_file").texts())),
                (
                    "Volumes",
                    codes((entry.text or entry.get("source").text for entry in service.get("volumes").entries), 12),
                ),
                ("Profiles", codes(service.get("profiles").texts())),
                ("Restarts", service.get("restart").text),
            ]
        ),
        service.lines,
        target=command,
    )


def _command(tree: Tree) -> str:
    return " ".join(tree.texts())


def _port(entry: Tree) -> str:
    published, target = entry.get("published").text, entry.get("target").text
    return f"{published}:{target}" if published else target
