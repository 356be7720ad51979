"""Changing contexts, and what becomes of the conversation then."""

from typing import Any

import pytest

from agentkit.loopback.ai import AISession
from tests.loopback.ai.flows import at, flow, step, told
from tests.loopback.ai.wires import JSON, function, verb

SALES: JSON = {"steps": [{"name": "offer", "text": "Offer."}], "prompt": "You sell."}


def two(**fields: Any) -> JSON:
    others = {"sales": {**SALES, **fields}}
    return flow(step("a", valid_contexts=["sales"], valid_steps=[]), others=others,
                exit_fillers={"en-US": ["Bye"]})  # fmt: skip


async def test_the_model_changes_contexts() -> None:
    session, stage = await at(two(enter_fillers={"default": ["Welcome to sales"]}))
    await session.call_tool("change_context", {"context": "sales"})
    assert (session.context, session.step) == ("sales", "offer")
    assert stage.texts("platform") == ["Bye", "Welcome to sales"]
    assert told(session).startswith("You sell.\n\nOffer.")
    [entry] = [each for each in session.room.logs.call if each.get("action") == "context_enter"]
    assert entry["metadata"]["from_context"] == "default"
    assert stage.texts("step") == ["sales/offer"]


async def test_a_context_that_is_not_legal_is_refused_to_the_model() -> None:
    session, _ = await at(two())
    outcome = await session.call_tool("change_context", {"context": "x"})
    assert session.context == "default"
    assert "Possible are: sales" in outcome.response


@pytest.mark.parametrize(
    ("value", "context", "warnings"),
    [
        ("sales", "sales", []),
        ("nowhere", "default", ["change_context: there is no context 'nowhere'"]),
        (
            ["sales"],
            "default",
            [
                'look: change_context: a text belongs here, not ["sales"]',
                "change_context: there is no context ''",
            ],
        ),
    ],
)
async def test_functions_change_contexts(value: Any, context: str, warnings: list[str]) -> None:
    session, stage = await at(two(), {"look": {"action": {"change_context": value}}})
    await session.call_tool("look", {})
    assert session.context == context
    assert stage.texts("warning") == warnings


async def test_contexts_need_contexts() -> None:
    ai = verb(function("look"))
    session, stage = await at(ai, {"look": {"action": {"change_context": "sales"}}})
    await session.call_tool("look", {})
    assert session.context is None
    assert stage.texts("warning") == ["change_context: there is no context 'sales'"]


async def test_a_context_without_steps_can_be_entered() -> None:
    session, _ = await at(two(steps=[]), {"look": {"action": {"change_context": "sales"}}})
    await session.call_tool("look", {})
    assert (session.context, session.step) == ("sales", None)
    assert told(session) == "You sell."


def said(session: AISession) -> list[str]:
    return [each.content for each in session.messages() if each.role == "user"]


async def changed(ai: JSON) -> AISession:
    session, _ = await at(ai)
    await session.hear("One")
    await session.call_tool("change_context", {"context": "sales"})
    await session.hear("Two")
    return session


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({}, ["One", "Two"]),
        ({"isolated": True}, ["Two"]),
        ({"isolated": True, "history": "keep"}, ["One", "Two"]),
        ({"history": "hide"}, ["Two"]),
        ({"full_reset": True}, ["Two"]),
        ({"user_prompt": "Three"}, ["One", "Three", "Two"]),
        ({"steps": [{"name": "o", "text": "O.", "history": "keep"}], "isolated": True},
         ["One", "Two"]),
    ],
)  # fmt: skip
async def test_a_context_hides_what_was_said_before(fields: JSON, texts: list[str]) -> None:
    assert said(await changed(two(**fields))) == texts


async def test_what_was_hidden_comes_back_in_another_context() -> None:
    ai = two(isolated=True, valid_contexts=["default"])
    session = await changed(ai)
    await session.call_tool("change_context", {"context": "default"})
    assert said(session) == ["One", "Two"]


async def test_a_step_hides_what_was_said_and_gives_it_back() -> None:
    session, _ = await at(flow(step("a"), step("b", history="hide"), step("c")))
    await session.hear("One")
    await session.call_tool("next_step", {})
    await session.hear("Two")
    assert said(session) == ["Two"]
    await session.call_tool("next_step", {})
    assert said(session) == ["One", "Two"]


async def test_a_system_prompt_of_a_context_replaces_the_main_one() -> None:
    session = await changed(two(system_prompt="You are ${global_data.caller_id_number}."))
    assert session.messages()[0].content == "You are +12025550123."


async def test_a_conversation_is_summed_up() -> None:
    session, stage = await at(
        flow(step("a"), step("b", reset={"consolidate": True, "system_prompt": "New."}))
    )
    await session.say("Hello.")
    await session.hear("One")
    await session.call_tool("next_step", {})
    texts = [each.content for each in session.messages()]
    assert texts[:2] == ["New.", "The conversation so far:\nassistant: Hello.\nuser: One"]
    await session.end()
    assert len(stage.summary()["previous_contexts"]) == 1
    assert {"role": "user", "content": "One"} in stage.summary()["previous_contexts"][0]


async def test_a_conversation_without_words_is_summed_up_to_nothing() -> None:
    session, _ = await at(flow(step("a", reset={"consolidate": True})))
    assert [each.role for each in session.messages()] == ["system", "system"]


async def test_a_history_that_means_nothing_is_noted() -> None:
    _, stage = await at(flow(step("a", history="lose")))
    assert stage.texts("warning") == [
        "ai.prompt.contexts.default.steps[0].history: keep, default or hide belongs here,"
        " not 'lose'"
    ]


@pytest.mark.parametrize("name", ["next", "", None])
async def test_a_step_needs_a_name(name: Any) -> None:
    session, stage = await at(flow({"name": name, "text": "Do."}))
    assert stage.texts("warning") == [
        "ai.prompt.contexts.default.steps[0].name: a step needs a name, and `next` is none",
    ]
    assert session.step == (name or "0")


async def test_a_step_may_be_told_in_sections() -> None:
    session, _ = await at(flow({"name": "a", "pom": [{"title": "Task", "body": "Ask."}]}))
    assert told(session).startswith("## Task\n\nAsk.")


async def test_a_step_may_say_nothing() -> None:
    session, _ = await at(flow({"name": "a", "text": "", "valid_steps": []}))
    assert [each.role for each in session.messages()] == ["system"]


async def test_the_post_prompt_of_a_context_counts_first() -> None:
    ai = {**flow(step("a"), post_prompt="Mine?"), "post_prompt": {"text": "Yours?"}}
    ai["SWAIG"]["functions"].append(function("summarize_conversation"))
    session, _ = await at(ai)
    await session.end("hangup", {"a": 1})
    assert "Mine?" in [each["content"] for each in session.room.logs.call]
