"""Handlers of the beginning and the end of a call, typed state in tools, visible fields."""

from typing import Any

import anyio
import msgspec
import pytest
from anyio import to_thread

from agentkit import AgentBase, Call, DefinitionError, FunctionResult, StateError, tracking
from agentkit.testing import AgentClient, SimulatedCall

JSON = dict[str, Any]
AUTH = ("user", "pass")


class Booking(msgspec.Struct):
    seats: int = 0
    name: str | None = None


def make(**options: Any) -> AgentBase:
    return AgentBase("booking", basic_auth=AUTH, **options)


async def started(agent: AgentBase, **options: Any) -> SimulatedCall:
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/", call_id="c-1", **options)
    await call.start()
    return call


async def test_handlers_run_when_a_call_begins_and_ends() -> None:
    agent, seen = make(), list[Any]()

    @agent.on_call_start
    async def greet(call: Call) -> FunctionResult:
        seen.append(call.call_id)
        return FunctionResult("Be kind.").update_global_data({"tier": "gold"})

    @agent.on_call_start
    def classic(args: JSON, raw_data: JSON) -> str:
        seen.append((args, raw_data["call_id"]))
        return "Be quick."

    @agent.on_call_end
    def farewell(call: Call) -> None:
        seen.append(call.function)

    call = await started(agent)
    assert call.global_data["tier"] == "gold"
    hook = next(entry for entry in call.transcript if "Be kind." in str(entry))
    assert "Be kind.\nBe quick." in hook.text or "Be kind.\\nBe quick." in str(hook)
    await call.hang_up()
    assert seen == ["c-1", ({}, "c-1"), "hangup_hook"]


@pytest.mark.parametrize(
    ("logs", "told"),
    [
        ({"call_log": [{"role": "user"}], "raw_call_log": [{}]}, [{"role": "user"}]),
        ({"call_log": [], "raw_call_log": [{"role": "user"}]}, [{"role": "user"}]),
        ({"call_log": "talk", "raw_call_log": {"role": "user"}}, []),
        ({}, []),
    ],
)
async def test_handlers_of_the_vendors_forms_get_what_they_get_there(logs: JSON, told: Any) -> None:
    agent, seen = make(), list[Any]()
    agent.on_call_start(lambda raw_data: seen.append(raw_data["function"]))
    agent.on_call_end(lambda call_log, raw_data: seen.append((call_log, raw_data["call_id"])))
    client = AgentClient(agent, auth=AUTH)
    document = (await client.post("/", json={"call": {"call_id": "c-1"}})).json()
    url = document["sections"]["main"][1]["ai"]["SWAIG"]["defaults"]["web_hook_url"]
    for hook in ("startup_hook", "hangup_hook"):
        await client.post(url, json={"function": hook, "call_id": "c-1", **logs})
    assert seen == ["startup_hook", (told, "c-1")]


async def test_a_handler_that_fails_keeps_nobody_from_going_on() -> None:
    agent, seen = make(), list[Any]()

    @agent.on_call_start
    def broken(call: Call) -> None:
        raise RuntimeError("canary")

    agent.on_call_start(lambda call: object())  # which JSON cannot carry
    agent.on_call_start(lambda call: seen.append(call.call_id))
    call = await started(agent)
    assert seen == ["c-1"]
    assert "canary" not in str(call.transcript)
    assert await to_thread.run_sync(agent.get_state, "c-1") == {}


async def test_a_handler_that_hangs_keeps_neither_others_nor_the_end_of_the_call_from_going_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert all(hook.seconds > tracking.HOOK_SECONDS for hook in tracking.HOOKS)
    monkeypatch.setattr(tracking, "HOOK_SECONDS", 0.01)
    agent, seen = make(), list[Any]()

    @agent.on_call_end
    async def hangs(call: Call) -> None:
        await anyio.sleep_forever()

    @agent.on_call_end
    async def second(call: Call) -> None:
        seen.append(call.call_id)

    call = await started(agent)
    await call.hang_up()
    assert seen == ["c-1"]
    ending = (await agent.states.run(agent.states.operations.snapshot("c-1"))).lifetime
    assert ending is not None
    assert ending.final


async def test_a_hook_whose_store_fails_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = make(enable_state_tracking=True, state_manager="memory:")

    async def fail(operation: Any) -> None:
        operation.close()
        raise StateError("gone")

    monkeypatch.setattr(type(agent.states), "run", lambda self, operation: fail(operation))
    client = AgentClient(agent, auth=AUTH)
    document = (await client.post("/", json={"call": {"call_id": "c-1"}})).json()
    url = document["sections"]["main"][1]["ai"]["SWAIG"]["defaults"]["web_hook_url"]
    answer = await client.post(url, json={"function": "startup_hook", "call_id": "c-1"})
    assert answer.status == 503


async def test_hooks_without_a_call_id_touch_no_state() -> None:
    agent = make(enable_state_tracking=True, state_manager="memory:")
    client = AgentClient(agent, auth=AUTH)
    url = (await client.get("/")).json()["sections"]["main"][1]["ai"]["SWAIG"]["defaults"]
    for hook in ("startup_hook", "hangup_hook"):
        answer = await client.post(url["web_hook_url"], json={"function": hook})
        assert (answer.status, answer.json()) == (200, {})
    assert agent.states.scan() == []


def test_a_handler_must_be_a_function() -> None:
    with pytest.raises(DefinitionError):
        make().on_call_start("greet")  # type: ignore[type-var]


async def test_a_tool_works_on_typed_state_of_call_caller_and_agent() -> None:
    agent = make(state=Booking)

    @agent.tool
    async def book(seats: int, call: Call) -> str:
        """Book."""
        async with call.state.edit() as booking:
            booking.seats = seats
        known = await call.caller_state.update({"visits": 1})
        total = await call.agent_state.update(lambda state: {"n": state.get("n", 0) + seats})
        return f"{(await call.state.get()).seats} {known['visits']} {total['n']}"

    one = await started(agent)
    assert (await one.tool("book", seats=2)).response == "2 1 2"
    assert (await one.tool("book", seats=3)).response == "3 1 5"
    assert agent.states.scoped("caller").get_state("+12025550123") == {"visits": 1}


async def test_a_caller_without_a_number_has_no_state() -> None:
    agent = make()

    @agent.tool(secure=False)
    async def visit(call: Call) -> str:
        """Visit."""
        with pytest.raises(StateError, match="no number"):
            await call.caller_state.get()
        return "ok"

    answer = await AgentClient(agent, auth=AUTH).post("/swaig", json={"function": "visit"})
    assert answer.json() == {"response": "ok"}


async def test_visible_fields_reach_the_model_with_the_fewest_actions() -> None:
    agent = make(state=Booking, visible=["seats", "name"])

    @agent.tool
    async def change(
        call: Call, seats: int | None = None, name: str | None = None
    ) -> FunctionResult:
        """Change."""
        await call.state.update({"seats": seats, "name": name})
        return FunctionResult("done").add_action("say", "hm")

    call = await started(agent)
    first = await call.tool("change", seats=2, name="${secret}")
    assert first.actions == [
        {"say": "hm"},
        {"set_global_data": {"seats": 2, "name": "$ {secret}"}},
    ]
    assert (await call.tool("change", seats=2, name="${secret}")).actions == [{"say": "hm"}]
    last = await call.tool("change", seats=2, name="Bo")
    assert last.actions[1:] == [{"set_global_data": {"name": "Bo"}}]


@pytest.mark.parametrize("visible", [(), ("seats",)])
async def test_a_result_that_cannot_say_what_it_is_is_a_tool_that_failed(
    visible: tuple[str, ...],
) -> None:
    class Odd(FunctionResult):
        def to_dict(self) -> JSON:
            raise RuntimeError("canary")

    agent = make(state=Booking, visible=visible)

    @agent.tool(on_error="Sorry.")
    async def odd() -> FunctionResult:
        """Be odd."""
        return Odd("odd")

    answer = await (await started(agent)).tool("odd")
    assert answer.response.startswith("Sorry. (E-")
    assert "canary" not in answer.response


async def test_a_visible_field_that_is_gone_is_unset() -> None:
    agent = make(visible=["seats"])

    @agent.tool(secure=False)
    async def forget(call: Call) -> JSON:
        """Forget."""
        return {"response": "ok", "action": {"say": "hm"}}

    body = {"function": "forget", "call_id": "c-1", "global_data": {"seats": 2}}
    answer = await AgentClient(agent, auth=AUTH).post("/swaig", json=body)
    assert answer.json()["action"] == [{"say": "hm"}, {"unset_global_data": ["seats"]}]


async def test_without_a_state_to_show_the_answer_stands() -> None:
    agent = make(visible=["seats"])

    @agent.tool(secure=False)
    def plain() -> str:
        """Say."""
        return "ok"

    answer = await AgentClient(agent, auth=AUTH).post("/swaig", json={"function": "plain"})
    assert answer.json() == {"response": "ok"}


def test_state_can_be_emptied_and_cleaned_up() -> None:
    agent = make()
    agent.set_state("c-1", {"a": 1})
    agent.clear_state("c-1")
    assert agent.get_state("c-1") == {}
    assert agent.cleanup_expired_state() == 0


def test_an_older_state_is_migrated() -> None:
    states = make().states
    states.set_state("c-1", {"places": 4})
    agent = make(state_manager=states, state_migrations=[lambda old: {"seats": old["places"]}])
    assert agent.get_state("c-1") == {"seats": 4}


async def test_per_call_configuration_runs_for_calls_with_the_right_token_only() -> None:
    agent, configured = make(), list[str]()

    def configure(query: JSON, body: JSON, headers: JSON, copy: Any) -> None:
        configured.append(body.get("function", "document"))
        copy.define_tool("late", "Late.", {}, lambda args, raw: "late")
        if body.get("function") == "broken":
            raise RuntimeError("canary")

    agent.add_per_call_config(configure)
    agent.define_tool("open", "Open.", {}, lambda args, raw: "open", secure=False)
    client = AgentClient(agent, auth=AUTH)
    for name in ("late", "nobody", 5):
        answer = await client.post("/swaig", json={"function": name, "call_id": "c-1"})
        assert answer.status == 403
    assert configured == []
    assert (await client.post("/swaig", json={"function": "open"})).json() == {"response": "open"}
    assert (await (await started(agent)).tool("late")).response == "late"
    agent.define_tool("broken", "Break.", {}, lambda args, raw: "never", secure=False)
    broken = (await client.post("/swaig", json={"function": "broken"})).json()["response"]
    assert broken.startswith("I am sorry")
    assert "canary" not in broken


async def test_a_state_that_cannot_be_shown_costs_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agent = make(visible=["seats"])
    agent.define_tool("plain", "Say.", {}, lambda args, raw: "ok", secure=False)

    async def fail(operation: Any) -> None:
        operation.close()
        raise StateError("gone")

    monkeypatch.setattr(type(agent.states), "run", lambda self, operation: fail(operation))
    body = {"function": "plain", "call_id": "c-1"}
    answer = await AgentClient(agent, auth=AUTH).post("/swaig", json=body)
    assert answer.json() == {"response": "ok"}
