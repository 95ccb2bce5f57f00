"""OpenTelemetry: one span for each request, sent as OTLP over HTTP. Imported only where it is switched on."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from cobi.config.settings import Settings
from cobi.domain.errors import Misconfigured

SERVICE = "cobi"

_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_EXTRA = "pip install 'cobi[tracing]', or leave tracing_endpoint empty"

# Span attributes after OpenTelemetry's semantic conventions for HTTP servers; the rest is Cobi's own.
_ATTRIBUTES = {
    "method": "http.request.method",
    "path": "http.route",
    "status": "http.response.status_code",
    "received": "http.request.body.size",
    "sent": "http.response.body.size",
    "request_id": "cobi.request_id",
    "organisation": "cobi.organisation",
    "key": "cobi.key",
}


class Tracing:
    """Makes the spans of one process; OpenTelemetry has no types here, because it need not be installed."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(SERVICE)
        self._kind = import_module("opentelemetry.trace").SpanKind.SERVER
        self._error = import_module("opentelemetry.trace").StatusCode.ERROR
        self._parent = import_module("opentelemetry.trace.propagation.tracecontext")

    @contextmanager
    def request(self, scope: Any) -> Generator[Any]:
        """A span for a request, which continues the caller's trace where it names one (W3C Trace Context)."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        parent = self._parent.TraceContextTextMapPropagator().extract(headers)
        with self._tracer.start_as_current_span(scope["method"], context=parent, kind=self._kind) as span:
            yield span

    def end(self, span: Any, described: Mapping[str, Any]) -> None:
        """Say what became of the request."""
        span.update_name(f"{described['method']} {described['path']}")
        for name, attribute in _ATTRIBUTES.items():
            if described[name] is not None:
                span.set_attribute(attribute, described[name])
        if described["status"] >= 500:
            span.set_status(self._error)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def tracing(settings: Settings) -> Tracing | None:
    """The tracing the settings ask for; raises Misconfigured where its packages are missing."""
    if not settings.tracing_endpoint:
        return None
    require(settings)
    sdk = import_module("opentelemetry.sdk.trace")
    resource = import_module("opentelemetry.sdk.resources").Resource.create({"service.name": SERVICE})
    provider = sdk.TracerProvider(resource=resource)
    exporter = import_module(_EXPORTER).OTLPSpanExporter(endpoint=settings.tracing_endpoint)
    batches = import_module("opentelemetry.sdk.trace.export").BatchSpanProcessor(exporter)
    provider.add_span_processor(batches)
    return Tracing(provider)


def require(settings: Settings) -> None:
    """Raise Misconfigured where tracing is switched on and not installed."""
    if not settings.tracing_endpoint:
        return
    try:
        import_module("opentelemetry.sdk.trace")
        import_module(_EXPORTER)
    except ImportError as error:
        message = f"tracing_endpoint is set, but tracing is not installed: {error}"
        raise Misconfigured(message, hint=_EXTRA) from error
