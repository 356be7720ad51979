"""Functions: which there are, what is sent, what they share."""

from typing import Any

import pytest

from agentkit.loopback.ai import ToolView
from agentkit.loopback.ai.toolset import without_userinfo
from agentkit.loopback.errors import CallError
from tests.loopback.ai.wires import CALL, JSON, URL, function, started, verb


@pytest.mark.parametrize(
    ("entry", "lacks"),
    [
        ({"description": "Looks."}, "a name and a description"),
        ({"function": "look"}, "a name and a description"),
        ({"function": 7, "description": "Looks."}, "a name and a description"),
        ({"function": "look", "description": "Looks."}, "a URL or a data_map"),
    ],
)
async def test_a_function_that_lacks_something_is_dropped(entry: JSON, lacks: str) -> None:
    ai = verb(entry)
    if "URL" in lacks:
        ai["SWAIG"].pop("defaults")
    _, stage = await started(ai)
    assert stage.names() == ["hangup"]
    assert stage.texts("warning")[-1].endswith(f" is dropped, for it lacks {lacks}")


async def test_the_model_sees_what_the_document_says() -> None:
    parameters = {"type": "object", "properties": {"a": {"type": "string"}}}
    session, _ = await started(
        verb(function("look", parameters=parameters), {"function": "old", "purpose": "Is old.",
                                                       "argument": parameters}))  # fmt: skip
    look, old, _ = session.tools()
    assert look == ToolView("look", "Does look.", parameters, "function")
    assert old == ToolView("old", "Is old.", parameters, "function")


async def test_hooks_are_not_shown_to_the_model() -> None:
    hooks = ("startup_hook", "hangup_hook", "summarize_conversation", "check_for_input")
    session, stage = await started(verb(*map(function, hooks)))
    assert stage.names() == ["hangup"]
    with pytest.raises(CallError, match="cannot call 'hangup_hook'"):
        await session.call_tool("hangup_hook", {})


@pytest.mark.parametrize(
    ("active", "offered"),
    [(True, True), (False, False), ("true", True), ("false", False), (0, False), (2, True),
     (-1, False), ("x", True), (None, True)],
)  # fmt: skip
async def test_a_function_can_be_inactive(active: Any, offered: bool) -> None:
    _, stage = await started(verb(function("look", active=active)))
    assert ("look" in stage.names()) == offered


async def test_uses_are_counted() -> None:
    session, stage = await started(verb(function("look", active=2)))
    await session.call_tool("look", {})
    await session.call_tool("look", {})
    assert stage.names() == ["hangup"]
    assert [each["active_count"] for each in session.room.logs.swaig] == [1, 0]


# What is sent ------------------------------------------------------------------------------


async def test_own_url_and_credentials_come_first() -> None:
    own = function("own", web_hook_url="https://own.example.com", web_hook_auth_user="u",
                   web_hook_auth_password="p")  # fmt: skip
    ai = verb(own, function("look"))
    ai["SWAIG"]["defaults"]["web_hook_auth_user"] = "d"
    session, stage = await started(ai)
    await session.call_tool("own", {})
    await session.call_tool("look", {})
    sent = stage.wire.sent
    assert [(each.url, each.auth) for each in sent] == [
        ("https://own.example.com", ("u", "p")),
        (URL, ("d", "")),
    ]
    assert {each.kind for each in sent} == {"function"}


@pytest.mark.parametrize(
    ("raw", "argument"),
    [
        ('{"a": 1}', {"parsed": [{"a": 1}], "raw": '{"a": 1}'}),
        ("nonsense", {"parsed": [], "raw": "nonsense", "substituted": "nonsense"}),
        ("[1]", {"parsed": [], "raw": "[1]", "substituted": "[1]"}),
        ("", {"parsed": [], "raw": "", "substituted": ""}),
        ("{broken}", {"parsed": [], "raw": "{broken}", "substituted": "{broken}"}),
        ('Well: {"a":1}', {"parsed": [{"a": 1}], "raw": 'Well: {"a":1}', "substituted": "Well:"}),
        ("{" * 3000 + "}" * 3000, None),
    ],
)
async def test_the_models_text_is_sent_as_it_wrote_it(raw: str, argument: Any) -> None:
    session, stage = await started(verb(function("look")))
    await session.call_tool("look", raw=raw)
    [body] = stage.wire.calls("look")
    expected = argument or {"parsed": [], "raw": raw, "substituted": raw}
    assert body["argument"] == expected


async def test_arguments_and_their_text_can_both_be_given() -> None:
    session, stage = await started(verb(function("look")))
    await session.call_tool("look", {"a": 1}, '{ "a":1 }')
    assert stage.wire.calls("look")[0]["argument"] == {"parsed": [{"a": 1}], "raw": '{ "a":1 }'}


@pytest.mark.parametrize("arguments", [[], "text", 7, {"a": object()}, {"a": 1j}])
async def test_arguments_that_are_no_json_object_are_refused(arguments: Any) -> None:
    session, _ = await started(verb(function("look")))
    with pytest.raises(CallError, match="the arguments of look"):
        await session.call_tool("look", arguments)


async def test_a_request_has_only_what_is_known() -> None:
    session, stage = await started(verb(function("look")), call={"call_id": "c"})
    await session.call_tool("look", {})
    [body] = stage.wire.calls("look")
    assert body.keys().isdisjoint({"project_id", "space_id", "caller_id_name", "global_data"})


async def test_params_add_to_a_request() -> None:
    params = {"app_name": "florist", "conversation_id": "c7", "swaig_post_conversation": True,
              "swaig_post_swml_vars": True}  # fmt: skip
    session, stage = await started(
        verb(function("look"), params=params), script_vars={"a": 1, "b": 2}
    )
    await session.hear("Hi")
    await session.call_tool("look", {})
    [body] = stage.wire.calls("look")
    assert body["app_name"] == "florist"
    assert body["conversation_id"] == "c7"
    assert body["call_log"][-1]["content"] == "Hi"
    assert body["raw_call_log"][-1]["content"] == "Hi"
    assert body["SWMLVars"] == {"a": 1, "b": 2}
    assert body["SWMLCall"] == CALL


@pytest.mark.parametrize(
    ("wanted", "variables"), [(["b"], {"b": 2}), (False, None), ("false", None), ("true", {"a": 1})]
)
async def test_variables_can_be_chosen(wanted: Any, variables: JSON | None) -> None:
    params = {"swaig_post_swml_vars": wanted, "swaig_post_conversation": False}
    session, stage = await started(
        verb(function("look"), params=params), script_vars={"a": 1, "b": 2}
    )
    await session.call_tool("look", {})
    [body] = stage.wire.calls("look")
    assert "call_log" not in body
    if variables is None:
        assert "SWMLVars" not in body
    else:
        assert variables.items() <= body["SWMLVars"].items()


# Meta data and toggles ---------------------------------------------------------------------


async def test_functions_of_one_url_share_a_token() -> None:
    auth = {"web_hook_url": "https://a.example.com", "web_hook_auth_user": "u"}
    session, stage = await started(
        verb(function("a"), function("b"), function("c", **auth), function("d", **auth),
             function("e", meta_data_token="mine")))  # fmt: skip
    for name in "abcde":
        await session.call_tool(name, {})
    a, b, c, d, e = (body["meta_data_token"] for body in stage.wire.bodies("function"))
    assert a == b
    assert c == d
    assert len({a, c, e}) == 3
    assert len(a) == 32
    assert e == "mine"


async def test_meta_data_begins_with_the_documents_data() -> None:
    ai = verb(function("look", meta_data={"own": True}), global_data={"a": 1})
    session, stage = await started(ai, {"look": {"action": {"set_global_data": {"a": 2}}}})
    await session.call_tool("look", {})
    await session.call_tool("look", {})
    assert [body["meta_data"] for body in stage.wire.calls("look")] == [{"a": 1, "own": True}] * 2
    assert stage.wire.calls("look")[1]["global_data"]["a"] == 2


async def test_meta_data_is_shared_by_token() -> None:
    answers = {"a": {"action": {"set_meta_data": {"seen": 1}}}}
    other = function("c", web_hook_url="https://c.example.com")
    session, stage = await started(verb(function("a"), function("b"), other), answers)
    for name in "abc":
        await session.call_tool(name, {})
    seen = {body["function"]: body["meta_data"] for body in stage.wire.bodies("function")}
    assert seen == {"a": {}, "b": {"seen": 1}, "c": {}}


async def test_global_data_goes_on_in_the_next_session_of_a_call() -> None:
    session, _ = await started(verb(global_data={"a": 1}))
    session.room.store.set_global({"b": 2})
    await session.end()
    carried = session.result
    assert carried["ai_agents_global_data"] == {"a": 1, "b": 2}
    following, _ = await started(verb(global_data={"b": 0, "c": 3}), script_vars=carried)
    assert {"a": 1, "b": 2, "c": 3}.items() <= following.global_data.items()


async def test_global_data_can_be_kept_to_a_session() -> None:
    params = {"persist_global_data": False}
    session, _ = await started(verb(params=params), script_vars={"ai_agents_global_data": {"a": 1}})
    assert "a" not in session.global_data
    assert "ai_agents_global_data" not in session.result


@pytest.mark.parametrize(
    ("url", "logged"),
    [
        ("https://u:p@a.example.com/x?y=1", "https://a.example.com/x?y=1"),
        ("https://a.example.com/x", "https://a.example.com/x"),
        ("https://u:p@a.example.com/x?to=b@c&t=1", "https://a.example.com/x?to=b@c&t=1"),
        ("https://u:p@a.example.com/x#b?c", "https://a.example.com/x#b?c"),
        ("https://u:p@a.example.com?y", "https://a.example.com?y"),
        ("https://[u@x", "x"),
        ("https://[u@x?y=b@c", "x?y=b@c"),
    ],
)
def test_urls_are_logged_without_user_and_password(url: str, logged: str) -> None:
    assert without_userinfo(url) == logged
