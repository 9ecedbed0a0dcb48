"""Traces to a collector, where one is configured and the extra `otel` is installed; FastAPI makes the spans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from doctown import __version__
from doctown.errors import InputError

PATIENCE: Final = 2  # seconds that the collector may take for one answer: a service has ten to end


def configure(service: str, endpoint: str) -> Callable[[], None]:
    """Sends this process's traces to the OTLP collector at `endpoint`; what is returned sends those that wait and ends
    it, within some seconds. Raises InputError if the extra is missing."""
    try:
        from opentelemetry import trace  # noqa: PLC0415 - an extra, and slow to load
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set and OpenTelemetry is not installed",
            "install doctown[otel], or unset it",
        ) from error
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"doctown-{service}", "service.version": __version__})
    )
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=PATIENCE)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider.shutdown
