"""`amazon_bedrock` and `ai_sidecar`."""

import hashlib
from typing import Any

import pytest

from agentkit.loopback.ai.sidecar import Sidecar
from agentkit.loopback.errors import CallError
from tests.loopback.ai.wires import CALL, JSON, URL, Stage, function, started, verb

EVENTS = "https://events.example.com"

# Bedrock -----------------------------------------------------------------------------------


async def test_bedrock_sends_requests_of_its_own_form() -> None:
    ai = verb(function("look"), function("own", meta_data_token="mine"), global_data={"a": 1})
    session, stage = await started(ai, verb="amazon_bedrock")
    await session.call_tool("look", {"b": 2})
    await session.call_tool("own", raw="no json")
    look, own = stage.wire.bodies("function")
    assert look["content_disposition"] == "agent.function"
    assert look["action"] == "fetch_conversation"
    assert look["argument"] == {"parsed": [{"b": 2}], "raw": '{"b":2}'}
    assert own["argument"] == {"parsed": [], "raw": "no json"}
    assert look["caller_id"] == look["caller_id_number"] == "+12025550123"
    assert look["meta_data_token"] == hashlib.md5(b"look").hexdigest()
    assert own["meta_data_token"] == "mine"
    assert look.keys().isdisjoint({"channel_active", "version", "description"})


@pytest.mark.parametrize(
    ("answer", "response", "warnings"),
    [
        ({"response": "Found."}, "Found.", 0),
        ({"response": {"tool_result": "x"}}, "", 1),
        ({}, "", 0),
        ({"response": "Found.", "post_process": True, "action": {"say": "Hm"}}, "Found.", 1),
    ],
)
async def test_bedrock_takes_only_text(answer: JSON, response: str, warnings: int) -> None:
    session, stage = await started(verb(function("look")), {"look": answer}, verb="amazon_bedrock")
    outcome = await session.call_tool("look", {})
    assert outcome.response == response
    assert len(stage.texts("warning")) == warnings
    assert stage.texts("action") == (["say"] if "action" in answer else [])


async def test_bedrock_has_no_contexts() -> None:
    ai = verb(function("look"))
    ai["prompt"]["contexts"] = {"default": {"steps": [{"name": "a", "text": "Do."}]}}
    session, stage = await started(ai, verb="amazon_bedrock")
    assert session.context is None
    assert stage.names() == ["look", "hangup"]


async def test_bedrock_sums_up_with_less() -> None:
    session, stage = await started(verb(post_prompt={"text": "Sum up."}), verb="amazon_bedrock")
    await session.end("hangup", "All well.")
    body = stage.summary()
    assert body["conversation_summary"] == "All well."
    assert body.keys().isdisjoint({"ai_id_tag", "call_timeline"})


# Sidecar -----------------------------------------------------------------------------------


class Beside:
    """A sidecar with everything around it."""

    def __init__(self, answers: JSON | None = None, **fields: Any) -> None:
        swaig = {"defaults": {"web_hook_url": URL}, "functions": [function("look")]}
        body = {"prompt": "Help.", "lang": "en-US", "url": EVENTS, "SWAIG": swaig, **fields}
        stage = Stage(body, answers, verb="ai_sidecar")
        self.session, self.wire, self.trace = stage.session, stage.wire, stage.trace

    @property
    def sidecar(self) -> Sidecar:
        assert self.session.sidecar is not None
        return self.session.sidecar

    def events(self) -> list[JSON]:
        return [body["sidecar_event"] for body in self.wire.bodies("debug")]

    def kinds(self) -> list[str]:
        return [each["type"] for each in self.events()]

    def warnings(self) -> list[str]:
        return [each.text for each in self.trace.moments if each.kind == "warning"]


async def test_a_sidecar_tells_what_it_hears_and_thinks() -> None:
    beside = Beside(params={"final_summary": True})
    session = beside.session
    await session.start()
    await beside.sidecar.turn("remote-caller", "I want to cancel.")
    await beside.sidecar.turn("local-caller", "I see.")
    await session.say("Offer a discount.")
    await session.call_tool("sidecar_skip")
    await session.end("hangup", "They talked.")
    assert beside.kinds() == ["start", "turn", "turn", "insight", "skip", "stop", "final"]
    assert beside.events()[1]["text"] == "I want to cancel."
    assert [each["tick_id"] for each in beside.events()][:3] == [0, 1, 2]
    assert beside.events()[-1]["summary"] == "They talked."
    assert beside.warnings() == []


async def test_a_sidecar_is_a_session_like_others() -> None:
    beside = Beside()
    session = beside.session
    await session.start()
    await session.hear("I want to cancel.")
    await session.say("Offer a discount.")
    await session.pass_time(2)
    assert [each.content for each in session.messages()] == [
        "Help.", "remote-caller: I want to cancel.", "Offer a discount."]  # fmt: skip
    assert await session.end() is None
    assert session.result == {}
    assert beside.kinds() == ["start", "turn", "insight", "stop"]


async def test_other_sessions_have_no_sidecar() -> None:
    session, _ = await started(verb())
    assert session.sidecar is None


async def test_a_sidecar_listens_to_whom_it_is_told_to() -> None:
    beside = Beside(direction=["remote-caller"])
    await beside.session.start()
    await beside.sidecar.turn("local-caller", "I see.")
    assert beside.kinds() == ["start"]


async def test_a_sidecar_calls_functions() -> None:
    answer = {"response": "Found.", "action": [{"set_global_data": {"a": 1}}, {"say": "Aloud"}]}
    beside = Beside({"look": answer}, global_data={"b": 2})
    await beside.session.start()
    outcome = await beside.session.call_tool("look", {"q": 1})
    assert (outcome.response, outcome.status) == ("Found.", 200)
    [body] = beside.wire.bodies("function")
    assert body["argument"] == {"parsed": [{"q": 1}], "raw": '{"q":1}'}
    assert body["channel_data"] == {
        "call_id": CALL["call_id"], "caller_id_name": "+12025550123",
        "caller_id_number": "+12025550123", "destination_number": "+12025550100"}  # fmt: skip
    assert beside.session.global_data["a"] == 1
    assert beside.kinds() == ["start", "tool_call", "tool_result", "action", "action",
                              "global_data_change"]  # fmt: skip
    assert not [each for each in beside.trace.moments if each.kind == "platform"]


async def test_a_function_that_changes_nothing_is_told_so() -> None:
    beside = Beside({"look": {"response": "Found."}})
    await beside.session.start()
    await beside.session.call_tool("look", {})
    assert beside.kinds() == ["start", "tool_call", "tool_result"]


async def test_permissions_are_gates() -> None:
    beside = Beside({"look": {"action": {"set_global_data": {"a": 1}}}},
                    permissions={"swaig_set_global_data": False})  # fmt: skip
    await beside.session.start()
    await beside.session.call_tool("look", {})
    assert "a" not in beside.session.global_data


async def test_a_transfer_ends_the_sidecar() -> None:
    document: JSON = {"sections": {"main": []}}
    beside = Beside({"look": {"action": {"transfer": True, "SWML": document}}})
    await beside.session.start()
    await beside.session.call_tool("look", {})
    assert (beside.session.ended, beside.session.moves_to) == ("transfer", document)
    with pytest.raises(CallError, match="has ended"):
        await beside.session.say("Hm")


async def test_documents_run_in_the_call() -> None:
    document: JSON = {"sections": {"main": []}}
    beside = Beside({"look": {"action": {"SWML": document}}})
    ran: list[Any] = []

    async def run(given: Any, transfer: bool) -> None:
        ran.append((given, transfer))

    assert beside.session.swml is None
    beside.session.swml = run
    await beside.session.start()
    await beside.session.call_tool("look", {})
    assert ran == [(document, False)]


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Help.", "Help."),
        ({"text": "Help."}, "Help."),
        ({"pom": [{"title": "Task", "body": "Help."}]}, "## Task\n\nHelp."),
        ({"file": "help.txt"}, "help.txt"),
        (None, ""),
    ],
)
def test_a_sidecar_is_told_in_several_forms(prompt: Any, text: str) -> None:
    assert Beside(prompt=prompt).sidecar.prompt == text


async def test_what_a_sidecar_cannot_do() -> None:
    beside = Beside()
    await beside.session.start()
    assert [each.name for each in beside.session.tools()] == ["look", "sidecar_skip"]
    with pytest.raises(CallError, match="cannot call 'lok'; it may call: look, sidecar_skip"):
        await beside.session.call_tool("lok", {})
    with pytest.raises(CallError, match="a party is one of"):
        await beside.sidecar.turn("nobody", "Hm")
    await beside.session.end()
    with pytest.raises(CallError, match="ended before"):
        await beside.session.end()


async def test_a_sidecar_without_a_url_keeps_its_events() -> None:
    beside = Beside(url="")
    await beside.session.start()
    assert beside.wire.sent == []
    assert [each.text for each in beside.trace.moments] == ["start"]
