"""The state of calls, from plain code anywhere and from coroutines."""

import threading
from typing import Any

import anyio
import pytest
from anyio import to_thread

from agentkit import AgentBase, Call, CallEnded, MemoryState, StateError
from agentkit.errors import StateUnavailable
from agentkit.state.base import Record
from agentkit.testing import AgentClient, SimulatedCall
from tests.deadlines import LONG
from tests.documents import AUTH, JSON, functions_of, make


async def started(agent: AgentBase, call_id: str = "c-1") -> SimulatedCall:
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url=agent.route, call_id=call_id)
    await call.start()
    return call


def test_a_script_reads_and_writes_state() -> None:
    agent = make()
    assert agent.get_state("c-1") is None
    assert agent.update_state("c-1", {"cart": {"tea": 1}}) == {"cart": {"tea": 1}}
    assert agent.update_state("c-1", {"cart": {"jam": 2}}) == {"cart": {"tea": 1, "jam": 2}}
    agent.set_state("c-1", {"new": True})
    assert agent.get_state("c-1") == {"new": True}
    assert agent.get_state("c-2") is None
    assert agent.delete_state("c-1")
    assert not agent.delete_state("c-1")
    with pytest.raises(CallEnded):
        agent.update_state("c-1", {})


def test_a_timer_thread_reads_and_writes_state() -> None:
    agent = make()
    agent.set_state("c-1", {"ticks": 1})
    done: list[JSON | None] = []

    def tick() -> None:
        state = agent.get_state("c-1") or {}
        agent.update_state("c-1", {"ticks": state["ticks"] + 1})
        done.append(agent.get_state("c-1"))

    timer = threading.Timer(0, tick)
    timer.start()
    timer.join(LONG)
    assert done == [{"ticks": 2}]


def test_what_is_handed_out_and_in_is_a_copy() -> None:
    agent = make()
    given: JSON = {"list": [1]}
    returned = agent.update_state("c-1", given)
    given["list"].append(2)
    returned["list"].append(3)
    read = agent.get_state("c-1")
    assert read == {"list": [1]}
    read["list"].append(4)
    assert agent.get_state("c-1") == {"list": [1]}


class Meeting(AgentBase):
    """Two tools that change the state of a call at once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.has_read, self.go_on = threading.Event(), threading.Event()

    @AgentBase.tool(parameters={}, description="Read, wait, write.")
    def slow(self, args: JSON, raw_data: JSON) -> str:
        state = self.get_state(raw_data["call_id"]) or {}
        self.has_read.set()
        assert self.go_on.wait(LONG)
        state["slow"] = True
        state["order"]["tea"] = 2
        state.pop("obsolete")
        written = self.update_state(raw_data["call_id"], state)
        state = {**written, "again": 1}
        return str(self.update_state(raw_data["call_id"], state) == state)

    @AgentBase.tool
    def quick(self, call: Call) -> str:
        """Write at once."""
        assert self.has_read.wait(LONG)
        assert call.call_id
        self.update_state(call.call_id, {"quick": True, "order": {"jam": 1}})
        self.go_on.set()
        return "ok"


async def test_two_tools_at_once_keep_both_changes() -> None:
    agent = make(kind=Meeting)
    agent.set_state("c-1", {"order": {"tea": 1}, "obsolete": 1})
    call = await started(agent)
    said: dict[str, str] = {}

    async def run(name: str) -> None:
        said[name] = (await call.tool(name)).response

    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            group.start_soon(run, "slow")
            group.start_soon(run, "quick")
    assert said == {"slow": "True", "quick": "ok"}
    assert agent.get_state("c-1") == {
        "slow": True,
        "quick": True,
        "order": {"tea": 2, "jam": 1},
        "again": 1,
    }


async def test_forty_parallel_runs_of_one_tool_keep_forty_keys() -> None:
    agent = make()

    def save(args: JSON, raw_data: JSON) -> str:
        state = agent.get_state(raw_data["call_id"]) or {}
        preferences = state.get("preferences", {})
        preferences[args["key"]] = args["value"]
        state["preferences"] = preferences
        agent.update_state(raw_data["call_id"], state)
        return "Saved."

    text = {"type": "string"}
    agent.define_tool("save", "Save.", {"key": text, "value": text}, save)
    call = await started(agent)
    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            for number in range(40):
                group.start_soon(lambda n: call.tool("save", key=f"k{n}", value=str(n)), number)
    state = agent.get_state("c-1")
    assert state == {"preferences": {f"k{number}": str(number) for number in range(40)}}


async def test_a_tool_that_has_not_read_merges_into_what_is_stored() -> None:
    agent = make()
    agent.set_state("c-1", {"a": {"b": 1}})

    @agent.tool
    def note(call: Call) -> str:
        """Note."""
        assert call.call_id
        return str(agent.update_state(call.call_id, {"a": {"c": 2}}))

    call = await started(agent)
    assert (await call.tool("note")).response == "{'a': {'b': 1, 'c': 2}}"


async def test_a_tool_that_read_one_call_merges_into_another_that_it_has_not_read() -> None:
    agent = make()
    agent.set_state("c-2", {"a": 1})

    @agent.tool
    def note(call: Call) -> str:
        """Note."""
        assert call.call_id
        agent.get_state(call.call_id)
        agent.update_state("c-2", {"b": 2})
        return "ok"

    call = await started(agent)
    assert (await call.tool("note")).response == "ok"
    assert agent.get_state("c-2") == {"a": 1, "b": 2}


async def test_coroutines_await_the_state_of_their_call() -> None:
    agent = make()
    seen: list[Any] = []

    @agent.tool
    async def work(call: Call) -> str:
        """Work."""
        seen.append(await call.state.get())
        await call.state.set({"a": {"b": 1}})
        seen.append(await call.state.update({"a": {"c": 2}}))
        seen.append(await call.state.get())
        seen.append(agent.get_state("c-1"))
        seen.append(await call.state.delete())
        return "ok"

    call = await started(agent)
    assert (await call.tool("work")).response == "ok"
    both = {"a": {"b": 1, "c": 2}}
    assert seen == [{}, both, both, both, True]


async def test_a_request_without_a_call_has_no_call_state() -> None:
    agent = make()
    errors: list[StateError] = []

    @agent.tool(secure=False)
    async def work(call: Call) -> str:
        """Work."""
        try:
            await call.state.get()
        except StateError as error:
            errors.append(error)
        return "ok"

    answer = await AgentClient(agent, auth=AUTH).post("/swaig", json={"function": "work"})
    assert answer.json() == {"response": "ok"}
    assert str(errors[0]) == "this request names no call, so there is no call state"


async def test_tracking_begins_and_ends_the_state_of_a_call() -> None:
    agent = make(enable_state_tracking=True)
    call = await started(agent)
    assert await to_thread.run_sync(agent.get_state, "c-1") == {}
    await to_thread.run_sync(agent.update_state, "c-1", {"a": 1})
    await call.hang_up()
    assert await to_thread.run_sync(agent.get_state, "c-1") == {"a": 1}


async def test_hooks_without_a_call_change_nothing() -> None:
    agent = make(enable_state_tracking=True)
    client = AgentClient(agent, auth=AUTH)
    document = (await client.get("/")).json()
    url = document["sections"]["main"][1]["ai"]["SWAIG"]["defaults"]["web_hook_url"]
    for hook in ("startup_hook", "hangup_hook"):
        assert (await client.post(url, json={"function": hook})).json() == {}


async def test_an_own_hook_stands_in_place_of_the_tracking_one() -> None:
    class Own(AgentBase):
        @AgentBase.tool
        def startup_hook(self) -> str:
            """Greet."""
            return "Welcome the caller."

    agent = make(kind=Own, enable_state_tracking=True)
    assert [*functions_of(agent)] == ["startup_hook", "hangup_hook"]
    assert functions_of(agent)["startup_hook"]["description"] == "Greet."
    call = await started(agent)
    assert (await call.tool("startup_hook")).response == "Welcome the caller."


def test_without_tracking_there_are_no_hooks() -> None:
    assert make().spec.tools == {}


class Down(MemoryState):
    """A store that cannot be reached."""

    def get(self, key: str) -> Record | None:
        raise StateUnavailable(f"nobody answers for {key}")


async def test_a_store_that_is_down_is_an_error_in_scripts_and_a_safe_sentence_in_calls() -> None:
    agent = make(state_manager=Down())
    agent.define_tool("read", "Read.", {}, lambda args, raw: agent.get_state(raw["call_id"]))
    with pytest.raises(StateUnavailable, match="nobody answers for call:c-1"):
        agent.get_state("c-1")
    answer = await (await started(agent)).tool("read")
    assert answer.response.startswith("I am sorry, something went wrong")
    assert "nobody" not in answer.response


async def test_a_tool_that_has_replaced_the_state_goes_on_from_there() -> None:
    agent = make()
    agent.set_state("c-1", {"old": 1})

    def work(args: JSON, raw_data: JSON) -> str:
        agent.get_state("c-1")
        agent.set_state("c-1", {"new": 1})
        return str(agent.update_state("c-1", {"newer": 2}))

    agent.define_tool("work", "Work.", {}, work)
    assert (await (await started(agent)).tool("work")).response == "{'newer': 2}"
