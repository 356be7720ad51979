"""Whole calls that are awaited."""

import weakref
from typing import Any, cast

import pytest

from agentkit.loopback import (
    CallError,
    Judge,
    Persona,
    PhoneCall,
    RuleBrain,
    Thought,
    Use,
    Verdict,
    View,
)
from agentkit.testing.messages import Headers, Response
from tests.loopback.shops import AI, AUTH, script, shop

TRANSCRIPT = """\
    0.00  call      started +12025550123 → +12025550100 at /shop
    0.00  verb      answer
    0.64  verb      ai
    3.17  agent     Welcome. Which tea?
    5.25  caller    Two packs of Assam
    5.25  tool      order(tea="Assam", packs=2)
    5.25            → "Ordered 2 of Assam." [set_global_data]
    5.25  action    set_global_data {"tea":"Assam"}
    5.25  state     global_data tea="Assam"
    7.95  agent     Ordered 2 of Assam.
    8.95  call      summary {"tea":"Assam"}
    8.95  call      ended by the caller
"""


async def test_a_whole_call_is_played() -> None:
    call = PhoneCall(shop())
    await call.start().answers("Welcome. Which tea?")
    await call.say("Two packs of Assam").uses("order", tea="Assam", packs=2)
    call.expect_tool("order").with_args(packs=2).once().answered("ordered 2")
    call.expect_state(tea="Assam")
    call.expect_said("Ordered 2 of Assam.", exact=True, by="agent")
    await call.hang_up(summary={"tea": "Assam"})
    call.expect_summary(tea="Assam")
    call.expect_ended("caller")
    assert call.transcript == TRANSCRIPT


async def test_a_call_that_is_over_is_let_go_of_at_once() -> None:
    """Whoever plays thousands leaves the collector of circles nothing to do."""
    call = PhoneCall(shop())
    await call.start().answers("Welcome.")
    await call.say("Two packs of Assam").uses("order", tea="Assam", packs=2)
    await call.hang_up(summary="Tea was sold.")
    parts = [weakref.ref(each) for each in (call, call.line, call.engine.seat.last)]
    del call
    assert [part() for part in parts] == [None] * 3


async def test_a_summary_says_when_the_call_began_was_answered_and_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    agent = shop()
    monkeypatch.setattr(agent, "on_summary", lambda summary, raw_data: told.append(raw_data))
    call = PhoneCall(agent)
    began_us = call.engine.parts.clock.us
    await call.start()
    await call.hang_up(summary="Nothing was sold.")
    ended_us = call.moments[-1].at_us
    names = ("call_start_date", "call_answer_date", "ai_start_date", "ai_end_date", "call_end_date")
    dates = [told[0][name] for name in names]
    assert [each - began_us for each in dates[:3]] == [0, 640_000, 770_000]
    assert dates[3:] == [ended_us - 1_000_000, ended_us]
    assert dates == sorted(set(dates))


async def test_a_second_session_is_of_the_same_call() -> None:
    agent = shop().add_pre_answer_verb("play", {"url": "silence:5"})
    call = PhoneCall(agent.add_post_ai_verb("ai", AI["ai"]))
    await call.start()
    first = call.engine.seat.last
    await call.say("Bye").uses("act", actions=[{"stop": True}])
    second = call.engine.seat.last
    assert first is not None
    assert second is not None
    assert second is not first
    began, again = first.room.dates, second.room.dates
    assert began["ai_start_date"] - began["call_answer_date"] == 5_130_000
    assert again["ai_start_date"] > began["ai_start_date"]
    for name in ("call_start_date", "call_answer_date"):
        assert again[name] == began[name]


async def test_a_brain_of_rules_plays_what_the_test_does_not_write() -> None:
    call = PhoneCall(shop())
    await call.start()
    await call.say("I want to order 3 packs of the tea Assam")
    call.expect_tool("order").with_args(packs=3, tea="Assam")
    call.expect_said("Hello.")


async def test_a_call_shows_what_it_is() -> None:
    call = PhoneCall(shop(), caller="+12025550199", vars={"a": 1}, seed="x")
    assert (call.place, call.global_data, call.tools, call.messages) == (("", ""), {}, [], [])
    assert call.vars == {"a": 1}
    assert call.document == b""
    call.call_object["headers"] = [{"name": "X-Trunk", "value": "1"}]
    await call.start()
    assert call.tools == ["order", "leave", "run", "act", "hangup"]
    assert call.vars["a"] == 1
    assert b"You sell tea." in call.document
    assert [message.role for message in call.messages] == ["system", "assistant"]
    assert call.global_data["caller_id_number"] == "+12025550199"
    assert call.call_id == PhoneCall(shop(), seed="x").call_id != PhoneCall(shop()).call_id
    assert call.ended is None


async def test_as_a_context_it_starts_the_application_and_hangs_up() -> None:
    async with PhoneCall(shop()) as call:
        pass
    assert call.ended is None
    async with PhoneCall(shop()) as call:
        await call.start()
    assert call.ended == "caller"
    async with PhoneCall(shop()) as call:
        await call.start()
        await call.hang_up()


async def test_after_an_error_it_does_not_hang_up() -> None:
    call = PhoneCall(shop())

    async def err() -> None:
        async with call:
            await call.start()
            raise KeyError

    with pytest.raises(KeyError):
        await err()
    assert call.ended is None


# How it begins -----------------------------------------------------------------------------

NO_DOCUMENT: list[tuple[Any, str]] = [
    (lambda request: (404, "no"), "no document came from '/': status 404"),
    (lambda request: Response(200, Headers([]), b""), "no document came from '/': status 200"),
    (lambda request: Response(200, Headers([]), b"<html>"), ""),
    (lambda request: {"sections": {}}, ""),
    (lambda request: [], ""),
]


@pytest.mark.parametrize(("answer", "message"), NO_DOCUMENT)
async def test_without_a_document_there_is_no_call(answer: Any, message: str) -> None:
    async with PhoneCall(answer) as call:
        with pytest.raises(CallError) as failed:
            await call.start()
    assert message in str(failed.value)
    assert "the call so far:\n    0.00  call      started +1202" in str(failed.value)


async def test_an_agent_that_cannot_be_reached_sends_no_document() -> None:
    def refuse(request: Any) -> None:
        raise ConnectionRefusedError

    with pytest.raises(CallError, match="no document came from '/': nobody answers there"):
        await PhoneCall(refuse).start()


async def test_wrong_credentials_are_told() -> None:
    with pytest.raises(CallError, match="status 401"):
        await PhoneCall(shop(), auth=("user", "wrong")).start()
    await PhoneCall(shop(), auth=AUTH).start()


async def test_a_call_starts_once() -> None:
    call = PhoneCall(shop())
    with pytest.raises(CallError, match="the call has not started"):
        await call.hang_up()
    with pytest.raises(CallError, match="the call has not started"):
        await call.say("Hello")
    with pytest.raises(CallError, match="the call has not started"):
        await call.pass_time(1)
    await call.start()
    with pytest.raises(CallError, match="the call has started already"):
        await call.start()


async def test_an_agent_may_wait_for_the_caller() -> None:
    call = PhoneCall(shop(waits=True))
    await call.start()
    assert "agent" not in {moment.kind for moment in call.moments}
    other = PhoneCall(shop(waits=True))
    with pytest.raises(CallError, match="the model is not asked here: it waits for the caller"):
        await other.start().answers("Hello.")


async def test_a_startup_hook_may_end_the_session() -> None:
    agent = shop()

    @agent.tool(name="startup_hook")
    async def startup() -> Any:
        """Close the shop."""
        from agentkit import FunctionResult

        return FunctionResult("Closed.").stop()

    call = PhoneCall(agent)
    await call.start()
    call.expect_ended("document")


# What a test writes -------------------------------------------------------------------------


NOT_AWAITED = pytest.raises(CallError, match="the last turn was not awaited")


async def test_a_turn_has_to_be_awaited() -> None:
    call = PhoneCall(shop())
    _ = call.start()
    with NOT_AWAITED:
        _ = call.say("x")
    with NOT_AWAITED:
        call.expect_no_tool()
    with NOT_AWAITED:
        _text = call.transcript
    with NOT_AWAITED:
        await call.hang_up()
    with NOT_AWAITED:
        await call.pass_time(1)


async def test_a_turn_is_written_before_it_is_played() -> None:
    call = PhoneCall(shop())
    turn = call.start()
    await turn
    with pytest.raises(CallError, match="this turn has been played already"):
        _ = turn.uses("order")
    with pytest.raises(CallError, match="this turn has been played already"):
        _ = turn.answers("x")
    with pytest.raises(CallError, match="this turn has been played already"):
        await turn


async def test_a_model_calls_several_functions_in_a_turn() -> None:
    call = PhoneCall(shop())
    await call.start()
    turn = call.say("Assam and more").uses("order", {"tea": "Assam"}, packs=2)
    await turn.uses("order", '{"tea": "Sencha", "packs": 1}').answers("Both are ordered.")
    call.expect_tool("order").times(2).with_args(tea="Sencha").answered("1 of Sencha")
    call.expect_said("Both are ordered.")


async def test_a_function_that_is_not_offered_fails_the_test() -> None:
    call = PhoneCall(shop())
    await call.start()
    with pytest.raises(CallError) as failed:
        await call.say("x").uses("ordr")
    assert "cannot call 'ordr' now, it is offered: order, leave" in str(failed.value)
    assert "did you mean 'order'?" in str(failed.value)
    assert "the call so far:" in str(failed.value)


async def test_what_was_written_must_happen() -> None:
    call = PhoneCall(shop())
    await call.start()
    with pytest.raises(CallError, match="over before it could call: order, order"):
        await call.say("Bye").uses("leave").uses("order").uses("order")


# How it goes on -----------------------------------------------------------------------------


class Fixed:
    """Thinks the same thing again and again."""

    def __init__(self, thought: Thought, summary: Any = None) -> None:
        self.thought = thought
        self.prompts: list[str] = []
        self._summary = summary

    async def think(self, view: View) -> Thought:
        return self.thought

    async def summarize(self, view: View, prompt: str) -> Any:
        self.prompts.append(prompt)
        return self._summary


async def test_a_model_that_only_calls_functions_is_stopped() -> None:
    brain = Fixed(Thought(uses=(Use("order", {"tea": "Assam"}),)))
    with pytest.raises(CallError, match="has called functions 20 times without a word"):
        await PhoneCall(shop(), brain=brain).start()


async def test_a_model_may_call_several_functions_at_once() -> None:
    uses = (Use("order", {"tea": "Assam"}), Use("leave", {}), Use("order", {"tea": "Sencha"}))
    call = PhoneCall(shop(), brain=Fixed(Thought(uses=uses)))
    await call.start()
    call.expect_tool("order").once()
    call.expect_ended("agent")


async def test_what_functions_put_into_the_callers_mouth_is_answered() -> None:
    call = PhoneCall(shop(), brain=Fixed(Thought("I see.")))
    await call.start()
    await call.say("x").uses("act", actions=[{"user_input": "Order tea"}]).answers("Wait.")
    said = [moment.text for moment in call.moments if moment.kind in {"caller", "agent"}]
    assert said == ["I see.", "x", "Wait.", "Order tea", "I see."]


async def test_a_session_that_talks_to_itself_is_stopped() -> None:
    agent = shop()

    @agent.tool
    async def echo() -> Any:
        """Say something for the caller."""
        from agentkit import FunctionResult

        return FunctionResult("Again.").simulate_user_input("echo please")

    call = PhoneCall(agent)
    await call.start()
    with pytest.raises(CallError, match="has spoken 20 times without the caller"):
        await call.say("Say the echo")


async def test_time_passes_and_the_model_asks_whether_the_caller_is_there() -> None:
    call = PhoneCall(shop(), brain=Fixed(Thought("Are you there?")))
    await call.start().answers("Hello.")
    before = call.clock.us
    await call.pass_time(7.5)
    assert call.clock.us - before == 7_500_000 + 2_400_000  # silence, and what was asked
    call.expect_said("Are you there?")


async def test_time_may_end_the_session() -> None:
    agent = shop()
    agent.set_param("inactivity_timeout", 10_000)
    agent.set_param("attention_timeout", 0)
    call = PhoneCall(agent)
    await call.start()
    await call.pass_time(3600)
    call.expect_ended("agent")
    await call.pass_time(1)


async def test_digits_are_heard_by_the_model() -> None:
    call = PhoneCall(shop(), brain=Fixed(Thought("You pressed one.")))
    await call.start()
    await call.press("1")
    call.expect_said("1", by="caller", exact=True)


# How it ends --------------------------------------------------------------------------------


async def test_an_agent_may_hang_up() -> None:
    call = PhoneCall(shop())
    await call.start()
    await call.say("Bye").uses("leave")
    call.expect_action("hangup")
    call.expect_ended("agent")
    await call.hang_up()
    with pytest.raises(CallError, match="the call is over: it was ended by the agent"):
        await call.say("Hello?")
    with pytest.raises(CallError, match="its summary is posted: give it before"):
        await call.hang_up(summary="Bye.")


async def test_a_summary_is_said_beforehand_where_the_agent_hangs_up() -> None:
    call = PhoneCall(shop(), summary="Nobody.")
    call.summarizes({"tea": "none"})
    await call.start()
    await call.say("Bye").uses("leave")
    call.expect_summary(tea="none")


async def test_the_brain_writes_a_summary_that_nobody_said() -> None:
    brain = Fixed(Thought("Hello."), "A short call.")
    call = PhoneCall(shop(), brain=brain)
    await call.start()
    await call.hang_up()
    call.expect_summary("short call")
    assert brain.prompts == ["Summarize the call."]


async def test_a_summary_needs_somewhere_to_go() -> None:
    call = PhoneCall(shop(post_prompt=False))
    await call.start()
    with pytest.raises(CallError, match="the document has no post_prompt_url"):
        await call.hang_up(summary="x")
    await call.hang_up()
    with pytest.raises(CallError, match="none was posted"):
        call.expect_summary()


async def test_a_prompt_for_a_summary_may_be_a_text_alone() -> None:
    brain = Fixed(Thought("Hello."), "Short.")
    posts = {"post_prompt": "Sum up.", "post_prompt_url": "http://testserver/sum"}
    call = PhoneCall(script({"ai": {**AI["ai"], **posts}}), brain=brain)
    await call.start()
    await call.hang_up()
    assert brain.prompts == ["Sum up."]
    odd = PhoneCall(script({"ai": {**AI["ai"], "post_prompt": 5}}), brain=brain)
    await odd.start()
    await odd.hang_up()
    assert len(brain.prompts) == 1


async def test_the_script_goes_on_after_the_model() -> None:
    after = {"play": {"url": "say:Thank you for calling."}}
    call = PhoneCall(script(AI, after))
    await call.start()
    with pytest.raises(CallError, match="the call goes on"):
        call.expect_ended()
    agent = shop()
    agent.add_post_ai_verb("play", {"url": "say:Thank you for calling."})
    call = PhoneCall(agent)
    await call.start()
    await call.say("Stop").uses("act", actions=[{"stop": True}])
    call.expect_said("Thank you for calling.", by="platform")
    call.expect_ended("document")
    assert call.vars["ai_result"] == "success"


# Verbs that wait ----------------------------------------------------------------------------

MENU = {"prompt": {"play": "say:Press one.", "max_digits": 1}}
TELL = {"play": {"url": "say:You chose ${prompt_value}, ${prompt_result}."}}


async def test_a_menu_waits_for_digits_or_words() -> None:
    call = PhoneCall(script(MENU, TELL))
    await call.start()
    await call.press("1")
    call.expect_said("You chose 1, match_digits.")
    call.expect_ended("document")
    call = PhoneCall(script(MENU, TELL, AI))
    await call.start()
    await call.say("sales").answers("Welcome.")
    call.expect_said("You chose sales, match_speech.")
    call.expect_said("Welcome.", by="agent")


async def test_a_menu_goes_on_without_input() -> None:
    call = PhoneCall(script(MENU, TELL, AI))
    await call.start()
    await call.pass_time(10)
    call.expect_said("no_input")
    call.expect_said("Hello.", by="agent")
    call = PhoneCall(script(MENU, TELL))
    await call.start()
    await call.pass_time(10)
    call.expect_ended("document")


async def test_a_message_is_recorded() -> None:
    call = PhoneCall(script({"record": {}}, {"play": {"url": "say:Thanks."}}))
    await call.start()
    await call.say("Please call me back")
    call.expect_said("call me back", by="caller")
    call.expect_said("Thanks.")
    assert call.vars["record_result"] == "success"
    call = PhoneCall(script({"record": {}}))
    await call.start()
    await call.press("#")
    call.expect_ended("document")


async def test_nobody_listens_while_a_card_is_keyed_in() -> None:
    call = PhoneCall(script({"pay": {"payment_connector_url": "http://testserver/pay"}}))
    await call.start()
    with pytest.raises(CallError, match="nobody listens: the platform performs 'pay'"):
        await call.say("Hello?")
    await call.pass_time(5)
    await call.press("4111#")
    call.expect_ended("document")


async def test_other_verbs_turn_out_as_usual_or_as_the_test_says() -> None:
    tell = {"play": {"url": "say:It ${connect_result}."}}
    verbs = ({"connect": {"to": "+12025550177"}}, tell)
    call = PhoneCall(script(*verbs))
    await call.start()
    call.expect_verb("connect", to="+12025550177")
    call.expect_said("It connected.")
    call = PhoneCall(script(*verbs))
    call.outcome("connect", "failed")
    await call.start()
    call.expect_said("It failed.")
    call = PhoneCall(script(MENU, *verbs))
    await call.start()
    call.outcome("connect", "failed")
    await call.press("1")
    call.expect_said("It failed.")


# Documents within the session ---------------------------------------------------------------


def document(*verbs: Any) -> dict[str, Any]:
    return {"version": "1.0.0", "sections": {"main": list(verbs)}}


async def test_a_function_may_run_a_document_within_the_session() -> None:
    call = PhoneCall(shop())
    await call.start()
    sms = {"send_sms": {"to_number": "+12025550123", "from_number": "+12025550100", "body": "Hi"}}
    await call.say("Text me").uses("run", document=document(sms)).answers("Sent.")
    call.expect_sms(to_number="+12025550123", body="Hi")
    call.expect_said("Sent.")
    await call.say("Call him").uses("run", document=document({"connect": {"to": "+1202555017"}}))
    call.expect_said("Done.")


async def test_a_model_waits_for_a_menu_within_its_turn() -> None:
    call = PhoneCall(shop())
    await call.start()
    await call.say("Ask me").uses("run", document=document(MENU)).uses("order", tea="Assam")
    call.expect_no_tool("order")
    await call.press("1")
    call.expect_tool("order").once()
    assert call.vars["prompt_value"] == "1"


async def test_a_menu_within_a_turn_may_end_the_call() -> None:
    call = PhoneCall(shop())
    await call.start()
    await call.say("Ask me").uses("run", document=document(MENU, {"hangup": {}}))
    await call.press("1")
    call.expect_ended("agent")
    call.expect_summary()


async def test_a_menu_within_a_turn_may_lead_to_another_model() -> None:
    call = PhoneCall(shop())
    await call.start()
    moves = {"transfer": {"dest": document(AI)}}
    await call.say("Ask me").uses("run", document=document(MENU, moves))
    await call.press("1").answers("I am another one.")
    assert call.tools == ["hangup"]
    call.expect_said("another one")


async def test_nobody_thinks_without_a_session() -> None:
    call = PhoneCall(script(MENU))
    await call.start()
    with pytest.raises(CallError, match="no conversation with a model"):
        await call.engine.think("x", RuleBrain())
    await call.hang_up()
    call.expect_ended("caller")


async def test_a_document_may_hang_up() -> None:
    call = PhoneCall(shop())
    await call.start()
    await call.say("Bye").uses("run", document=document({"hangup": {}}))
    call.expect_ended("agent")


MOVED = document({"play": {"url": "say:You were moved."}})


async def test_a_call_may_be_moved_to_a_document() -> None:
    call = PhoneCall(shop())
    await call.start()
    await call.say("Move me").uses("run", document=MOVED, transfer=True)
    call.expect_said("You were moved.")
    call.expect_ended("document")


async def test_a_document_within_the_session_may_move_the_call() -> None:
    call = PhoneCall(shop())
    await call.start()
    moves = document({"transfer": {"dest": MOVED}})
    await call.say("Move me").uses("run", document=moves)
    call.expect_said("You were moved.")
    call.expect_ended("document")


async def test_a_call_may_go_to_another_model() -> None:
    call = PhoneCall(shop())
    await call.start()
    await call.say("Another").uses("run", document=document(AI), transfer=True)
    assert call.tools == ["hangup"]
    call = PhoneCall(shop())
    await call.start()
    await call.say("Another").uses("run", document=document(AI))
    assert call.tools == ["hangup"]


# Models -------------------------------------------------------------------------------------


class Told:
    """Stands in for a persona and a judge."""

    def __init__(self, *words: str | None) -> None:
        self._words = list(words)

    async def next(self, moments: Any) -> str | None:
        return self._words.pop(0)

    async def ask(self, question: str, moments: Any) -> Verdict:
        return Verdict(question == "Was it short?", "It was.")


def persona(*words: str | None) -> Persona:
    return cast("Persona", Told(*words))


def judge() -> Judge:
    return cast("Judge", Told())


async def test_a_persona_talks_until_it_hangs_up() -> None:
    call = PhoneCall(shop())
    await call.start()
    assert await call.converse(persona("Order Assam tea", "Thanks", None)) == 2
    call.expect_ended("caller")


async def test_a_persona_stops_after_its_turns_or_with_the_call() -> None:
    call = PhoneCall(shop())
    await call.start()
    assert await call.converse(persona("Order Assam tea", "Thanks"), turns=1) == 1
    assert call.ended is None
    await call.say("Bye").uses("leave")
    assert await call.converse(persona("Hello?")) == 0


async def test_a_judge_answers_a_question_about_the_call() -> None:
    call = PhoneCall(shop())
    await call.start()
    assert await call.expect_judged("Was it short?", judge()) == "It was."
    with pytest.raises(CallError, match="expected yes: Was it long") as failed:
        await call.expect_judged("Was it long?", judge())
    assert "the judge says no: It was.\n\nthe call so far:" in str(failed.value)
