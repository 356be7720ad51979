"""Whole calls over real HTTP with agents of both SDKs, each served by its own SDK's servers.

The loopback plays them as the platform would: it fetches the document with credentials, calls the
functions at the URLs and with the tokens of the document, walks through steps and questions, and
posts the summary. What goes wrong with the vendor's SDK is in test_loopback_faults.py.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from agentkit.loopback import Call, CallError
from agentkit.testing.messages import Request
from tests.differential.conftest import Dial
from tests.differential.live.child import Served, served


def test_a_plain_agent_takes_an_order_and_gets_the_summary(dial: Dial, agents: Served) -> None:
    call = dial("/shop")
    call.start()
    assert b"token=" in call.document
    call.say("Two packs of Assam").uses("order", tea="Assam", packs=2)
    call.expect_tool("order").once().answered("Ordered 2 of Assam.").with_action("say")
    call.expect_said("One moment.", by="platform")
    call.expect_said("Thank you.", by="platform")
    call.say("And a Sencha").uses("order", tea="Sencha").uses("count").answers("12 teas, you know.")
    call.expect_tool("count").answered("There are 12 teas.")
    call.expect_state(orders=2, tea="Sencha")
    call.hang_up(summary={"teas": ["Assam", "Sencha"]})
    assert [line["summary"] for line in agents.told(call.call_id)] == [
        {"teas": ["Assam", "Sencha"]}
    ]


def test_an_agent_that_hangs_up_gets_the_summary_in_words(dial: Dial, agents: Served) -> None:
    call = dial("/shop", caller="+12025550199", summary="Somebody wanted to be written to.")
    call.start()
    call.say("Write to me").uses("write")
    call.expect_sms(to_number="+12025550199", body="Your tea comes.")
    call.say("Bye").uses("leave")
    call.expect_action("hangup")
    call.expect_ended("agent")
    told = agents.told(call.call_id)
    assert [line["summary"] for line in told] == ["Somebody wanted to be written to."]
    assert told[0]["log"] > 5


def test_meta_data_comes_back_by_its_token(dial: Dial) -> None:
    call = dial("/shop")
    call.start()
    call.say("Note Assam, then Sencha").uses("note", tea="Assam").uses("note", tea="Sencha")
    call.expect_tool("note").with_args(tea="Assam").answered("After nothing, Assam.")
    call.expect_tool("note").with_args(tea="Sencha").answered("After Assam, Sencha.")


def test_an_agent_served_alone_is_played_like_others(dial: Dial, agents: Served) -> None:
    call = dial("/alone", "alone")
    call.start()
    call.say("Some Assam").uses("order", tea="Assam")
    call.expect_said("Ordered 1 of Assam.")
    call.hang_up(summary={"tea": "Assam"})
    assert agents.told(call.call_id)[0]["agent"] == "alone"


def test_credentials_are_needed(agents: Served) -> None:
    with (
        Call(agents.url("several", "/shop"), auth=("user", "wrong")) as call,
        pytest.raises(CallError, match="status 401"),
    ):
        call.start()


def test_the_tokens_of_a_call_are_of_no_use_in_another(dial: Dial, agents: Served) -> None:
    first = dial("/shop")
    first.start()
    document = json.loads(first.document)
    outside = {"*": agents.url("several", "")}
    with Call(lambda request: document, outside=outside, seed="another") as call:
        call.start()
        call.say("Some Assam").uses("order", tea="Assam")
        call.expect_tool("order").once().answered(re.compile("token|There was an error"))
        call.expect_state(orders=0)


def test_functions_are_made_of_types_and_called_with_them(dial: Dial) -> None:
    call = dial("/typed")
    call.start()
    call.say("Pack").uses("pack", tea="Assam", packs=2, size="large")
    call.expect_tool("pack").answered("Packed 3 large of Assam.")
    call.say("Pack more").uses("pack", tea="Sencha", packs=1)
    call.expect_tool("pack").answered("Packed 2 small of Sencha.")
    call.say("Weigh").uses("weigh", grams=[1.5, 2])
    call.expect_said("3.5 g for +12025550123.")


def test_steps_offer_their_functions_and_lead_on(dial: Dial) -> None:
    call = dial("/table")
    call.start()
    call.expect_step("ask")
    assert "seats" in call.tools
    assert "book" not in call.tools
    call.say("For two").uses("seats")
    call.expect_step("confirm")
    call.expect_state(seats=2)
    call.say("Yes").uses("book").uses("next_step", step="done").answers("Goodbye.")
    call.expect_tool("book").answered("Booked.")
    call.expect_context("default")
    assert {"seats", "book"}.isdisjoint(call.tools)


def test_another_context_greets_with_its_filler(dial: Dial) -> None:
    call = dial("/table")
    call.start()
    call.say("It was cold").uses("change_context", context="complaints").answers("What was?")
    call.expect_context("complaints")
    call.expect_step("hear")
    call.expect_said("Oh dear.", by="platform")
    assert any("Be sorry." in message.content for message in call.messages)


def test_questions_are_asked_confirmed_and_kept(dial: Dial) -> None:
    call = dial("/intake")
    call.start()
    call.expect_said("What is your name?")
    assert "check" in call.tools
    call.say("Robin")
    call.expect_said("How many packs?")
    assert "check" not in call.tools
    call.say("2")
    call.say("yes")
    call.expect_state(who={"name": "Robin", "packs": 2})
    call.expect_step("done")


def test_a_conversation_goes_on_in_the_next_call(dial: Dial) -> None:
    first = dial("/remembering")
    first.start()
    first.hang_up(summary="Robin likes Sencha.")
    second = dial("/remembering")
    second.start()
    assert any("Robin likes Sencha." in message.content for message in second.messages)


def test_functions_elsewhere_are_asked_for_and_called_there(dial: Dial) -> None:
    def tools(request: Request) -> Any:
        asked = json.loads(b"".join(request.chunks))
        if request.path == "/ask":
            return {"response": f"{asked['argument']['parsed'][0]['tea']} is here."}
        if asked.get("action") == "get_signature":
            url = "https://tools.example.com/find"
            return [{"function": "find", "description": "Find tea.", "web_hook_url": url}]
        return {"response": f"Found by {asked['function']}."}

    call = dial("/elsewhere", outside={"tools.example.com": tools})
    call.start()
    call.say("Is there Assam?").uses("ask", tea="Assam").uses("find")
    call.expect_tool("ask").answered("Assam is here.")
    call.expect_tool("find").answered("Found by find.")


def test_data_maps_are_evaluated_here(dial: Dial) -> None:
    asked = []

    def weather(request: object) -> dict[str, str]:
        asked.append(request)
        return {"sky": "sunny"} if len(asked) == 1 else {"error": "no such city"}

    call = dial("/maps", outside={"api.example.com": weather})
    call.start()
    call.say("How is it at home?").uses("weather", city="home")
    call.expect_tool("weather").answered("You are at home.")
    call.say("And in Bad Ort?").uses("weather", city="Bad Ort")
    call.expect_tool("weather").answered("It is sunny in Bad Ort.")
    call.expect_state(sky="sunny")
    call.say("And on the moon?").uses("weather", city="the moon")
    call.expect_tool("weather").answered("Nobody knows.")
    assert len(asked) == 2


def test_skills_tell_the_time_reckon_and_transfer(dial: Dial) -> None:
    call = dial("/skilled")
    call.start()
    call.say("What is 2 times 21, and when?").uses("calculate", expression="2*21").uses(
        "get_current_time"
    ).uses("get_current_date")
    call.expect_tool("calculate").answered("42")
    call.expect_tool("get_current_time").answered(re.compile(r"\d\d:\d\d:\d\d [AP]M UTC"))
    call.expect_tool("get_current_date").answered(re.compile(r"\w+day, \w+ \d\d, \d{4}"))
    call.say("To sales, please").uses("transfer_call", transfer_type="sales")
    call.expect_said("To sales.", by="agent")
    call.expect_verb("connect", to="+12025550111")
    call.expect_ended()


def test_a_call_is_configured_by_its_query(dial: Dial) -> None:
    for tier in ("gold", "tin"):
        call = dial(f"/configured?tier={tier}")
        call.start()
        call.expect_state(tier=tier)
        call.say("A discount?").uses("discount")
        call.expect_tool("discount").once().answered(f"For {tier}.")


def test_handlers_are_told_when_a_call_begins_and_ends(dial: Dial, agents: Served) -> None:
    call = dial("/hooked")
    call.start()
    call.expect_state(known=True)
    assert any("The caller is known." in message.content for message in call.messages)
    call.say("Hello there").answers("Hello.")
    call.hang_up()
    assert [line for line in agents.told(call.call_id) if "event" not in line] == [
        {"agent": "hooked", "began": True},
        {"agent": "hooked", "ended": ["Hello there"]},
    ]


def test_verbs_stand_before_and_after_the_model(dial: Dial) -> None:
    call = dial("/staged")
    call.start()
    call.say("Stop").uses("stop")
    call.expect_said("Welcome.", by="platform")
    call.expect_verb("record_call", format="wav")
    call.expect_said("That was it.", by="platform")
    call.expect_ended("document")
    verbs = [moment.text for moment in call.moments if moment.kind == "verb"]
    assert verbs == ["play", "answer", "record_call", "play", "ai", "play", "hangup"]


def test_a_call_is_transferred_to_another_agent(dial: Dial, agents: Served) -> None:
    call = dial("/guide")
    call.start()
    assert "order" not in call.tools
    call.say("To the shop").uses("move")
    call.expect_verb("transfer")
    assert "order" in call.tools
    call.say("Some Assam").uses("order", tea="Assam")
    call.expect_tool("order").answered("Ordered 1 of Assam.")
    call.hang_up(summary={"tea": "Assam"})
    assert [line["agent"] for line in agents.told(call.call_id)] == ["shop"]


def test_the_tools_of_one_agent_are_called_by_another_through_mcp(dial: Dial) -> None:
    call = dial("/drinker")
    call.start()
    call.say("Brew").uses("brew", tea="Assam")
    call.expect_tool("brew").answered("Brewed Assam.")
    kinds = {moment.data for moment in call.moments if moment.kind == "request"}
    assert kinds == {"document", "mcp"}


def test_information_is_gathered_question_by_question(dial: Dial) -> None:
    call = dial("/info_gatherer")
    call.start()
    call.say("Go on").uses("start_questions")
    call.expect_tool("start_questions").answered("What is your name?")
    call.say("Robin").uses("submit_answer", answer="Robin")
    call.expect_tool("submit_answer").answered("What is your address?")
    call.expect_state(question_index=1)
    call.say("robin@example.com").uses("submit_answer", answer="robin@example.com")
    call.expect_state(
        question_index=2,
        answers=[
            {"key_name": "name", "answer": "Robin"},
            {"key_name": "mail", "answer": "robin@example.com"},
        ],
    )


def test_frequent_questions_are_found(dial: Dial) -> None:
    call = dial("/faq")
    call.start()
    call.say("What is Sencha?").uses("search_faqs", query="sencha").answers("A green tea.")
    call.expect_tool("search_faqs").answered("What is Sencha?")
    call.say("And zzz?").uses("search_faqs", query="zzz")
    call.expect_tool("search_faqs").with_args(query="zzz").answered("No ")
    call.hang_up(summary={"matched_faq": "What is Sencha?"})
    call.expect_summary(matched_faq="What is Sencha?")


def test_a_concierge_knows_its_house(dial: Dial) -> None:
    call = dial("/concierge")
    call.start()
    call.say("The spa on Friday?").uses(
        "check_availability", service="spa", date="Friday", time="10:00"
    )
    call.expect_tool("check_availability").answered("Friday at 10:00")
    call.say("Where is the pool?").uses("get_directions", location="pool")
    call.expect_tool("get_directions").answered("2nd floor")
    call.expect_state(venue_name="Grand Hotel")


def test_a_survey_checks_and_notes_answers(dial: Dial) -> None:
    call = dial("/survey")
    call.start()
    call.expect_said("Hello there.", by="platform")
    answer = {"question_id": "stars", "response": "5"}
    call.say("Five").uses("validate_response", answer).uses("log_response", answer)
    call.expect_tool("validate_response").answered("stars")
    call.expect_tool("log_response").answered("How many stars?")
    call.say("Nine").uses("validate_response", question_id="stars", response="9")
    call.expect_said(re.compile("1 (to|and) 5"))
    call.hang_up(summary={"stars": 5})
    call.expect_summary(stars=5)


def test_a_receptionist_puts_callers_through(dial: Dial) -> None:
    call = dial("/receptionist")
    call.start()
    call.say("Robin, about tea").uses("collect_caller_info", name="Robin", reason="tea")
    call.expect_state(caller_info={"name": "Robin", "reason": "tea"})
    call.say("Yes").uses("transfer_call", department="sales")
    call.expect_verb("connect", to="+12025550111")
    call.expect_summary()
    call.expect_ended()


def test_a_model_of_bedrock_calls_functions_too(dial: Dial) -> None:
    call = dial("/bedrock")
    call.start()
    call.expect_verb("amazon_bedrock")
    call.say("How much is it?").uses("price")
    call.expect_said("Ten euros.")


@pytest.mark.parametrize(("pressed", "heard"), [("1", "Tea it is."), ("2", "No tea.")])
def test_a_service_without_a_model_is_a_menu(dial: Dial, pressed: str, heard: str) -> None:
    call = dial("/menu", "menu")
    call.start()
    call.expect_said("Press 1 for tea.")
    call.press(pressed)
    call.expect_said(heard)
    call.expect_ended("document")


def test_a_process_that_cannot_serve_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.differential.live.child.SERVING", ("-c", "raise SystemExit('no')"))
    with pytest.raises(RuntimeError, match="no"), served(sys.executable, "agentkit", tmp_path):
        raise AssertionError
