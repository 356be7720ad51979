"""The platform polls a function, and messages come into the call as actions."""

from typing import Any

import anyio
import pytest
from msgspec import UNSET

from agentkit import AgentBase, DefinitionError, MemoryState, StateManager
from agentkit.errors import StateUnavailable
from agentkit.events import Event, MessagesDelivered
from agentkit.inbox import Inbox
from agentkit.operations import polls
from agentkit.testing import AgentClient, Response, SimulatedCall
from agentkit.tools import ToolOptions, build
from agentkit.workers import check_workers
from tests.state.stores import twisted

JSON = dict[str, Any]
AUTH = ("user", "pass")
CALL = "c-1"
POLL = "check_for_input"


def make(**options: Any) -> AgentBase:
    return AgentBase("desk", basic_auth=AUTH, **options).enable_inbox()


async def started(agent: AgentBase) -> SimulatedCall:
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/", call_id=CALL)
    await call.start()
    return call


def ai_of(call: SimulatedCall) -> JSON:
    ai: JSON = next(verb["ai"] for verb in call.document["sections"]["main"] if "ai" in verb)
    return ai


async def heard(call: SimulatedCall) -> list[Any]:
    """Poll, and return what came in without the cursor."""
    answer = await call.tool(POLL)
    assert answer.status == 200
    assert answer.response == ""
    return [action for action in answer.actions if "set_meta_data" not in action]


async def test_an_agent_has_no_such_function_unless_asked() -> None:
    call = await started(AgentBase("desk", basic_auth=AUTH))
    assert call.functions == []
    assert "input_poll_freq" not in str(call.document)


async def test_the_platform_is_told_to_poll() -> None:
    call = await started(make().enable_inbox(5_000).enable_inbox(poll_ms=1_500))
    assert call.functions == [POLL]
    assert ai_of(call)["params"] == {"input_poll_freq": 1_500}


async def test_nothing_new_is_an_empty_answer() -> None:
    call = await started(make())
    assert (await call.tool(POLL)).raw == {}


async def test_a_message_is_what_its_role_says() -> None:
    agent = make()
    call = await started(agent)
    await agent.inbox.push(CALL, "Are you open?")
    await agent.inbox.push(CALL, "One moment.", role="assistant")
    await agent.inbox.push(CALL, "The caller paid.", role="system")
    told = {"method": "ai_message", "call_id": CALL}
    told["params"] = {"role": "system", "message_text": "The caller paid."}  # type: ignore[assignment]
    document = {"version": "1.0.0", "sections": {"main": [{"execute_rpc": told}]}}
    assert await heard(call) == [
        {"user_input": "Are you open?"},
        {"say": "One moment."},
        {"SWML": document},
    ]
    assert await heard(call) == []


async def test_what_others_wrote_opens_no_expression_of_the_platform() -> None:
    agent = make(strict_templates=True)
    call = await started(agent)
    for role in ("user", "assistant", "system"):
        await agent.inbox.push(CALL, "${global_data.key} %{x} @{y}", role=role)
    assert str(await heard(call)).count("$ {global_data.key} % {x} @ {y}") == 3


async def test_messages_wait_for_the_conversation_if_it_has_an_id() -> None:
    agent = make().set_param("conversation_id", "talk-1")
    call = await started(agent)
    await agent.inbox.push(CALL, "not here")
    await agent.inbox.push("talk-1", "here")
    assert await heard(call) == [{"user_input": "here"}]


async def test_an_author_with_such_a_function_is_told() -> None:
    agent = AgentBase("desk", basic_auth=AUTH)
    agent.define_tool(POLL, handler=lambda: "mine")
    with pytest.raises(DefinitionError, match="has a tool named 'check_for_input' already"):
        agent.enable_inbox()


@pytest.mark.parametrize("odd", [999, 10_001, 0, -1, 2_000.0, "2000", None, True, float("nan")])
def test_a_time_that_the_platform_does_not_take_is_refused(odd: Any) -> None:
    agent = AgentBase("desk", basic_auth=AUTH)
    with pytest.raises(DefinitionError, match="poll_ms"):
        agent.enable_inbox(odd)
    assert agent.spec.tools == {}


def test_workers_that_share_no_inbox_are_refused() -> None:
    with pytest.raises(DefinitionError, match="keeps call state in memory"):
        check_workers(make(), 2)


async def test_who_watches_is_told_what_went_out() -> None:
    agent = make()
    seen: list[MessagesDelivered] = []

    @agent.on_event
    def note(event: Event) -> None:
        if isinstance(event, MessagesDelivered):
            seen.append(event)

    call = await started(agent)
    await heard(call)
    await agent.inbox.push(CALL, "a")
    await agent.inbox.push(CALL, "b")
    await heard(call)
    assert seen == [MessagesDelivered(agent="desk", call_id=CALL, conversation_id=CALL, messages=2)]


async def test_messages_that_are_not_in_the_answer_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a poll is over when its messages have been read, but nobody got them."""
    short = ToolOptions(timeout=0.05, on_error="", replay=False)
    monkeypatch.setattr(polls, "POLL", build(polls.check_for_input, short, takes_agent=True))
    agent = make()

    @agent.on_event
    async def never_done(event: Event) -> None:
        if isinstance(event, MessagesDelivered):
            await anyio.sleep_forever()

    call = await started(agent)
    await agent.inbox.push(CALL, "hello")
    assert await heard(call) == []
    assert [message.text for message in await agent.inbox.read(CALL)] == ["hello"]


# Lost answers ---------------------------------------------------------------------------------


class Platform:
    """Polls as the platform does; `forgets` is one that does not give meta data back."""

    def __init__(self, agent: AgentBase, call: SimulatedCall, *, forgets: bool = False) -> None:
        self.agent = agent
        self.client = AgentClient(agent, auth=AUTH)
        self.url = ai_of(call)["SWAIG"]["defaults"]["web_hook_url"]
        self.meta_data: JSON = {}
        self.forgets = forgets

    async def poll(self, *, lost: bool = False, **more: Any) -> list[str]:
        """Poll, and return what the agent said; a `lost` answer changes nothing here."""
        body = {"function": POLL, "call_id": CALL, "meta_data": self.meta_data, **more}
        body = {name: value for name, value in body.items() if value is not UNSET}
        answer: Response = await self.client.post(self.url, json=body)
        assert answer.status == 200, answer.json()
        actions = answer.json().get("action", [])
        if not lost and not self.forgets:
            for action in actions:
                self.meta_data |= action.get("set_meta_data", {})
        return [action["user_input"] for action in actions if "user_input" in action]


async def platform_of(agent: AgentBase, **options: Any) -> Platform:
    return Platform(agent, await started(agent), **options)


async def test_a_message_whose_answer_was_lost_comes_again() -> None:
    agent = make()
    platform = await platform_of(agent)
    for text in ("a", "b"):
        await agent.inbox.push(CALL, text)
        assert await platform.poll() == [text]
    await agent.inbox.push(CALL, "c")
    assert await platform.poll(lost=True) == ["c"]
    await agent.inbox.push(CALL, "d")
    assert await platform.poll() == ["c", "d"]
    assert await platform.poll() == []


async def test_a_message_comes_four_times_at_most() -> None:
    agent = make()
    platform = await platform_of(agent)
    await agent.inbox.push(CALL, "a")
    assert await platform.poll() == ["a"]
    await agent.inbox.push(CALL, "b")
    assert [await platform.poll(lost=True) for _ in range(6)] == [*[["b"]] * 4, [], []]


async def test_a_platform_that_gives_no_cursor_back_hears_everything_once() -> None:
    agent = make()
    platform = await platform_of(agent, forgets=True)
    for text in ("a", "b"):
        await agent.inbox.push(CALL, text)
        assert await platform.poll() == [text]
        assert await platform.poll() == []


@pytest.mark.parametrize(
    "odd", ["x", "", 5, None, ["a"], "0123456789abcdef.7", "0123456789abcdef.x", "\x00"]
)
async def test_a_cursor_that_is_none_of_ours_covers_nothing(odd: Any) -> None:
    agent = make()
    platform = await platform_of(agent)
    await agent.inbox.push(CALL, "a")
    assert await platform.poll(meta_data={"agentkit_inbox": odd}) == ["a"]
    assert await platform.poll(meta_data={"agentkit_inbox": odd}) == []


async def test_a_cursor_of_a_message_that_never_was_covers_nothing() -> None:
    agent = make()
    platform = await platform_of(agent)
    await agent.inbox.push(CALL, "a")
    [message] = await agent.inbox.read(CALL)
    forged = {"agentkit_inbox": message.cursor.replace(".1", ".9")}
    assert await platform.poll(meta_data=forged) == ["a"]


@pytest.mark.parametrize("odd", [UNSET, None, 5, [], "x"])
async def test_meta_data_may_be_missing_or_odd(odd: Any) -> None:
    agent = make()
    platform = await platform_of(agent)
    await agent.inbox.push(CALL, "a")
    assert await platform.poll(meta_data=odd) == ["a"]
    assert await platform.poll(meta_data=odd) == []


@pytest.mark.parametrize("odd", ["x" * 257, "a\n", 5, None, "", []])
async def test_a_conversation_that_is_no_id_has_no_messages(odd: Any) -> None:
    agent = make()
    platform = await platform_of(agent)
    await agent.inbox.push(CALL, "a")
    is_id = isinstance(odd, str) and bool(odd)  # anything else is as good as none
    assert await platform.poll(conversation_id=odd) == ([] if is_id else ["a"])


async def test_a_poll_without_any_id_has_no_messages() -> None:
    agent = make()
    document = (await AgentClient(agent, auth=AUTH).get("/")).json()
    ai = next(verb["ai"] for verb in document["sections"]["main"] if "ai" in verb)
    url = ai["SWAIG"]["defaults"]["web_hook_url"]
    answer = await AgentClient(agent, auth=AUTH).post(url, json={"function": POLL})
    assert (answer.status, answer.json()) == (200, {})


async def test_a_system_message_goes_without_a_call_id_if_there_is_none() -> None:
    agent = make()
    document = (await AgentClient(agent, auth=AUTH).get("/")).json()
    ai = next(verb["ai"] for verb in document["sections"]["main"] if "ai" in verb)
    url = ai["SWAIG"]["defaults"]["web_hook_url"]
    await agent.inbox.push("talk-1", "Paid.", role="system")
    body = {"function": POLL, "conversation_id": "talk-1"}
    answer = await AgentClient(agent, auth=AUTH).post(url, json=body)
    [verb] = answer.json()["action"][0]["SWML"]["sections"]["main"]
    told = {"role": "system", "message_text": "Paid."}
    assert verb == {"execute_rpc": {"method": "ai_message", "params": told}}


async def test_a_store_that_is_away_is_told_in_the_log_and_not_to_the_caller(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(key: str) -> Any:
        raise StateUnavailable("the store is away")

    agent = make(state_manager=StateManager(twisted(MemoryState(), get=refuse)))
    call = await started(agent)
    assert (await call.tool(POLL)).raw == {}
    assert "inbox_not_read" in caplog.text


async def test_a_poll_without_its_token_runs_nothing() -> None:
    agent = make()
    await agent.inbox.push(CALL, "a")
    body = {"function": POLL, "call_id": CALL}
    answer = await AgentClient(agent, auth=AUTH).post("/swaig", json=body)
    assert answer.status == 403
    assert len(await agent.inbox.read(CALL)) == 1


async def test_two_agents_that_share_a_store_hand_a_conversation_on() -> None:
    states = StateManager(MemoryState())
    await Inbox(states).push(CALL, "a")
    first, second = make(state_manager=states), make(state_manager=states)
    assert await heard(await started(first)) == [{"user_input": "a"}]
    assert await heard(await started(second)) == []
