"""Spans and metrics of OpenTelemetry for an agent: `pip install 'agentkit-swml[otel]'`.

    from agentkit.otel import instrument

    instrument(agent)

Each tool's code runs in a span of its own, so what it calls is traced below it; documents and
summaries have spans as well. Spans carry the call's id, metrics do not: there are too many calls.
Nothing that was said, passed or returned is recorded, and of an exception only its type.

Only the API of OpenTelemetry is used; without an SDK in the program it does nothing.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

try:
    from opentelemetry import metrics, trace
    from opentelemetry.metrics import CallbackOptions, Observation
    from opentelemetry.trace import SpanKind, Status, StatusCode
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "agentkit.otel needs OpenTelemetry: pip install 'agentkit-swml[otel]'", name=error.name
    ) from error

from agentkit.context import Call
from agentkit.errors import ToolError
from agentkit.events import DocumentServed, Event, SummaryTaken, ToolAnswered
from agentkit.traffic import Traffic

_SCOPE = "agentkit"
_NANO = 1_000_000_000


class Instrumentable(Protocol):
    """An agent."""

    @property
    def traffic(self) -> Traffic:
        """What goes on there."""
        ...

    @property
    def name(self) -> str:
        """Its name."""
        ...

    def middleware(self, function: Callable[..., Any], /) -> object:
        """Run a function around every tool."""
        ...

    def on_event(self, handler: Callable[..., Any], /) -> object:
        """Tell a function what happens."""
        ...


def instrument(
    agent: Instrumentable,
    *,
    tracer_provider: trace.TracerProvider | None = None,
    meter_provider: metrics.MeterProvider | None = None,
    clock: Callable[[], int] = time.time_ns,
) -> None:
    """Trace and measure an agent.

    Args:
        agent: the agent; call this once for each.
        tracer_provider: the program's own by default.
        meter_provider: likewise.
        clock: Unix time in nanoseconds, in which the spans of OpenTelemetry are.
    """
    tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
    meter = metrics.get_meter(_SCOPE, meter_provider=meter_provider)
    agent.middleware(_traced_by(tracer, agent.name))
    agent.on_event(_Recorder(tracer, meter, clock).record)
    _gauge(meter, "agentkit.tool.in_flight", agent, lambda traffic: traffic.admission.inside)
    _gauge(meter, "agentkit.threads.hung", agent, lambda traffic: traffic.slots.hung)


def _traced_by(tracer: trace.Tracer, agent: str) -> Callable[..., Awaitable[Any]]:
    async def traced(call: Call, run: Callable[[], Awaitable[Any]]) -> Any:
        known = {"agentkit.agent": agent, "agentkit.function": call.function}
        attributes = {**known, **({"agentkit.call_id": call.call_id} if call.call_id else {})}
        with tracer.start_as_current_span(
            f"tool {call.function}",
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                return await run()
            except ToolError:
                span.set_attribute("agentkit.outcome", "spoken")
                raise
            except BaseException as error:  # a cancelled tool has failed, too
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    return traced


class _Recorder:
    """Makes spans and measurements of events."""

    def __init__(
        self, tracer: trace.Tracer, meter: metrics.Meter, clock: Callable[[], int]
    ) -> None:
        self._tracer = tracer
        self._clock = clock
        self._tools = meter.create_histogram(
            "agentkit.tool.duration", "s", "From a tool call's request to its answer"
        )
        self._documents = meter.create_histogram(
            "agentkit.document.duration", "s", "From a document's request to its answer"
        )
        self._summaries = meter.create_histogram(
            "agentkit.summary.duration", "s", "From a summary's request to its answer"
        )

    async def record(self, event: Event) -> None:
        """Measure what has a duration."""
        agent = {"agentkit.agent": event.agent}
        if isinstance(event, ToolAnswered):
            outcome = {"agentkit.outcome": event.outcome.value}
            attributes = {**agent, **outcome, "agentkit.function": event.function}
            self._tools.record(event.seconds, attributes)
        elif isinstance(event, DocumentServed):
            attributes = {**agent, "agentkit.failed": str(event.failed).lower()}
            self._documents.record(event.seconds, attributes)
            self._span("document", event, event.seconds, failed=event.failed)
        elif isinstance(event, SummaryTaken):
            outcome = {"agentkit.outcome": event.outcome.value}
            self._summaries.record(event.seconds, {**agent, **outcome})
            self._span("summary", event, event.seconds, failed=event.outcome.value == "failed")

    def _span(self, name: str, event: Event, seconds: float, *, failed: bool) -> None:
        """Make a span of what is over already."""
        ended = self._clock()
        attributes = {"agentkit.agent": event.agent}
        if event.call_id:
            attributes["agentkit.call_id"] = event.call_id
        span = self._tracer.start_span(
            name,
            kind=SpanKind.SERVER,
            attributes=attributes,
            start_time=ended - int(seconds * _NANO),
        )
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)


def _gauge(
    meter: metrics.Meter, name: str, agent: Instrumentable, count: Callable[[Traffic], int]
) -> None:
    def observe(options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(count(agent.traffic), {"agentkit.agent": agent.name})

    meter.create_observable_gauge(name, [observe])
