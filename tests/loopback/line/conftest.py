from collections.abc import Callable
from typing import Any

import pytest

from agentkit.loopback.clock import Clock
from agentkit.loopback.line import Line
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Webhook, WebhookKind

Lines = Callable[..., Line]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trace(clock: Clock) -> Trace:
    return Trace(clock)


@pytest.fixture
def line_to(clock: Clock, trace: Trace) -> Lines:
    def make(target: Any, **options: Any) -> Line:
        return Line(target, clock=clock, trace=trace, **options)

    return make


def tool(url: str = "/swaig", body: bytes = b'{"function":"order"}', **more: Any) -> Webhook:
    return webhook("function", url, body, **more)


def webhook(kind: WebhookKind, url: str, body: bytes = b"{}", **more: Any) -> Webhook:
    return Webhook(kind, url, body, **more)


def told(trace: Trace) -> list[tuple[str, str]]:
    """What is in a trace, kind and text."""
    return [(moment.kind, moment.text) for moment in trace.moments]
