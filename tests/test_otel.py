"""Spans and metrics of an agent, read back with OpenTelemetry's own SDK."""

import importlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from agentkit import AgentBase, ToolError
from agentkit.events import Outcome, SummaryTaken, ToolStarted
from agentkit.otel import instrument
from tests.once.doors import CALL_ID, Line, make

NOW = 1_800_000_000_000_000_000


class Watch:
    """An instrumented agent and what it has recorded."""

    def __init__(self, agent: AgentBase) -> None:
        self.agent = agent
        self._exporter = InMemorySpanExporter()
        spans = TracerProvider(shutdown_on_exit=False)
        spans.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self._meters = MeterProvider([self._reader], shutdown_on_exit=False)
        instrument(agent, tracer_provider=spans, meter_provider=self._meters, clock=lambda: NOW)

    def spans(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def points(self) -> dict[str, list[Any]]:
        data = self._reader.get_metrics_data()
        assert data is not None
        metrics = data.resource_metrics[0].scope_metrics[0].metrics
        return {metric.name: list(metric.data.data_points) for metric in metrics}

    def close(self) -> None:
        self._meters.shutdown()


@pytest.fixture
def watch() -> Iterator[Watch]:
    agent = make()

    @agent.tool
    def plain() -> str:
        """Be plain."""
        with trace.get_tracer("shop").start_as_current_span("below"):
            inner.append(trace.get_current_span().get_span_context().trace_id)
        assert threading.current_thread() is not threading.main_thread()
        return "fine"

    @agent.tool
    async def spoken() -> str:
        """Refuse."""
        raise ToolError("canary")

    @agent.tool
    async def failing() -> str:
        """Fail."""
        raise RuntimeError("canary")

    inner: list[int] = []
    watching = Watch(agent)
    yield watching
    watching.close()


async def test_a_tool_runs_in_a_span_of_its_call(watch: Watch) -> None:
    await Line(watch.agent).say("plain")
    document, tool = watch.spans()
    assert tool.name == "tool plain"
    assert tool.attributes is not None
    assert dict(tool.attributes) == {
        "agentkit.agent": "shop",
        "agentkit.function": "plain",
        "agentkit.call_id": CALL_ID,
    }
    assert document.name == "document"
    assert document.end_time == NOW


async def test_a_span_without_a_call_has_no_id_of_one(watch: Watch) -> None:
    await watch.agent.compiled().spec.observers[0](
        SummaryTaken(agent="shop", outcome=Outcome.FAILED, seconds=1.5)
    )
    (span,) = watch.spans()
    assert span.attributes is not None
    assert "agentkit.call_id" not in span.attributes
    assert span.start_time == NOW - 1_500_000_000
    assert not span.status.is_ok


@pytest.mark.parametrize(("function", "is_error"), [("spoken", False), ("failing", True)])
async def test_of_an_exception_only_the_type_is_recorded(
    watch: Watch, function: str, is_error: bool
) -> None:
    await Line(watch.agent).say(function)
    span = watch.spans()[-1]
    assert (not span.status.is_ok) is is_error
    assert "canary" not in span.to_json()
    assert ("RuntimeError" in span.to_json()) is is_error


async def test_durations_are_measured_without_ids_of_calls(watch: Watch) -> None:
    line = Line(watch.agent)
    await line.say("plain")
    await line.say("failing")
    points = watch.points()
    outcomes = {point.attributes["agentkit.outcome"] for point in points["agentkit.tool.duration"]}
    assert outcomes == {"answered", "failed"}
    assert points["agentkit.document.duration"][0].attributes["agentkit.failed"] == "false"
    assert "call_id" not in str([point.attributes for each in points.values() for point in each])
    assert points["agentkit.tool.in_flight"][0].value == 0
    assert points["agentkit.threads.hung"][0].value == 0


async def test_what_has_no_duration_is_passed_over(watch: Watch) -> None:
    record = watch.agent.compiled().spec.observers[0]
    await record(ToolStarted(agent="shop", function="plain"))
    assert watch.spans() == []


async def test_summaries_are_measured(watch: Watch) -> None:
    record = watch.agent.compiled().spec.observers[0]
    for outcome in (Outcome.ANSWERED, Outcome.FAILED):
        await record(SummaryTaken(agent="shop", call_id="c", outcome=outcome, seconds=0.5))
    points = watch.points()["agentkit.summary.duration"]
    assert {point.attributes["agentkit.outcome"] for point in points} == {"answered", "failed"}
    assert [span.name for span in watch.spans()] == ["summary", "summary"]


def test_who_has_no_opentelemetry_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "agentkit.otel")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'agentkit-swml\[otel\]'"):
        importlib.import_module("agentkit.otel")
