import pytest

from agentkit.testing import CallError, ToolAnswer
from tests.testing.apps import PLAIN, SWAIG, Agent, calls, document, function, started


async def test_a_function_gets_the_whole_request() -> None:
    parameters = {"type": "object", "properties": {"order": {"type": "string"}}}
    call, agent = await started(
        function("look_up", parameters=parameters), global_data={"shop": "tea"}
    )

    await call.tool("look_up", order="A-17")

    request = agent.requests[1][1]
    session_id, token = request.pop("ai_session_id"), request.pop("meta_data_token")
    assert len(session_id) == 36
    assert len(token) == 32
    assert int(token, 16)
    assert request == {
        "app_name": "swml app",
        "project_id": "00000000-0000-4000-8000-0000000000aa",
        "space_id": "00000000-0000-4000-8000-0000000000bb",
        "call_id": call.call_id,
        "global_data": {
            "shop": "tea",
            "caller_id_name": "+12025550123",
            "caller_id_number": "+12025550123",
        },
        "caller_id_name": "+12025550123",
        "caller_id_num": "+12025550123",
        "channel_active": True,
        "channel_offhook": True,
        "channel_ready": True,
        "content_type": "text/swaig",
        "version": "2.0",
        "content_disposition": "SWAIG Function",
        "function": "look_up",
        "argument": {"parsed": [{"order": "A-17"}], "raw": '{"order":"A-17"}'},
        "argument_desc": parameters,
        "description": "Does look_up.",
        "meta_data": {"shop": "tea"},
    }


async def test_a_function_without_arguments_gets_an_empty_object() -> None:
    call, agent = await started(function("look"))

    await call.tool("look")

    assert agent.requests[1][1]["argument"] == {"parsed": [{}], "raw": "{}"}
    assert agent.requests[1][1]["argument_desc"] == {"type": "object", "properties": {}}


async def test_an_argument_may_be_called_name() -> None:
    call, agent = await started(function("greet"))

    await call.tool("greet", name="Alex", self="me")

    assert agent.requests[1][1]["argument"]["parsed"] == [{"name": "Alex", "self": "me"}]


async def test_the_description_may_have_its_old_name() -> None:
    call, agent = await started({"function": "old", "purpose": "Does it the old way."})

    await call.tool("old")

    assert agent.requests[1][1]["purpose"] == "Does it the old way."


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, ToolAnswer(200, "", [], {})),
        ({"response": "Hi"}, ToolAnswer(200, "Hi", [], {"response": "Hi"})),
        (
            {"response": {"tool_result": "Hi"}},
            ToolAnswer(200, "Hi", [], {"response": {"tool_result": "Hi"}}),
        ),
        ({"action": {"say": "x"}}, ToolAnswer(200, "", [{"say": "x"}], {"action": {"say": "x"}})),
        ((403, {"error": "no"}), ToolAnswer(403, "", [], {"error": "no"})),
        ((500, b"oops\xff"), ToolAnswer(500, "", [], "oops\ufffd")),
    ],
)
async def test_the_answer_of_a_function_is_read_as_the_platform_reads_it(
    answer: object, expected: ToolAnswer
) -> None:
    call, _ = await started(function("a"), answer=answer)

    assert await call.tool("a") == expected


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (b"fine", 'the answer to a must be an object, not "fine"'),
        (["x"], "the answer to a must be an object"),
        ({"action": "hangup"}, 'a: action: a list belongs here, not "hangup"'),
        ({"action": {"set_global_data": "x"}}, "a: set_global_data: an object belongs here"),
        ({"action": {"toggle_functions": "x"}}, "a: toggle_functions: a list belongs here"),
    ],
)
async def test_an_answer_that_the_platform_cannot_read_fails_the_call(
    answer: object, complaint: str
) -> None:
    call, _ = await started(function("a"), answer=answer)

    with pytest.raises(CallError) as caught:
        await call.tool("a")

    assert complaint in str(caught.value)


async def test_an_unknown_function_is_refused_with_the_names_that_there_are() -> None:
    call, agent = await started(function("tea"), function("coffee"), function("off", active=False))

    with pytest.raises(
        CallError, match=r"cannot call 'milk' now; it may call: tea, coffee, hangup$"
    ):
        await call.tool("milk")
    with pytest.raises(
        CallError, match=r"cannot call 'off' now; it may call: tea, coffee, hangup$"
    ):
        await call.tool("off")

    assert len(agent.requests) == 1


async def test_a_document_without_functions_has_none_to_call() -> None:
    call, _ = await started()

    assert call.functions == []
    with pytest.raises(CallError, match="cannot call 'milk' now; it may call: hangup"):
        await call.tool("milk")


async def test_the_platform_drops_a_function_that_is_not_complete() -> None:
    for dropped in ({"function": "a"}, {"description": "b"}, function("c", web_hook_url="")):
        with pytest.raises(CallError, match="is dropped, for it lacks"):
            await started(SWAIG={"functions": [dropped]})


async def test_a_data_map_runs_on_the_platform() -> None:
    mapped = function("mapped", data_map={"output": {"response": "x"}})
    hook = function("startup_hook", data_map={"output": {"response": "x"}})
    call, agent = await started(mapped, hook)

    assert await call.tool("mapped") == ToolAnswer(200, "x", [], None)
    assert len(agent.requests) == 1


@pytest.mark.parametrize("active", [False, "false", 0])
async def test_a_function_may_begin_inactive(active: object) -> None:
    call, _ = await started(function("a", active=active), function("b", active="true"))

    assert call.functions == ["b"]


async def test_a_function_may_be_called_a_number_of_times() -> None:
    call, _ = await started(function("a", active=2))

    await call.tool("a")
    await call.tool("a")

    with pytest.raises(CallError, match="cannot call 'a' now"):
        await call.tool("a")


async def test_a_function_of_the_platforms_own_can_be_called_by_hand() -> None:
    answer = {"response": "Hi", "action": [{"set_global_data": {"a": 1}}]}
    call, agent = await started(function("check_for_input"), answer=answer)

    assert (await call.tool("check_for_input")).response == "Hi"
    assert call.global_data["a"] == 1
    await call.tool("check_for_input")
    first, second = agent.bodies(SWAIG)
    assert first["argument"]["raw"] != second["argument"]["raw"]


async def test_a_function_sent_again_is_the_same_bytes_and_acts_once() -> None:
    call, agent = await started(function("a"), answer={"action": [{"say": "Hi"}]})

    await call.tool("a")
    assert (await call.resend()).actions == [{"say": "Hi"}]
    first, second = agent.bodies(SWAIG)
    assert first == second
    assert call.actions == [{"say": "Hi"}]


async def test_who_lives_elsewhere_is_not_reached_and_the_call_goes_on() -> None:
    includes = [{"url": "https://ext.example/inc", "functions": ["f"]}]
    swaig = {"functions": [function("a", web_hook_url=PLAIN)], "includes": includes}
    call, agent = await started(SWAIG=swaig)

    await call.tool("a")
    assert [path for path, _ in agent.requests] == ["/agent", SWAIG]


async def test_functions_of_the_agent_itself_can_be_included() -> None:
    includes = [{"url": PLAIN, "functions": ["f"]}]
    agent = Agent(
        document(SWAIG={"functions": [], "includes": includes}),
        {SWAIG: lambda _: [{**function("f"), "web_hook_url": PLAIN}]},
    )
    call = calls(agent)
    await call.start()

    assert call.functions == ["f"]
    assert [entry.text for entry in call.transcript if entry.who == "platform"] == [
        "call from +12025550123 to +12025550100",
        "get_signature",
    ]
