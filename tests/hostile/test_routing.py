"""Routing callbacks that fail get the error document; a location must be safe (D7)."""

import threading
from collections.abc import Callable
from typing import Any

from agentkit import AgentBase, AgentServer
from tests.hostile.agents import (
    AUTH,
    CALL_ID,
    CALLBACK,
    table,
)
from tests.hostile.canaries import SECRET
from tests.hostile.doors import Door, Told, get, post
from tests.hostile.failing import (
    FAILED,
    FAILING,
    NO_DOCUMENT,
    OWN_DOCUMENT,
    Hook,
    Hooked,
    one_traceback,
    raising,
)


def routed(result: Any, **options: Any) -> AgentBase:
    agent = Hooked(lambda: None, **options)
    agent.register_routing_callback(lambda request, body: result(), "/desk")
    agent.register_routing_callback(lambda request, body: "/agent/desk", "/round")
    return agent


UNROUTABLE: dict[str, Hook] = {
    "empty": lambda: "",
    "no slash": lambda: "agent",
    "two slashes": lambda: "//evil.example",
    "three slashes": lambda: "///evil.example",
    "a backslash": lambda: "/\\evil.example",
    "a slash and a backslash": lambda: "\\/evil.example",
    "an encoded slash": lambda: "/%2Fevil.example",
    "an encoded backslash": lambda: "/%5Cevil.example",
    "dots": lambda: "/agent/../other",
    "encoded dots": lambda: "/agent/%2e%2e/other",
    "half encoded dots": lambda: "/agent/.%2E/other",
    "CR LF": lambda: "/agent\r\nX-Injected: 1",
    "encoded CR LF": lambda: "/agent%0d%0aX-Injected:1",
    "a NUL": lambda: "/agent\0",
    "an encoded NUL": lambda: "/agent%00",
    "a space": lambda: "/agent x",
    "a tab": lambda: "/\t/evil.example",
    "beyond ASCII": lambda: "/agent/\u00e4",
    "a lone surrogate": lambda: "/\ud800",
    "javascript": lambda: "javascript:alert(1)",
    "data": lambda: "data:text/html,x",
    "ftp": lambda: "ftp://evil.example/",
    "a URL without a host": lambda: "https:///x",
    "a URL with CR LF": lambda: "https://evil.example/\r\nX-Injected: 1",
    "a URL with a space": lambda: "https://evil.example/ x",
    "a URL with a bad host": lambda: "https://evil example/",
    "a URL with a bad port": lambda: "https://evil.example:x/",
    "a broken IPv6 URL": lambda: "https://[::1/",
    "tools": lambda: "/agent/swaig",
    "the summary": lambda: "/agent/post_prompt",
    "input": lambda: "/agent/check_for_input/",
    "itself": lambda: "/agent/desk",
    "itself with a query": lambda: "/agent/desk/?again=1",
    "in a circle": lambda: "/agent/round",
    "an agent class": lambda: AgentBase,
    "an agent that is set up wrong": lambda: AgentBase(
        "wrong", basic_auth=AUTH, secret=SECRET, signing_key="canary-signing-key"
    ),
    "a document with an object": lambda: {"sections": {"main": [object()]}},
}


@table({**FAILING, **NO_DOCUMENT, **UNROUTABLE})
async def test_a_routing_callback_that_fails_gets_the_error_document(
    case: Hook, door: Door, hurry: Callable[[], None]
) -> None:
    door.app = routed(case)
    hurry()

    assert await door.send(post(CALLBACK, {"call": {"call_id": CALL_ID}})) == FAILED
    one_traceback("document_failed")


async def test_a_plain_routing_callback_that_hangs_gets_the_error_document(
    door: Door, release: threading.Event, hurry: Callable[[], None]
) -> None:
    door.app = routed(release.wait, error_document=OWN_DOCUMENT)
    hurry()

    assert await door.send(get(CALLBACK)) == Told(200, OWN_DOCUMENT)


ELSEWHERE = {
    "a path": "/elsewhere",
    "a path with a query": "/elsewhere?a=b&c=//d",
    "a URL": "https://other.example/x?a=b",
    "another scheme of the web": "http://other.example",
    "a URL in capitals": "https://OTHER.example/%20",
    "a path of nothing here": "/agent/nothing",
    "the path in capitals": "/AGENT",
}


@table(ELSEWHERE)
async def test_a_safe_location_elsewhere_is_answered_307(case: str, door: Door) -> None:
    door.app = routed(lambda: case)

    answer = await door.send(post(CALLBACK, {}))

    assert answer == Told(307, None, (("location", case),))


async def test_a_route_of_this_application_is_served_here_with_its_own_errors(door: Door) -> None:
    server = AgentServer()
    server.register(routed(lambda: "/other?x=1"))
    server.register(Hooked(raising, error_document=OWN_DOCUMENT), "/other")
    door.app = server

    assert await door.send(post(CALLBACK, {})) == Told(200, OWN_DOCUMENT)
