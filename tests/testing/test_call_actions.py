from typing import Any

import pytest

from agentkit.testing import CallError, SimulatedCall
from tests.testing.apps import (
    PLAIN,
    SWAIG,
    Agent,
    Data,
    acts,
    calls,
    document,
    function,
    started,
)


async def playing(*actions: Data, functions: tuple[Data, ...] = (), **ai: object) -> SimulatedCall:
    """A call whose function `act` has been answered with each of the actions."""
    agent = Agent(document(function("act"), *functions, **ai), {SWAIG: acts(*actions)})
    call = calls(agent)
    await call.start()
    for _ in actions:
        await call.tool("act")
    await call.tool("act")
    return call


def last_request(call: SimulatedCall) -> Data:
    """The request that followed the last action, from the agent's side."""
    agent: Any = call._wire._client._transport
    found: Data = agent._app.requests[-1][1]
    return found


async def test_global_data_that_a_function_sets_goes_with_the_next_request() -> None:
    call = await playing(
        {"set_global_data": {"a": {"x": 1}, "b": 2}},
        {"set_global_data": {"a": {"y": 1}}},
        global_data={"c": 3},
    )

    sent = last_request(call)
    caller = {"caller_id_name": "+12025550123", "caller_id_number": "+12025550123"}
    assert sent["global_data"] == {"a": {"y": 1}, "b": 2, "c": 3, **caller} == call.global_data
    assert sent["meta_data"] == {"c": 3}


@pytest.mark.parametrize(
    ("names", "left"), [("a", {"b", "c"}), (["a", "b", "x"], {"c"}), ({}, set())]
)
async def test_global_data_can_be_unset(names: object, left: set[str]) -> None:
    call = await playing({"unset_global_data": names}, global_data={"a": 1, "b": 2, "c": 3})

    assert set(call.global_data) - {"caller_id_name", "caller_id_number"} == left


async def test_the_document_can_forbid_functions_to_set_global_data() -> None:
    with pytest.raises(CallError, match=r"params\.swaig_set_global_data forbids it"):
        await playing({"set_global_data": {"a": 1}}, params={"swaig_set_global_data": False})


async def test_meta_data_is_shared_by_functions_with_one_token_only() -> None:
    agent = Agent(
        document(
            function("act", meta_data={"own": 1}),
            function("friend"),
            function("stranger", web_hook_url=PLAIN),
            function("named", web_hook_url=PLAIN, meta_data_token="club"),
            function("other", meta_data_token="club"),
            global_data={"first": 1},
        ),
        {SWAIG: acts({"set_meta_data": {"set": 1}}, {"unset_meta_data": "first"})},
    )
    call = calls(agent)
    await call.start()
    await call.tool("act")
    await call.tool("act")

    for name in ("friend", "stranger", "named", "other"):
        await call.tool(name)

    friend, stranger, named, other = agent.bodies(SWAIG)[2:]
    assert friend["meta_data"] == {"own": 1, "set": 1}
    assert stranger["meta_data"] == {"first": 1}
    assert len({each["meta_data_token"] for each in (friend, stranger, named)}) == 3
    assert named["meta_data_token"] == other["meta_data_token"] == "club"


async def test_the_token_follows_url_and_credentials() -> None:
    def tokens(*functions: Data) -> Agent:
        return Agent(document(*functions), {SWAIG: lambda _: {}})

    agent = tokens(
        function("a", web_hook_url=PLAIN),
        function("b", web_hook_url=f"{PLAIN}?__token=x"),
        function("c", web_hook_url=PLAIN, web_hook_auth_user="u", web_hook_auth_password="p"),
        function("d", web_hook_url=PLAIN),
    )
    call = calls(agent)
    await call.start()
    for name in "abcd":
        await call.tool(name)

    a, b, c, d = (request["meta_data_token"] for request in agent.bodies(SWAIG))
    assert len({a, b, c}) == 3
    assert a == d


async def test_functions_can_be_toggled_by_those_that_share_their_token() -> None:
    call = await playing(
        {
            "toggle_functions": [
                {"function": "friend", "active": False},
                {"function": ["sleeper", "twice"], "active": True},
                {"function": "twice", "active": 2},
                {"function": "dozer"},
            ]
        },
        functions=(
            function("friend"),
            function("sleeper", active=False),
            function("dozer", active=False),
            function("twice", active=False),
        ),
    )

    assert call.functions == ["act", "sleeper", "dozer", "twice"]
    await call.tool("twice")
    await call.tool("twice")
    assert "twice" not in call.functions


@pytest.mark.parametrize(
    ("toggle", "complaint"),
    [
        ({"function": "stranger", "active": False}, "its meta_data_token is another"),
        ({"function": "unheard_of", "active": False}, "'unheard_of' is not toggled: there is none"),
        ({"function": ["act", "unheard_of"]}, "'unheard_of' is not toggled: there is none"),
        ({}, r"toggle_functions\[0\]\.function: a name belongs here"),
        ({"active": False}, r"toggle_functions\[0\]\.function: a name belongs here"),
        ({"name": "act", "active": False}, r"\[0\]\.function: a name belongs here"),
        ({"function": 7, "active": False}, r"\[0\]\.function: a list belongs here, not 7"),
        ({"function": ["act", 7]}, r"\[0\]\.function\[1\]: a text belongs here, not 7"),
        ({"function": "act", "active": "maybe"}, r"\[0\]\.active: a boolean belongs here"),
        ("act", r"toggle_functions\[0\]: an object belongs here, not \"act\""),
    ],
)
async def test_a_toggle_that_reaches_nothing_fails_the_call(toggle: Any, complaint: str) -> None:
    with pytest.raises(CallError, match=complaint):
        await playing(
            {"toggle_functions": [toggle]},
            functions=(function("stranger", web_hook_url=PLAIN),),
        )


@pytest.mark.parametrize("toggles", [[], [{"function": [], "active": False}]])
async def test_a_toggle_of_no_function_changes_nothing(toggles: list[Data]) -> None:
    call = await playing(
        {"toggle_functions": toggles},
        functions=(function("friend"), function("sleeper", active=False)),
    )

    assert call.functions == ["act", "friend"]
    assert call.actions == [{"toggle_functions": toggles}]


@pytest.mark.parametrize(
    ("action", "complaint"),
    [
        ({"SWML": 7}, "act: SWML: a document belongs here, not 7"),
        ({"transfer": ""}, "act: transfer: a destination belongs here"),
        ({"end_of_speech_timeout": 0}, "milliseconds above 0 belong here"),
        ({"replace_in_history": 7}, "act: replace_in_history: a text or true belongs here"),
    ],
)
async def test_an_action_that_the_platform_can_do_nothing_with_fails_the_call(
    action: Data, complaint: str
) -> None:
    with pytest.raises(CallError, match=complaint):
        await playing(action)


@pytest.mark.parametrize(
    "action",
    [
        {"teleport": True},
        {"change_step": "nowhere"},
        {"change_context": "nowhere"},
        {"settings": {"volume": 3}},
    ],
)
async def test_what_only_a_newer_platform_or_another_document_knows_does_not_fail_the_call(
    action: Data,
) -> None:
    assert (await playing(action)).actions == [action]


async def test_what_the_platform_passes_over_does_not_fail_the_call() -> None:
    both = {"say": "Hi", "user_event": {"a": 1}}  # an action has one key
    answer = {"response": "ok", "error": "none", "action": [both]}
    call, _ = await started(function("act"), answer=answer)

    told = await call.tool("act")

    assert (told.response, told.actions) == ("ok", [both])


async def test_other_actions_are_recorded_in_order() -> None:
    actions: list[Data] = [{"say": "Hi"}, {"user_event": {"a": 1}}, {"add_dynamic_hints": ["tea"]}]

    assert (await playing(*actions)).actions == actions


@pytest.mark.parametrize(
    ("action", "ending"),
    [
        ({"hangup": True}, "hangup"),
        ({"stop": True}, "stop"),
        ({"transfer": "sales"}, "transfer"),
        ({"SWML": {}, "transfer": "true"}, "transfer"),
    ],
)
async def test_after_an_action_that_ends_the_call_no_function_can_be_called(
    action: Data, ending: str
) -> None:
    call, agent = await started(function("act"), answer={"action": action})
    await call.tool("act")

    assert call.ended_by == ending
    with pytest.raises(CallError, match=f"ended the call with the action '{ending}'"):
        await call.tool("act")
    await call.hang_up()
    assert len(agent.requests) == 2


@pytest.mark.parametrize(
    "action",
    [{"hangup": False}, {"SWML": {}, "transfer": False}, {"SWML": {}, "transfer": "false"}],
)
async def test_an_ending_that_is_not_meant_does_not_end_the_call(action: Data) -> None:
    call = await playing(action)

    assert call.ended_by is None


async def test_actions_that_wait_for_the_models_words_are_done_before_the_next_call() -> None:
    later = {"response": "ok", "action": [{"set_global_data": {"a": 1}}], "post_process": True}
    call, agent = await started(function("act"), answer=later)
    await call.tool("act")
    await call.tool("act")

    assert agent.bodies(SWAIG)[1]["global_data"]["a"] == 1
