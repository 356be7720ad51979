"""What clients of /check_for_input get, and what is taken as arrived afterwards."""

from contextlib import suppress
from typing import Any

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from agentkit import AgentBase, MemoryState, StateManager
from agentkit.errors import StateUnavailable
from agentkit.events import MessagesDelivered
from agentkit.testing import AgentClient
from tests.state.stores import twisted

JSON = dict[str, Any]
AUTH = ("user", "pass")
TALK = "talk-1"
PATH = "/check_for_input"


def make(kind: type[AgentBase] = AgentBase, **options: Any) -> AgentBase:
    return kind("desk", basic_auth=AUTH, **options)


def client_of(agent: AgentBase) -> AgentClient:
    return AgentClient(agent, auth=AUTH)


async def asked(agent: AgentBase, **body: Any) -> JSON:
    answer = await client_of(agent).post(PATH, json={"conversation_id": TALK, **body})
    assert answer.status == 200, answer.json()
    data: JSON = answer.json()
    assert data["status"] == "success"
    assert data["conversation_id"] == TALK
    assert data["new_input"] is bool(data["messages"])
    return data


async def texts(agent: AgentBase, **body: Any) -> list[str]:
    return [message["text"] for message in (await asked(agent, **body))["messages"]]


async def filled(agent: AgentBase, *texts: str) -> list[str]:
    """Push texts and return the cursors of their messages."""
    for text in texts:
        await agent.inbox.push(TALK, text)
    return [message.cursor for message in await agent.inbox.read(TALK)]


async def test_a_client_gets_what_waits() -> None:
    agent = make()
    agent.inbox.push_blocking(TALK, "Bye ${x}", role="assistant", id="m-1")
    [message] = (await asked(agent))["messages"]
    assert message.pop("cursor").endswith(".1")
    assert message.pop("pushed_at") > 1_700_000_000
    assert message == {"id": "m-1", "role": "assistant", "text": "Bye ${x}", "sequence": 1}


async def test_without_a_cursor_a_message_is_gone_when_its_answer_was_sent() -> None:
    agent = make()
    await filled(agent, "a", "b")
    assert await texts(agent) == ["a", "b"]
    await agent.inbox.push(TALK, "c")
    assert await texts(agent) == ["c"]
    assert await texts(agent) == []


async def test_who_watches_is_told_what_a_client_got() -> None:
    agent, seen = make(), list[Any]()
    agent.on_event(seen.append)
    await asked(agent)
    await filled(agent, "a")
    await asked(agent, after="")
    assert seen == [MessagesDelivered(agent="desk", conversation_id=TALK, messages=1)]


async def test_get_does_what_post_does() -> None:
    agent = make()
    client = client_of(agent)
    first, _ = await filled(agent, "a", "b")
    for query in ("after=", f"after={first}", ""):
        answer = await client.get(f"{PATH}?conversation_id={TALK}&{query}")
        assert [message["text"] for message in answer.json()["messages"]][-1] == "b"
    assert await texts(agent) == []


@pytest.mark.parametrize("after", ["", None])
async def test_with_a_cursor_a_message_comes_until_it_is_covered(after: str | None) -> None:
    agent = make()
    first, second = await filled(agent, "a", "b")
    assert await texts(agent, after=after) == ["a", "b"]
    assert await texts(agent, after=after) == ["a", "b"]
    assert await texts(agent, after=first) == ["b"]
    assert await texts(agent, after=second) == []
    await agent.inbox.push(TALK, "c")
    assert await texts(agent, after=second) == ["c"]


class Cut(Exception):
    """The server could not send."""


def cutting(agent: AgentBase, at: str, *, cancels: bool = False) -> Any:
    """Return the agent behind a server that fails to send, and then says so to its client."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def failing(message: Any) -> None:
            if message["type"] == at and cancels:
                task.cancel()
                await anyio.sleep_forever()
            if message["type"] == at:
                raise Cut

        with anyio.CancelScope() as task, suppress(Cut):
            await agent(scope, receive, failing)
        await JSONResponse({}, 599)(scope, receive, send)

    return app


ENDS = [("http.response.start", False), ("http.response.body", False), ("http.response.body", True)]


class Passing(AgentBase):
    """Hands the default answer on."""

    async def _handle_check_for_input_request(self, request: Request) -> Any:
        return await super()._handle_check_for_input_request(request)


class Wrapping(AgentBase):
    """Makes a response of its own of the default answer."""

    async def _handle_check_for_input_request(self, request: Request) -> Any:
        return JSONResponse(await super()._handle_check_for_input_request(request), 201)


@pytest.mark.parametrize(("at", "cancels"), ENDS)
@pytest.mark.parametrize("kind", [AgentBase, Passing, Wrapping])
async def test_a_message_whose_answer_was_not_sent_is_delivered_again(
    kind: type[AgentBase], at: str, cancels: bool
) -> None:
    agent = make(kind)
    await filled(agent, "a")
    question = f"{PATH}?conversation_id={TALK}"
    cut = AgentClient(cutting(agent, at, cancels=cancels), auth=AUTH)
    assert (await cut.get(question)).status == 599
    again = await client_of(agent).get(question)
    assert [message["text"] for message in again.json()["messages"]] == ["a"]
    assert (await client_of(agent).get(question)).json()["messages"] == []


async def test_an_override_with_cursors_keeps_what_it_does_not_cover() -> None:
    agent = make(Passing)
    first, _ = await filled(agent, "a", "b")
    assert await texts(agent, after="") == ["a", "b"]
    assert await texts(agent, after=first) == ["b"]
    assert await texts(agent) == ["b"]
    assert await texts(agent) == []


async def test_a_response_of_an_override_is_sent_as_it_is() -> None:
    agent = make(Wrapping)
    for expected in ([], ["a"], []):
        if expected:
            await filled(agent, *expected)
        answer = await client_of(agent).post(PATH, json={"conversation_id": TALK})
        assert answer.status == 201
        assert [message["text"] for message in answer.json()["messages"]] == expected


BAD: dict[str, tuple[JSON, str]] = {
    "no conversation": ({}, "conversation_id is missing"),
    "a cursor that is a number": ({"conversation_id": TALK, "after": 5}, "after must be"),
    "a cursor that is none": ({"conversation_id": TALK, "after": "x"}, "after: this is no cursor"),
    "a conversation that is a number": ({"conversation_id": 5}, "conversation_id must be text"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
@pytest.mark.parametrize("kind", [AgentBase, Passing])
async def test_what_is_no_question_is_refused(
    kind: type[AgentBase], case: tuple[JSON, str]
) -> None:
    answer = await client_of(make(kind)).post(PATH, json=case[0])
    assert answer.status == 400
    assert answer.json()["error"].startswith(case[1])


def broken(memory: MemoryState, *calls: str) -> StateManager:
    """Return a manager whose store does not take some calls."""

    def refuse(*args: Any, **request: Any) -> Any:
        raise StateUnavailable("the store is away")

    return StateManager(twisted(memory, **dict.fromkeys(calls, refuse)))


@pytest.mark.parametrize("kind", [AgentBase, Passing])
async def test_a_store_that_cannot_be_read_is_503(
    kind: type[AgentBase], caplog: pytest.LogCaptureFixture
) -> None:
    agent = make(kind, state_manager=broken(MemoryState(), "get"))
    answer = await client_of(agent).post(PATH, json={"conversation_id": TALK})
    assert (answer.status, answer.json()) == (503, {"error": "messages cannot be read now"})
    assert answer.headers["retry-after"] == "1"
    assert "inbox_not_read" in caplog.text


async def test_what_cannot_be_settled_is_delivered_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    memory = MemoryState()
    await filled(make(state_manager=memory), "a")
    agent = make(state_manager=broken(memory, "put"))
    assert await texts(agent) == await texts(agent) == ["a"]
    assert "inbox_not_settled" in caplog.text
