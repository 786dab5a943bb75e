"""Traces by OpenTelemetry, sent by OTLP over HTTP. This module needs the extra `otel`; nothing else imports it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from hub.telemetry.trails import Attributes, following

EXPORT_TIMEOUT = 5
"""Seconds that sending a bundle of spans may take, with its repeats; a stop waits as long for the last of them."""


class Recorder:
    """Spans of requests, changes, events and attempts; a span's children begin under its own context."""

    def __init__(self, *, endpoint: str, service_name: str, version: str, sample_ratio: float) -> None:
        resource = Resource.create({"service.name": service_name, "service.version": version})
        sampler = ParentBased(TraceIdRatioBased(sample_ratio))
        self._provider = TracerProvider(resource=resource, sampler=sampler, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("qos-hub", version)
        self.attempts = RecordedAttempts(self._tracer)

    def request(self, traceparent: str | None, method: str, path: str) -> "RecordedRequest":
        span = self._tracer.start_span(
            method,
            context=_context_of(traceparent),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "url.path": path},
        )
        return RecordedRequest(self._tracer, span)

    @contextmanager
    def work(self, name: str, attributes: Attributes) -> Iterator[None]:
        """An exception passes, and marks the span."""
        span = self._tracer.start_span(name, context=Context(), attributes=dict(attributes))
        try:
            with following(RecordedTrail(self._tracer, span)):
                yield
        except BaseException as error:
            span.set_status(_failed(error))
            raise
        finally:
            span.end()

    def flush(self) -> None:
        self._provider.force_flush()

    def close(self) -> None:
        self._provider.shutdown()


class RecordedTrail:
    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span

    def change(self) -> "RecordedChange":
        return RecordedChange(self._tracer, self._span)


class RecordedRequest(RecordedTrail):
    def end(self, operation: str | None, status: int) -> None:
        if operation is None:
            return
        self._span.update_name(operation)
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class RecordedChange:
    """Its events are recorded when it is committed, and not at all when it is not."""

    def __init__(self, tracer: Tracer, parent: Span) -> None:
        self._tracer = tracer
        self._span = tracer.start_span("change", context=set_span_in_context(parent, Context()))
        self._events: list[tuple[Span, int]] = []

    def begin(self) -> None:
        self._events.clear()

    def event(self, event_id: str, kind: str) -> str:
        span = self._tracer.start_span(
            kind,
            context=set_span_in_context(self._span, Context()),
            kind=SpanKind.PRODUCER,
            attributes={"qos_hub.event.id": event_id, "qos_hub.event.type": kind},
        )
        self._events.append((span, time.time_ns()))
        return _traceparent_of(span)

    def end(self, error: BaseException | None) -> None:
        if error is not None:
            self._span.set_status(_failed(error))
        else:
            for span, at in self._events:
                span.end(at)
        self._span.end()


class RecordedAttempts:
    """One thread begins and ends them all."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._running: dict[int, tuple[Span, int]] = {}

    def begin(self, key: int, traceparent: str, attributes: Attributes) -> str:
        began = time.time_ns()
        span = self._tracer.start_span(
            "attempt",
            context=_context_of(traceparent),
            kind=SpanKind.CLIENT,
            attributes=dict(attributes),
            start_time=began,
        )
        self._running[key] = (span, began)
        return _traceparent_of(span)

    def end(
        self,
        key: int,
        *,
        milliseconds: float,
        phases: Mapping[str, float],
        attributes: Attributes,
        failure: str | None,
    ) -> None:
        found = self._running.pop(key, None)
        if found is None:
            return
        span, began = found
        for phase, reached in phases.items():
            span.add_event(phase, timestamp=began + round(reached * 1e6))
        span.set_attributes(dict(attributes))
        if failure is not None:
            span.set_status(Status(StatusCode.ERROR, failure))
        span.end(began + round(milliseconds * 1e6))


def _context_of(traceparent: str | None) -> Context:
    """That of a span elsewhere; an empty one, in which a trace begins, without a traceparent."""
    if traceparent is None:
        return Context()
    _, trace, step, flags = traceparent.split("-")
    parent = SpanContext(int(trace, 16), int(step, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _traceparent_of(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _failed(error: BaseException) -> Status:
    """By its kind alone: what it says may name values of a report, or addresses."""
    return Status(StatusCode.ERROR, type(error).__name__)
