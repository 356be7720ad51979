"""What goes wrong in whole calls with agents of the vendor's SDK 3.7.5, served over HTTP by itself.

Each test names the fault. An SDK that has mended it fails the test, which is then to be removed.
"""

import json
from typing import Any

import pytest

from agentkit.loopback import Call, CallError
from tests.differential.conftest import Dial
from tests.differential.live.broken import SIGNING_KEY, STRANGE_PASSWORD
from tests.differential.live.child import Served
from tests.differential.live.shops import USER
from tests.differential.vendor import needs_vendor

pytestmark = [needs_vendor, pytest.mark.parametrize("agents", ["vendor"], indirect=True)]
REFUSED = "There was an error processing this request."


def functions(call: Call) -> dict[str, Any]:
    """The functions of the document, by name."""
    verbs = json.loads(call.document)["sections"]["main"]
    ai = next(verb["ai"] for verb in verbs if "ai" in verb)
    return {each["function"]: each for each in ai["SWAIG"]["functions"]}


def statuses(call: Call) -> list[str]:
    """What was answered to what the platform sent, in order."""
    return [moment.text for moment in call.moments if moment.kind == "reply"]


def test_an_agent_sends_the_platform_to_its_own_port_and_not_its_servers(agents: Served) -> None:
    call = Call(agents.url("several", "/astray"), auth=USER)
    call.start()
    with pytest.raises(CallError, match="is sent to 'http://localhost:3999/astray/swaig/'"):
        call.say("Assam").uses("order", tea="Assam").settle()
    call.close()


def test_signs_in_a_password_send_the_platform_to_another_host(agents: Served) -> None:
    call = Call(agents.url("several", "/signs"), auth=("user", STRANGE_PASSWORD))
    call.start()
    with pytest.raises(CallError, match="is sent to 'http://s/s:w'"):
        call.say("How much?").uses("price").settle()
    call.close()


def test_an_agent_that_checks_signatures_refuses_functions_which_nobody_signs(
    dial: Dial, agents: Served
) -> None:
    call = dial("/signed", signing_key=SIGNING_KEY)
    call.start()
    call.say("Assam").uses("order", tea="Assam")
    call.expect_tool("order").answered(REFUSED)
    call.hang_up(summary={"tea": "Assam"})
    assert statuses(call) == ["200", "403", "403"]
    assert agents.told(call.call_id) == []


def test_a_call_longer_than_its_tokens_loses_functions_and_summary(
    dial: Dial, agents: Served
) -> None:
    call = dial("/expired")
    call.start()
    call.say("Assam").uses("order", tea="Assam")
    call.expect_tool("order").answered("security token")
    call.hang_up(summary={"tea": "Assam"})
    assert statuses(call)[-1] == "403"
    assert agents.told(call.call_id) == []


@pytest.mark.parametrize("route", ["/awaited", "/raising"])
def test_a_summary_is_lost_and_the_platform_told_that_it_is_kept(
    dial: Dial, agents: Served, route: str
) -> None:
    call = dial(route)
    call.start()
    call.hang_up(summary={"a": 1})
    assert statuses(call) == ["200", "200"]
    assert agents.told(call.call_id) == []


def test_sections_of_a_request_are_a_failure(agents: Served) -> None:
    with (
        Call(agents.url("several", "/closed"), auth=USER) as call,
        pytest.raises(CallError, match="status 500"),
    ):
        call.start()


def test_contexts_in_a_dict_are_dropped(dial: Dial) -> None:
    call = dial("/flat")
    call.start()
    call.expect_context("")
    call.expect_step("")
    assert b"contexts" not in call.document


def test_an_answer_that_is_no_json_is_a_failure_that_runs_the_function_four_times(
    dial: Dial, agents: Served
) -> None:
    call = dial("/bytes")
    call.start()
    call.say("Pick").uses("pick")
    call.expect_tool("pick").once().answered(REFUSED)
    assert statuses(call) == ["200", *["500"] * 4]
    assert len(agents.told(call.call_id)) == 4


def test_a_skill_that_was_removed_can_be_called(dial: Dial) -> None:
    call = dial("/forgetful")
    call.start()
    call.say("6 times 7?").uses("calculate", expression="6*7")
    call.expect_tool("calculate").answered("42")


def test_callers_hear_what_a_function_raised(dial: Dial) -> None:
    call = dial("/shop")
    call.start()
    call.say("Fail").uses("fail")
    call.expect_said("password=123", by="agent")


def test_arguments_of_the_wrong_type_reach_a_function(dial: Dial) -> None:
    call = dial("/typed")
    call.start()
    call.say("Two").uses("pack", tea="Assam", packs="two")
    call.expect_tool("pack").answered("can only concatenate")
    assert functions(call)["pack"]["parameters"]["properties"]["packs"]["type"] == "integer"


def test_an_optional_number_is_told_to_the_model_as_a_text(dial: Dial) -> None:
    call = dial("/typed")
    call.start()
    assert functions(call)["wrap"]["parameters"]["properties"]["paper"] == {"type": "string"}
    call.say("Wrap").uses("wrap", paper="2")
    call.expect_tool("wrap").answered("Wrapped in '2'.")


def test_a_configuration_that_raises_is_served_as_far_as_it_came(dial: Dial) -> None:
    call = dial("/configured?tier=broken")
    call.start()
    call.say("A discount?").uses("discount")
    call.expect_said("For broken.")


def test_events_of_the_platform_are_not_known_by_their_names(dial: Dial, agents: Served) -> None:
    call = dial("/hooked")
    call.start()
    call.hang_up()
    told = agents.told(call.call_id)
    assert {line["event"] for line in told if "event" in line} == {"unknown"}


@pytest.mark.parametrize(
    ("route", "status"), [("/sip", "404"), ("/shop/sip", "307"), ("/guide/sip", "307")]
)
def test_a_sip_address_leads_to_no_document(agents: Served, route: str, status: str) -> None:
    url = agents.url("several", route)
    with (
        Call(url, auth=USER, called="sip:faq@example.com") as call,
        pytest.raises(CallError, match=f"status {status}"),
    ):
        call.start()


def test_what_is_no_agents_route_is_answered_with_success_and_no_document(agents: Served) -> None:
    with (
        Call(agents.url("alone", "/")) as call,
        pytest.raises(CallError, match="no object `sections`"),
    ):
        call.start()
    assert statuses(call) == ["200"]
