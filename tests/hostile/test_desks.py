"""An endpoint of a server refuses what an agent's own refuses, word by word (D2, D5, D8)."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit import AgentBase, AgentServer
from tests.hostile.agents import AUTH, table
from tests.hostile.canaries import SECRET
from tests.hostile.doors import (
    UNAUTHORIZED,
    Asked,
    Door,
    InProcess,
    Told,
    ask,
    basic,
    get,
    post,
    refused,
)

JSON = dict[str, Any]
MILLION = 1024 * 1024


def server(**options: Any) -> AgentServer:
    """A server whose desks and whose agent would serve the same document."""
    agent = AgentBase("agent", "/agent", basic_auth=AUTH, secret=SECRET, **options)
    agent.set_post_prompt("Sum up.").register_sip_username("desk")
    made = AgentServer().register(agent)
    made.setup_sip_routing("/sip", fallback=agent)
    made.route_by_number({}, "/number", fallback="/agent")
    return made.register_routing_callback(lambda request, body: agent, "/asked")


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


REQUESTS: dict[str, Any] = {
    "GET": get,
    "GET with a call": lambda path: get(f"{path}?call_id=c-1"),
    "GET with a broken call id": lambda path: get(f"{path}?call_id=%00"),
    "HEAD": lambda path: ask("HEAD", path),
    "PUT": lambda path: ask("PUT", path, b"{}"),
    "DELETE": lambda path: ask("DELETE", path),
    "OPTIONS": lambda path: ask("OPTIONS", path),
    "POST": lambda path: post(path, {"call": {"call_id": "c-1"}}),
    "POST of nothing": lambda path: post(path, b""),
    "no JSON": lambda path: post(path, b"{"),
    "a list": lambda path: post(path, b"[]"),
    "a text": lambda path: post(path, b'"sip:desk@d"'),
    "null": lambda path: post(path, b"null"),
    "not UTF-8": lambda path: post(path, b'{"call":{"to":"sip:\xff@d"}}'),
    "NaN": lambda path: post(path, b'{"to":NaN}'),
    "a byte order mark": lambda path: post(path, b"\xef\xbb\xbf{}"),
    "deep": lambda path: post(path, deep(65)),
    "very deep": lambda path: post(path, deep(20_000)),
    "deep enough": lambda path: post(path, deep(60)),
    "a call twice": lambda path: post(path, b'{"call_id":"a","call_id":"b"}'),
    "a call id that is a number": lambda path: post(path, {"call": {"call_id": 5}}),
    "a call that is a number": lambda path: post(path, {"call": 5}),
    "too large": lambda path: post(path, b'{"a":"' + b"x" * MILLION + b'"}'),
    "too large in pieces": lambda path: post(path, (b'{"a":"', b"x" * MILLION, b'"}', b"")),
    "said to be too large": lambda path: post(path, b"{}", ("content-length", "99999999")),
    "a form": lambda path: post(
        path, b"to=a", ("content-type", "application/x-www-form-urlencoded")
    ),
    "no content type": lambda path: post(path, b"{}", without=("content-type",)),
    "UTF-16": lambda path: post(path, b"{}", ("content-type", "application/json; charset=utf-16")),
    "compressed": lambda path: post(path, b"{}", ("content-encoding", "gzip")),
    "a stranger": lambda path: get(path, without=("authorization",)),
    "another password": lambda path: get(path, basic(AUTH[0], "wrong")),
    "two headers": lambda path: get(path, basic(*AUTH), basic(*AUTH)),
    "a bad host": lambda path: get(path, ("host", "evil.example\\")),
    "two hosts": lambda path: get(path, ("host", "a.example"), ("host", "b.example")),
}
DESKS = ("/sip", "/sip/", "/number", "/asked")


@table(REQUESTS)
async def test_a_desk_answers_as_the_agent_does(case: Any, door: Door) -> None:
    door.app = server()
    expected = shown(await door.send(case("/agent")))

    answers = {path: shown(await door.send(case(path))) for path in DESKS}

    assert answers == dict.fromkeys(DESKS, expected)


def shown(told: Told) -> Told:
    """An answer without what differs between two requests: times in tokens."""
    text = json.dumps(told.data) if not isinstance(told.data, bytes) else str(told.data)
    return told._replace(data="document" if '"sections"' in text else text)


async def test_a_number_that_nobody_can_read_is_refused_where_somebody_reads(door: Door) -> None:
    door.app = server()
    for path in DESKS:
        answer = await door.send(post(path, b'{"call":{"to":1' + b"0" * 5_000 + b"}}"))
        assert (answer.status, "cannot be read" in str(answer.data)) == (400, True)


async def test_a_stranger_learns_nothing_of_a_desk(door: Door) -> None:
    door.app = server()
    for path in DESKS:
        for asked in (
            post(path, {"to": "ghost"}, without=("authorization",)),
            post(path, b"{", without=("authorization",)),
            ask("PUT", path, without=("authorization",)),
        ):
            assert await door.send(asked) == UNAUTHORIZED


async def test_a_large_body_of_a_stranger_is_not_read(door: Door) -> None:
    door.app = server()
    asked: Asked = post("/sip", (b"x" * MILLION,), without=("authorization",))
    assert await door.send(asked) == UNAUTHORIZED


TO = st.text(max_size=40) | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
JUNK = st.recursive(
    TO,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["to", "call", "params", "uri", "address", "sip_data", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(body=st.dictionaries(st.sampled_from(["to", "call", "params", "x"]), JUNK, max_size=4))
@settings(max_examples=300, deadline=None)
@pytest.mark.filterwarnings("ignore")
async def test_whatever_names_nobody_reaches_nobody(body: JSON) -> None:
    agent = AgentBase("agent", "/agent", basic_auth=AUTH, secret=SECRET)
    app = AgentServer().register(agent).setup_sip_routing(auto_map=False)

    answer = await InProcess(app).send(post("/sip", body))

    assert answer.status in {400, 404}
    assert "sections" not in str(answer.data)


async def test_an_unknown_name_is_told_back_no_longer_than_it_must_be(door: Door) -> None:
    door.app = (
        AgentServer()
        .register(AgentBase("agent", "/agent", basic_auth=AUTH, secret=SECRET))
        .setup_sip_routing()
    )
    answer = await door.send(post("/sip", {"to": f"sip:{'a' * 5_000}@d"}))
    assert answer == refused(404, f"no agent here answers to {'a' * 64!r}")
