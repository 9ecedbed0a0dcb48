"""Kubernetes manifests, Helm charts and Kustomize: what is deployed, from which images, on which ports."""

from __future__ import annotations

from collections.abc import Iterator

from doctown.ingest.artifacts.collect import Collector, code, codes, facts, listing
from doctown.ingest.artifacts.trees import Tree, UnreadableError, yaml_documents


def read(collector: Collector) -> None:
    """Read a file of manifests: one artifact for each object. Templates that are no YAML yet are passed over."""
    if "{{" in collector.text:
        return
    try:
        documents = yaml_documents(collector.text)
    except UnreadableError as error:
        collector.problem(str(error))
        return
    for root in documents:
        kind, name = root.get("kind").text, root.get("metadata", "name").text
        if not (kind and root.get("apiVersion").text):
            continue
        containers = list(_containers(root, 0))
        images = [container.get("image").text for container in containers]
        ports = [port.get("containerPort").text for item in containers for port in item.get("ports").entries]
        ports += [port.get("port").text for port in root.get("spec", "ports").entries]
        replicas = root.get("spec", "replicas").text
        summary = f"Kubernetes {kind} {code(name)}"
        summary += f" runs {codes(images)}" if images else ""
        summary += f" in {replicas} replicas" if replicas else ""
        summary += f" on port {listing(ports)}" if ports else ""
        variables = [entry.get("name").text for item in containers for entry in item.get("env").entries]
        collector.add(
            "kubernetes_object",
            f"{kind}/{name}",
            summary,
            facts(
                [
                    ("API", code(root.get("apiVersion").text)),
                    ("Namespace", code(root.get("metadata", "namespace").text)),
                    ("Images", codes(images, 12)),
                    ("Ports", listing(ports, 20)),
                    ("Schedule", code(root.get("spec", "schedule").text)),
                    ("Variables", codes(variables, 30)),
                    ("Keys", codes((*root.get("data").items, *root.get("stringData").items), 30)),
                    ("Hosts", codes(rule.get("host").text for rule in root.get("spec", "rules").entries)),
                ]
            ),
            root.lines,
        )


def _containers(tree: Tree, depth: int) -> Iterator[Tree]:
    if depth > 8:
        return
    for key, value in tree.items.items():
        if key in {"containers", "initContainers"}:
            yield from value.entries
        elif key in {"spec", "template", "jobTemplate"}:
            yield from _containers(value, depth + 1)


def read_chart(collector: Collector) -> None:
    """Read a Helm chart's `Chart.yaml`."""
    for root in yaml_documents(collector.text)[:1]:
        needed = [entry.get("name").text for entry in root.get("dependencies").entries]
        described = root.get("description").text.rstrip(".")
        summary = f"Helm chart {root.get('name').text}" + (f": {described}" if described else "")
        collector.add(
            "helm_chart",
            root.get("name").text,
            summary + (f"; depends on {codes(needed)}" if needed else ""),
            facts([("Version", root.get("version").text), ("Application", root.get("appVersion").text)]),
        )


def read_kustomization(collector: Collector) -> None:
    """Read a `kustomization.yaml`."""
    for root in yaml_documents(collector.text)[:1]:
        resources = [*root.get("resources").texts(), *root.get("bases").texts()]
        collector.add(
            "kustomization",
            collector.path.rpartition("/")[0] or "kustomization",
            f"Kustomize puts together {codes(resources)}" if resources else "Kustomize settings",
            facts(
                [
                    ("Resources", codes(resources, 30)),
                    ("Namespace", code(root.get("namespace").text)),
                    ("Images", codes(entry.get("name").text for entry in root.get("images").entries)),
                ]
            ),
        )
