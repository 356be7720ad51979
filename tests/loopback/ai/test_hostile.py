"""Documents and answers of any shape: what is wrong is a warning or a CallError, never a crash."""

from typing import Any

import pytest

from agentkit.loopback.ai import AISession
from agentkit.loopback.errors import CallError
from tests.loopback.ai.wires import CALL, JSON, Stage, function, started, verb

WRONG: list[Any] = [None, True, 0, -1, 3.5, 1e300, "", "x", "\x00", [], [None], [7],
                    ["a"], [[]], [{}], {}, {"": None}, {"a": 1}, {"x": {"y": [None]}}]  # fmt: skip

WHOLE: JSON = {
    "prompt": {
        "text": "Be kind, ${x}.",
        "contexts": {
            "default": {
                "steps": [
                    {"name": "a", "text": "A.", "step_criteria": "c", "functions": ["look"],
                     "valid_steps": ["b"], "valid_contexts": ["other"], "skip_user_turn": True,
                     "end": False, "skip_to_next_step": True, "history": "keep",
                     "reset": {"system_prompt": "s", "user_prompt": "u", "consolidate": True,
                               "full_reset": False}},
                    {"name": "b", "pom": [{"title": "B", "body": "b", "bullets": ["x"],
                                           "subsections": [{"body": "y"}], "numbered": True,
                                           "numberedBullets": True}],
                     "gather_info": {"prompt": "p", "output_key": "k", "isolated": True,
                                     "completion_action": "next_step",
                                     "questions": [{"key": "q", "question": "Q?",
                                                    "type": "integer", "confirm": True,
                                                    "prompt": "p", "functions": ["look"],
                                                    "isolated": False}]}},
                ],
                "initial_step": "a", "isolated": True, "history": "default", "prompt": "P.",
                "valid_steps": ["b"], "valid_contexts": ["other"], "post_prompt": "x",
                "system_prompt": "s", "user_prompt": "u", "consolidate": True,
                "full_reset": True, "enter_fillers": {"en-US": ["hi"]},
                "exit_fillers": {"default": ["bye"]},
            },
            "other": {"steps": [{"name": "c", "text": "C."}]},
        },
    },
    "post_prompt": {"text": "Sum up."},
    "post_prompt_url": "https://agent.example.com/post",
    "post_prompt_auth_user": "u",
    "post_prompt_auth_password": "p",
    "global_data": {"x": 1},
    "hints": ["a", {"hint": "b", "pattern": "b", "replace": "c", "ignore_case": True}],
    "pronounce": [{"replace": "a", "with": "b", "ignore_case": True}],
    "languages": [{"name": "English", "code": "en-US", "voice": "v", "function_fillers": ["hm"],
                   "fillers": ["hm"], "pronounce": [{"replace": "a", "with": "b"}]}],
    "params": {"app_name": "x", "conversation_id": "c", "save_conversation": True,
               "attention_timeout": 10000, "inactivity_timeout": 20000, "hard_stop_time": "1h",
               "input_poll_freq": 10000, "local_tz": "UTC", "static_greeting": "Hi",
               "enable_accounting": True, "swaig_post_conversation": True,
               "swaig_post_swml_vars": ["a"], "debug_webhook_url": "https://d.example.com",
               "debug_webhook_level": 2, "convo": [{"role": "user", "content": "x"}],
               "initial_sleep_ms": 1, "pom_format": "xml", "ai_model": "m", "wait_for_user": False,
               "swaig_allow_swml": True, "persist_global_data": True, "summary_mode": "string",
               "attention_timeout_prompt": "x", "hard_stop_prompt": "x"},
    "SWAIG": {
        "defaults": {"web_hook_url": "https://agent.example.com/swaig", "web_hook_auth_user": "u",
                     "web_hook_auth_password": "p"},
        "functions": [
            function("look", parameters={"type": "object", "properties": {}}, active=True,
                     meta_data={"a": 1}, meta_data_token="t", fillers={"en-US": ["x"]},
                     skip_fillers=False, wait_for_fillers=True, wait_file="https://x.example.com/a",
                     web_hook_url="https://x.example.com", web_hook_auth_user="u"),
            function("startup_hook"), function("hangup_hook"), function("check_for_input"),
            function("summarize_conversation"),
        ],
        "includes": [{"url": "https://other.example.com", "functions": ["f"], "meta_data": {},
                      "meta_data_token": "t", "auth_user": "u", "auth_password": "p"}],
        "native_functions": ["check_time"],
        "internal_fillers": {"next_step": {"en-US": ["x"]}},
        "mcp_servers": [{"url": "https://mcp.example.com", "headers": {"a": "b"},
                         "resources": True, "resource_vars": {"a": "b"}}],
    },
}  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            found += paths(item, (*path, key))
    return found


def changed(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    """A copy of a document with another value at a place."""
    if not path:
        return to
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = changed(value[path[0]], path[1:], to)
    return copied


async def live(ai: Any, answers: JSON | None = None, **options: Any) -> None:
    """Do with a session all that can be done."""
    session, stage = await started(ai, answers, **options)
    for act in (session.say("Hello, a"), session.hear("a b", "en"), session.pass_time(25)):
        await act
        if session.ended is not None:
            session.ended = None
    await calls(session, stage)
    await session.end("llm_fatal", {"a": 1})


async def calls(session: AISession, stage: Stage) -> None:
    for _ in range(3):
        for view in session.tools():
            session.ended = None
            if view.name in stage.names():  # the call before may have moved on
                await session.call_tool(view.name, {"answer": 1, "confirmed_by_user": True})
    session.ended = None
    await session.say("Well")
    session.ended = None
    session.unhold()


def numbered() -> list[Any]:
    return [pytest.param(path, id=".".join(map(str, path))) for path in paths(WHOLE)]


@pytest.mark.parametrize("path", numbered())
async def test_a_document_may_be_wrong_anywhere(path: tuple[Any, ...]) -> None:
    values: list[Any] = [7, "x", [{}], {"a": [1]}]
    for value in values:
        await live(changed(WHOLE, path, value))


async def test_the_whole_document_is_right() -> None:
    answers = {"signature": [], "mcp": lambda message: {"id": message.get("id"), "result": {}}}
    session, stage = await started(WHOLE, answers)
    await session.end()
    assert stage.texts("warning") == []


@pytest.mark.parametrize("value", WRONG)
async def test_an_answer_may_be_anything(value: Any) -> None:
    hooks = ("startup_hook", "hangup_hook", "check_for_input", "summarize_conversation")
    kinds = ("signature", "mcp", "post_prompt", "debug", *hooks)
    await live(WHOLE, {**dict.fromkeys(kinds, value), "look": value})
    parts = ("response", "action", "functions", "result", "post_process")
    whole = dict.fromkeys(parts, value)
    await live(WHOLE, {kind: dict(whole) for kind in kinds})


@pytest.mark.parametrize("value", WRONG)
async def test_every_action_takes_anything(value: Any) -> None:
    from agentkit.loopback.ai.actions import NAMES

    for name in sorted(NAMES):
        for given in (value, {"file": value, "timeout": value, "dest": value, "step": value},
                      [{"function": value, "active": value, "hint": value, "pattern": value,
                        "replace": value}], {"system_prompt": value, "system_pom": value,
                                             "consolidate": value, "a": value}):  # fmt: skip
            answers = {"look": {"action": [{name: given, "transfer": value}, {name: given}]}}
            session, _ = await started(verb(function("look")), answers)
            await session.call_tool("look", {})
            session.ended = None
            await session.pass_time(1)


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("key", ["call_id", "from", "to", "type", "project_id", "direction"])
async def test_the_call_may_be_anything(key: str, value: Any) -> None:
    await live(WHOLE, call={**CALL, key: value})
    await live(WHOLE, call={})


@pytest.mark.parametrize("value", WRONG)
async def test_arguments_may_be_anything_that_is_an_object(value: Any) -> None:
    session, _ = await started(WHOLE)
    await session.call_tool("look", {"answer": value, "step": value})
    for name in ("next_step", "change_context"):
        await session.call_tool(name, {"step": value, "context": value})


@pytest.mark.parametrize("value", [1e300, -1e300, -1, 0, "1e999", "nan", 10**400])
async def test_params_may_be_any_number(value: Any) -> None:
    for name in WHOLE["params"]:
        session, _ = await started(changed(WHOLE, ("params", name), value))
        await session.pass_time(30)
        assert "PM" in session.room.expanded("${local_time}")


@pytest.mark.parametrize("text", [None, 7, b"x", ["x"], {}])
async def test_only_texts_are_said(text: Any) -> None:
    session, _ = await started(WHOLE)
    for act in (session.say, session.hear):
        with pytest.raises(CallError, match="a text"):
            await act(text)


@pytest.mark.parametrize("name", ["", "x", None, 7, "startup_hook", ["look"], {}])
async def test_functions_that_are_none_are_refused(name: Any) -> None:
    session, _ = await started(WHOLE)
    with pytest.raises(CallError, match="call"):
        await session.call_tool(name, {})
