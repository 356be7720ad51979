import pytest

from agentkit.testing import AgentClient, CallError, SimulatedCall
from tests.testing.apps import (
    PLAIN,
    SWAIG,
    Agent,
    calls,
    document,
    function,
    started,
)


async def test_the_transcript_has_every_message_and_no_secret() -> None:
    agent = Agent(
        document(
            function("startup_hook"),
            function("look_up"),
            function("hangup_hook"),
            post_prompt_url="http://agent:secret@testserver/agent/post?__token=t0p",
        ),
        {
            SWAIG: lambda request: {
                "response": f"Did {request['function']}, see http://u:secret@h/x?__token=t0p now",
                "action": [{"SWML": {"url": "http://u:secret@h/y?__token=t0p"}}],
            },
            "/agent/post": lambda _: {},
        },
    )
    call = SimulatedCall(AgentClient(agent), "http://agent:secret@testserver/agent?__token=t0p")
    await call.start()
    await call.tool("look_up", order="A-17", n=2)
    await call.hang_up(summary={"mood": "good"})

    found = [(entry.who, entry.kind, entry.status, entry.url) for entry in call.transcript]
    swaig = "http://testserver/agent/swaig"
    assert found == [
        ("platform", "document", None, "http://testserver/agent"),
        ("agent", "document", 200, "http://testserver/agent"),
        ("platform", "startup_hook", None, swaig),
        ("agent", "startup_hook", 200, swaig),
        ("platform", "tool", None, swaig),
        ("agent", "tool", 200, swaig),
        ("platform", "hangup_hook", None, swaig),
        ("agent", "hangup_hook", 200, swaig),
        ("platform", "post_prompt", None, "http://testserver/agent/post"),
        ("agent", "post_prompt", 200, "http://testserver/agent/post"),
    ]
    texts = [entry.text for entry in call.transcript]
    assert texts[0] == "call from +12025550123 to +12025550100"
    assert texts[1] == "SWML with answer, ai; functions: startup_hook, look_up, hangup_hook"
    assert texts[4] == 'look_up(order="A-17", n=2)'
    assert texts[5] == "Did look_up, see http://h/x now"
    assert texts[8] == 'summary: {"mood":"good"}'
    assert call.transcript[4].data == {"order": "A-17", "n": 2}
    assert call.transcript[5].data == [{"SWML": {"url": "http://h/y"}}]
    assert "secret" not in repr(call.transcript)
    assert "t0p" not in repr(call.transcript)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((403, {"error": "bad token=abc"}), "bad token=…"),
        ((502, b"bad gateway"), "bad gateway"),
        ({"response": {"tool_result": "Hi"}}, "Hi"),
        ({}, ""),
    ],
)
async def test_the_transcript_tells_what_an_agent_answered(answer: object, text: str) -> None:
    call, _ = await started(function("a"), answer=answer)

    await call.tool("a")

    assert call.transcript[-1].text == text


async def test_the_transcript_tells_one_action_like_many() -> None:
    call, _ = await started(function("a"), answer={"action": {"say": "Hi"}})

    await call.tool("a")

    assert call.transcript[-1].data == [{"say": "Hi"}]


async def test_the_transcript_of_a_failed_start_ends_with_the_reason() -> None:
    call = calls(Agent({"sections": {"main": [{"hangup": {}}]}}))

    with pytest.raises(CallError):
        await call.start()

    assert call.transcript[-1].text == "unusable SWML: section main has no ai verb, only: hangup"


async def test_the_transcript_of_a_document_without_functions_says_so() -> None:
    call, _ = await started()

    assert call.transcript[-1].text == "SWML with answer, ai; functions: none"


async def test_no_summary_is_told_as_none() -> None:
    agent = Agent(document(post_prompt_url=f"{PLAIN}/post"), {f"{SWAIG}/post": lambda _: {}})
    call = calls(agent)
    await call.start()
    await call.hang_up()

    assert call.transcript[-2].text == "summary: none"
