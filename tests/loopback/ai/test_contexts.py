"""Contexts and steps: where the session stands, where it may go, what the model is told there."""

from typing import Any

import pytest

from agentkit.loopback.errors import CallError
from tests.loopback.ai.flows import at, flow, parameters, step, told
from tests.loopback.ai.wires import JSON, function, verb


async def test_a_session_begins_in_the_first_step_of_the_default_context() -> None:
    session, _ = await at(flow(step("a"), step("b"), others={"x": {"steps": [step("c")]}}))
    assert (session.context, session.step) == ("default", "a")
    assert told(session).startswith("Do a.")


async def test_a_context_begins_with_its_initial_step() -> None:
    session, _ = await at(flow(step("a"), step("b"), initial_step="b"))
    assert session.step == "b"


async def test_an_initial_step_that_is_not_there_is_noted() -> None:
    session, stage = await at(flow(step("a"), initial_step="z"))
    assert session.step == "a"
    assert stage.texts("warning") == [
        "ai.prompt.contexts.default.initial_step: there is no step 'z'"
    ]


async def test_without_a_default_the_first_context_stands_for_it() -> None:
    ai = verb()
    ai["prompt"]["contexts"] = {"only": {"steps": [step("a")]}}
    session, stage = await at(ai)
    assert session.context == "only"
    assert stage.texts("warning") == [
        "ai.prompt.contexts: there is no context `default`; the first one stands for it",
    ]


async def test_a_context_without_steps_has_none() -> None:
    session, stage = await at(flow())
    assert (session.context, session.step) == ("default", None)
    assert stage.names() == ["look", "book", "hangup"]
    assert stage.texts("warning") == [
        "ai.prompt.contexts.default.steps: there must be at least one step",
    ]


async def test_criteria_and_ways_out_are_in_the_prompt() -> None:
    others = {"x": {"steps": [step("c")]}}
    session, _ = await at(
        flow(step("a", step_criteria="all is said", valid_contexts=["x"]), step("b"), others=others)
    )
    text = told(session)
    assert "all is said" in text
    assert "next_step" in text
    assert "change_context" in text


@pytest.mark.parametrize(
    ("fields", "steps"),
    [
        ({}, ["b"]),
        ({"valid_steps": ["next"]}, ["b"]),
        ({"valid_steps": ["c", "b", "c"]}, ["c", "b"]),
        ({"valid_steps": ["c", "nowhere"]}, ["c"]),
        ({"valid_steps": "c"}, ["c"]),
    ],
)
async def test_the_model_goes_where_the_step_lets_it(fields: JSON, steps: list[str]) -> None:
    session, _ = await at(flow(step("a", **fields), step("b"), step("c")))
    assert parameters(session, "next_step")["properties"]["step"]["enum"] == steps


async def test_a_step_with_no_ways_out_offers_none() -> None:
    _, stage = await at(flow(step("a", valid_steps=[]), step("b")))
    assert stage.names() == ["look", "book", "hangup"]


async def test_the_last_step_offers_no_next_one() -> None:
    _, stage = await at(flow(step("a")))
    assert "next_step" not in stage.names()
    _, stage = await at(flow(step("a", valid_steps=["next"])))
    assert "next_step" not in stage.names()


async def test_a_context_says_the_ways_of_steps_that_do_not() -> None:
    others = {"x": {"steps": [step("d")]}}
    session, _ = await at(
        flow(step("a"), step("b"), step("c"), valid_steps=["c"], valid_contexts=["x", "z"],
             others=others))  # fmt: skip
    assert parameters(session, "next_step")["properties"]["step"]["enum"] == ["c"]
    assert parameters(session, "change_context")["properties"]["context"]["enum"] == ["x"]


async def test_the_model_moves_by_next_step() -> None:
    session, stage = await at(flow(step("a"), step("b", valid_steps=["a", "b"])))
    outcome = await session.call_tool("next_step", {"step": "b"})
    assert session.step == "b"
    assert "b" in outcome.response
    assert stage.texts("step") == ["default/b"]
    assert stage.data("step") == [{"from": "a", "trigger": "ai_function"}]
    assert told(session).startswith("Do b.")
    assert sum(each.content.startswith("Do ") for each in session.messages()) == 1


async def test_a_step_that_is_not_legal_is_refused_to_the_model() -> None:
    session, _ = await at(flow(step("a", valid_steps=["b"]), step("b"), step("c")))
    outcome = await session.call_tool("next_step", {"step": "c"})
    assert session.step == "a"
    assert "Possible are: b" in outcome.response


async def test_the_only_way_needs_no_name() -> None:
    session, _ = await at(flow(step("a"), step("b")))
    await session.call_tool("next_step", {})
    assert session.step == "b"


async def test_several_ways_need_a_name() -> None:
    session, _ = await at(flow(step("a", valid_steps=["b", "c"]), step("b"), step("c")))
    await session.call_tool("next_step", {})
    assert session.step == "a"


async def test_a_function_moves_anywhere_in_the_context() -> None:
    answers = {"look": {"response": "Ok", "action": [{"change_step": "c"}]}}
    session, stage = await at(flow(step("a", valid_steps=[]), step("b"), step("c")), answers)
    await session.call_tool("look", {})
    assert session.step == "c"
    assert stage.data("step") == [{"from": "a", "trigger": "webhook_action"}]
    assert [each.role for each in session.messages()[-3:]] == ["assistant", "tool", "system"]


@pytest.mark.parametrize("name", ["nowhere", "", 7])
async def test_a_step_that_is_not_there_is_not_entered(name: Any) -> None:
    answers = {"look": {"action": {"change_step": name}}}
    session, stage = await at(flow(step("a"), step("b")), answers)
    await session.call_tool("look", {})
    assert session.step == "a"
    assert "there is no step" in stage.texts("warning")[-1]


async def test_a_step_needs_contexts() -> None:
    session, stage = await at(verb(function("look")), {"look": {"action": {"change_step": "a"}}})
    await session.call_tool("look", {})
    assert stage.texts("warning") == ["change_step: there is no step 'a' without contexts"]


async def test_the_word_next_is_the_step_after() -> None:
    answers = {"look": {"action": {"change_step": "next"}}}
    session, _ = await at(flow(step("a"), step("b"), step("c")), answers)
    await session.call_tool("look", {})
    assert session.step == "b"


@pytest.mark.parametrize(
    ("functions", "offered"),
    [
        (None, ["look", "book"]),
        ([], []),
        ("none", []),
        (["none"], []),
        (["book"], ["book"]),
        ("book", ["book"]),
        (["gone", "look"], ["look"]),
    ],
)
async def test_a_step_offers_the_functions_it_names(functions: Any, offered: list[str]) -> None:
    fields = {} if functions is None else {"functions": functions}
    _, stage = await at(flow(step("a", valid_steps=[], **fields)))
    assert stage.names() == [*offered, "hangup"]


async def test_a_step_that_names_none_keeps_those_of_the_last() -> None:
    session, stage = await at(flow(step("a", functions=["book"]), step("b", valid_steps=[])))
    await session.call_tool("next_step", {"step": "b"})
    assert stage.names() == ["book", "hangup"]


async def test_a_function_of_another_step_cannot_be_called() -> None:
    session, _ = await at(flow(step("a", functions=["book"], valid_steps=[])))
    with pytest.raises(CallError, match=r"cannot call 'look' in default/a; it may call: book, h"):
        await session.call_tool("look", {})


async def test_a_function_that_is_not_there_cannot_be_called_either() -> None:
    session, _ = await at(verb(function("look")))
    with pytest.raises(CallError, match="cannot call 'lok' now; it may call: look, hangup"):
        await session.call_tool("lok", {})


async def test_a_step_that_ends_leaves_the_steps_when_the_model_has_spoken() -> None:
    session, stage = await at(flow(step("a", end=True, functions=["book"]), prompt="Be in it."))
    await session.say("Done.")
    assert (session.context, session.step) == ("default", None)
    assert stage.names() == ["book", "hangup"]
    assert told(session) == "Be in it."
    assert stage.data("step") == [{"from": "a", "trigger": "end"}]


async def test_functions_may_begin_the_steps_again() -> None:
    answers = {"look": {"action": {"change_step": "a"}}}
    session, _ = await at(flow(step("a", end=True)), answers)
    await session.say("Done.")
    await session.call_tool("look", {})
    assert session.step == "a"
    [entry] = [each for each in session.room.logs.call if each.get("action") == "step_change"]
    assert entry["metadata"]["from_index"] == -1


async def test_next_means_nothing_after_the_steps() -> None:
    answers = {"look": {"action": {"change_step": "next"}}}
    session, _ = await at(flow(step("a", end=True)), answers)
    await session.say("Done.")
    await session.call_tool("look", {})
    assert session.step is None


async def test_a_step_can_go_on_by_itself_once_it_has_spoken() -> None:
    session, stage = await at(flow(step("a", skip_to_next_step=True), step("b")))
    await session.say("Welcome.")
    assert session.step == "b"
    assert stage.data("step") == [{"from": "a", "trigger": "auto_advance"}]
    assert not session.takes_turn


async def test_the_last_step_goes_nowhere_by_itself() -> None:
    session, _ = await at(flow(step("a", skip_to_next_step=True)))
    await session.say("Welcome.")
    assert session.step == "a"


async def test_a_step_can_begin_without_the_caller() -> None:
    session, _ = await at(
        flow(step("a", skip_to_next_step=True), step("b", skip_user_turn=True), step("c"))
    )
    await session.say("Welcome.")
    assert session.takes_turn
    await session.say("More.")
    assert not session.takes_turn
