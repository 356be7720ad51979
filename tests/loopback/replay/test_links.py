"""Where webhooks go today."""

from typing import Any

import pytest

from agentkit import _json
from agentkit.loopback.replay.journal import Exchange
from agentkit.loopback.replay.links import Links

DOCUMENT: Any = {
    "sections": {
        "main": [
            {"play": "https://h/music.mp3"},
            {
                "ai": {
                    "post_prompt_url": "https://u:p@h/post_prompt/?__token=1",
                    "params": {"debug_webhook_url": "https://h/debug_events?t=2"},
                    "SWAIG": {
                        "defaults": {"web_hook_url": "https://u:p@h/swaig/?__token=3"},
                        "functions": [
                            {"function": "own", "web_hook_url": "https://h/own?t=4"},
                            {"function": "common"},
                            "odd",
                        ],
                    },
                }
            },
        ]
    }
}


def asked(what: str, url: str = "", function: str = "") -> Exchange:
    return Exchange(what, "POST", url, body={"function": function} if function else {})


LED: dict[str, tuple[Exchange, str | None]] = {
    "a function of its own": (asked("function", function="own"), "https://h/own?t=4"),
    "a function like others": (
        asked("function", function="common"),
        "https://u:p@h/swaig/?__token=3",
    ),
    "a hook": (asked("hook", function="startup_hook"), "https://u:p@h/swaig/?__token=3"),
    "a summary": (asked("post_prompt"), "https://u:p@h/post_prompt/?__token=1"),
    "a debug event": (asked("debug", "http://old/debug_events"), "https://h/debug_events?t=2"),
    "a poll by its path": (asked("poll", "https://h/check_for_input"), None),
    "something unknown": (asked("mcp", "https://h/mcp"), None),
}


@pytest.mark.parametrize(("exchange", "url"), LED.values(), ids=LED)
def test_webhooks_go_where_the_document_says(exchange: Exchange, url: str | None) -> None:
    links = Links()
    links.take(DOCUMENT)
    assert links.of(exchange) == url


@pytest.mark.parametrize(
    "document",
    [None, 7, {}, {"ai": 7}, {"ai": {}}, {"ai": {"SWAIG": {"defaults": 7, "functions": 7}}}],
)
def test_odd_documents_lead_nowhere(document: Any) -> None:
    links = Links()
    links.take(document)
    assert [links.of(exchange) for exchange, _ in LED.values()] == [None] * len(LED)


def test_a_document_without_a_summary_leaves_the_known_one() -> None:
    links = Links()
    links.take(DOCUMENT)
    links.take({"ai": {"SWAIG": {"defaults": {"web_hook_url": 7}}}})
    assert links.of(asked("post_prompt")) == "https://u:p@h/post_prompt/?__token=1"


def test_what_belongs_to_the_document_before_goes_back_to_it() -> None:
    links, other = Links(), _json.decode(_json.encode(DOCUMENT).replace(b"@h/", b"@h/other/"))
    links.take(DOCUMENT)
    links.take(other)
    summary = asked("post_prompt", "http://old/post_prompt")
    assert links.of(summary) == "https://u:p@h/post_prompt/?__token=1"
    assert links.of(asked("post_prompt")) == "https://u:p@h/other/post_prompt/?__token=1"
    order = asked("function", "http://old/swaig/", "common")
    assert links.of(order) == "https://u:p@h/swaig/?__token=3"
    assert links.of(asked("function", "http://old/x", "common")) == (
        "https://u:p@h/other/swaig/?__token=3"
    )
