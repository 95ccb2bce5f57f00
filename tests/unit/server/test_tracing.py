"""Traces are an extra: without its packages there is a clear error, with them a span for each request."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from cobi.config.settings import Settings
from cobi.domain.errors import Misconfigured
from cobi.metrics.metrics import Metrics
from cobi.server.logs import Lines
from cobi.server.observing import Ledger, Observer
from cobi.server.tracing import Tracing, tracing

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_tracing_is_off_unless_it_is_asked_for() -> None:
    assert tracing(Settings()) is None


def test_without_its_packages_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(Misconfigured, match="tracing is not installed") as refused:
        tracing(Settings(tracing_endpoint="http://127.0.0.1:4318/v1/traces"))
    assert "cobi[tracing]" in str(refused.value.hint)


@pytest.mark.parametrize("status", [200, 503])
def test_a_request_is_a_span_in_the_callers_trace(status: int) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    provider, exporter = sdk.TracerProvider(), memory.InMemorySpanExporter()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    asyncio.run(request(Observer(answering(status), Ledger(Metrics(), Lines(), "info"), Tracing(provider))))
    [span] = exporter.get_finished_spans()
    assert span.name == "GET /v1/data"
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.attributes["http.response.status_code"] == status
    assert span.status.is_ok == (status < 500)


def answering(status: int) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        scope["path_template"] = "/v1/data"
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    return application


async def request(observer: Observer) -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        pass

    headers = [(b"traceparent", f"00-{TRACE}-00f067aa0ba902b7-01".encode())]
    scope: Any = {"type": "http", "method": "GET", "headers": headers, "state": {}}
    await observer(scope, receive, send)
