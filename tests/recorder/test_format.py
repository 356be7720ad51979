"""Which call a request is about, and which request it is."""

from typing import Any

import pytest

from agentkit import _json
from agentkit.recorder.format import call_of, what_is_asked

CALLS: dict[str, tuple[bytes, bytes, str | None]] = {
    "a document": (b"", b'{"call":{"call_id":"c"}}', "c"),
    "a tool": (b"", b'{"call_id":"c"}', "c"),
    "a request in params": (b"", b'{"params":{"call":{"call_id":"c"}}}', "c"),
    "a query": (b"a=1&call_id=c%20d", b"", "c d"),
    "the body before the query": (b"call_id=q", b'{"call_id":"c"}', "c"),
    "a call that is no object": (b"", b'{"call":7,"call_id":"c","params":7}', "c"),
    "an id that is no text": (b"", b'{"call_id":7}', None),
    "an empty id": (b"call_id=", b'{"call_id":""}', None),
    "an id that is too long": (b"", b'{"call_id":"%s"}' % (b"c" * 1025), None),
    "no JSON": (b"", b"{", None),
    "no object": (b"", b"[1]", None),
    "no UTF-8": (b"call_id=\xff", b"\xff", "\xff"),
    "nested too deep": (b"", b'{"a":' + b"[" * 100_000, None),
    "nothing": (b"", b"", None),
}


@pytest.mark.parametrize(("query", "body", "call_id"), CALLS.values(), ids=CALLS)
def test_the_call_of_a_request_is_found(query: bytes, body: bytes, call_id: str | None) -> None:
    assert call_of(query, body) == call_id


ASKED: dict[str, tuple[str, Any, str]] = {
    "document": ("/", {"call": {"call_id": "c"}}, "document"),
    "document whose caller passes a function": ("/", {"call": {}, "function": "f"}, "document"),
    "empty body": ("/swaig", None, "document"),
    "function": ("/swaig", {"function": "f"}, "function"),
    "hook": ("/swaig", {"function": "startup_hook"}, "hook"),
    "poll by a function": ("/swaig", {"function": "check_for_input"}, "poll"),
    "poll by a path": ("/a/check_for_input/", {"conversation_id": "x"}, "poll"),
    "poll without a body": ("/check_for_input", None, "poll"),
    "signature": ("/swaig", {"action": "get_signature"}, "signature"),
    "summary": ("/anywhere", {"action": "post_conversation"}, "post_prompt"),
    "summary by its path": ("/post_prompt/", {}, "post_prompt"),
    "stored summary": ("/post_prompt", {"action": "fetch_conversation"}, "fetch_conversation"),
    "debug": ("/debug_events", {"label": "x"}, "debug"),
    "MCP": ("/mcp", {"jsonrpc": "2.0"}, "mcp"),
    "odd action": ("/", {"action": ["x"]}, "document"),
}


@pytest.mark.parametrize(("path", "body", "what"), ASKED.values(), ids=ASKED)
def test_requests_are_told_apart(path: str, body: Any, what: str) -> None:
    assert what_is_asked(_json.decode(_json.encode(body)), path) == what
