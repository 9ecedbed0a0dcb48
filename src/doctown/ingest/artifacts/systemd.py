"""systemd units: what a service starts, when a timer fires, where a socket listens."""

from __future__ import annotations

from doctown.ingest.artifacts.collect import Collector, code, codes, facts, listing
from doctown.ingest.artifacts.ini import ini_sections


def read(collector: Collector) -> None:
    """Read one unit file. Of its variables, names are shown and never values."""
    sections = {part.name: part.values for part in ini_sections(collector.text)}
    if "Unit" not in sections and "Service" not in sections:
        return
    unit, service = sections.get("Unit", {}), sections.get("Service", {})
    timer, socket = sections.get("Timer", {}), sections.get("Socket", {})
    described = unit.get("Description", "").rstrip(".")
    starts = service.get("ExecStart", "").lstrip("@-:+!")
    fires = [f"{key} {value}" for key, value in timer.items() if key.startswith("On")]
    listens = [value for key, value in socket.items() if key.startswith("Listen")]
    summary = f"systemd unit{f' for {described}' if described else ''}"
    summary += f" starts {code(starts)}" if starts else ""
    summary += f" fires at {listing(fires)}" if fires else ""
    summary += f" listens on {codes(listens)}" if listens else ""
    variables = [word.strip('"').partition("=")[0] for word in service.get("Environment", "").split()]
    collector.add(
        "systemd_unit",
        collector.file_name,
        summary,
        facts(
            [
                ("User", code(service.get("User", ""))),
                ("Working folder", code(service.get("WorkingDirectory", ""))),
                ("Restarts", service.get("Restart", "")),
                ("After", codes(unit.get("After", "").split())),
                ("Variables", codes(variables, 20)),
                ("Variables from", code(service.get("EnvironmentFile", ""))),
            ]
        ),
        target=starts,
    )
