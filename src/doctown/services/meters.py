"""What is counted for Prometheus. Each service has a registry of its own, so that several can live in one process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_STAGES: Final = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)


class Meters:
    """What every service counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "doctown_http_requests", "Requests answered", ("method", "path", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "doctown_http_request_seconds", "Time to the end of the answer", ("method", "path"), registry=self.registry
        )
        self.errors = Counter("doctown_errors", "What failed", ("kind",), registry=self.registry)
        self.tokens = Counter("doctown_tokens", "Tokens of a model", ("direction",), registry=self.registry)
        self.dollars = Counter("doctown_cost_usd", "US dollars paid to a model", registry=self.registry)
        for direction in ("in", "out"):
            self.tokens.labels(direction)

    def page(self) -> bytes:
        """Everything counted, in Prometheus' text form."""
        return generate_latest(self.registry)


class BuilderMeters(Meters):
    """What Builder counts beside; it is the `Meter` of the worker."""

    def __init__(self, waiting: Callable[[], Mapping[str, int]]) -> None:
        super().__init__()
        self._waiting = waiting
        self._states = Gauge("doctown_jobs", "Jobs by state", ("state",), registry=self.registry)
        self._depth = Gauge("doctown_queue_depth", "Jobs that wait", registry=self.registry)
        self._stages = Histogram(
            "doctown_stage_seconds", "Time that a stage of a job took", ("stage",), buckets=_STAGES,
            registry=self.registry,
        )  # fmt: skip
        self._ended = Counter("doctown_jobs_ended", "Jobs that ended here", ("state",), registry=self.registry)
        self.streams = Gauge("doctown_event_streams", "Clients that follow events", registry=self.registry)
        self.dropped = Counter("doctown_event_streams_dropped", "Slow readers dropped", registry=self.registry)

    def stage_ended(self, stage: str, seconds: float) -> None:
        """See `jobs.worker.Meter`."""
        self._stages.labels(stage).observe(seconds)

    def job_ended(self, state: str, report: Mapping[str, Any]) -> None:
        """See `jobs.worker.Meter`."""
        self._ended.labels(state).inc()
        if state == "failed":
            self.errors.labels("job").inc()
        costs = report.get("costs") or {}
        self.tokens.labels("in").inc(costs.get("tokens_in", 0))
        self.tokens.labels("out").inc(costs.get("tokens_out", 0))
        self.dollars.inc(costs.get("usd", 0))

    def page(self) -> bytes:
        """As above, with the queue as it is now."""
        counts = self._waiting()
        for state in ("queued", "running", "success", "failed", "cancelled"):
            self._states.labels(state).set(counts.get(state, 0))
        self._depth.set(counts.get("queued", 0))
        return super().page()
