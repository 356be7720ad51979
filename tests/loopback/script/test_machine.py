import pytest

from agentkit.loopback.errors import CallError
from tests.loopback.script.scripts import document, machine, run, say

AI = {"ai": {"prompt": {"text": "Take the order."}}}


async def test_a_script_runs_to_the_ai_verb_and_waits() -> None:
    played = machine({"answer": {}}, say("Hello"), {"set": {"a": 1}}, AI, {"hangup": {}})
    pause = await played.machine.proceed()
    assert pause is not None
    assert (pause.kind, pause.verb, pause.section) == ("ai", AI["ai"], "main")
    assert played.heard == ["Hello"]
    assert played.vars == {"answer_result": "success", "a": 1}
    assert played.machine.call["call_state"] == "answered"
    assert await played.machine.proceed() is pause


async def test_a_script_goes_on_when_the_session_is_over() -> None:
    played = await run(AI, say("Goodbye"), {"hangup": {}})
    played.machine.resume({"ai_result": "success"})
    assert await played.machine.proceed() is None
    assert played.heard == ["Goodbye"]
    assert played.machine.ended == "hangup"
    assert played.vars["return_value"] == "success"


async def test_a_script_without_verbs_left_is_finished() -> None:
    played = await run(say("Hello"))
    assert (played.machine.ended, played.machine.waiting) == ("finished", None)


async def test_a_caller_who_hangs_up_ends_the_script() -> None:
    played = await run(AI, say("never"))
    played.machine.hang_up()
    played.machine.hang_up()
    assert await played.machine.proceed() is None
    assert (played.machine.ended, played.heard) == ("hangup", [])


async def test_a_script_that_does_not_wait_cannot_be_resumed() -> None:
    played = machine(AI)
    with pytest.raises(CallError, match="does not wait"):
        played.machine.resume()


async def test_an_inline_document_runs_while_the_session_goes_on() -> None:
    played = await run(AI, say("Goodbye"))
    before = played.machine.waiting
    after = await played.machine.run_inline(document(say("A moment"), {"set": {"sent": True}}))
    assert after is before is played.machine.waiting
    assert (played.heard, played.vars["sent"]) == (["A moment"], True)


async def test_an_inline_document_that_waits_is_resumed_first() -> None:
    played = await run(AI)
    before = played.machine.waiting
    pause = await played.machine.run_inline(document({"prompt": {"play": "say:Digits?"}}))
    assert pause is not None
    assert pause.kind == "prompt"
    played.machine.resume({"prompt_value": "12"})
    assert await played.machine.proceed() is before


async def test_an_inline_transfer_moves_the_whole_call() -> None:
    played = await run(AI, say("never"))
    inline = document({"transfer": {"dest": "next"}}, next=[say("Moved")])
    assert await played.machine.run_inline(inline) is None
    assert (played.machine.ended, played.heard) == (None, [])
    assert await played.machine.proceed() is None
    assert (played.machine.ended, played.heard) == ("finished", ["Moved"])


async def test_an_inline_hangup_ends_the_call() -> None:
    played = await run(AI)
    assert await played.machine.run_inline(document({"hangup": {}})) is None
    assert played.machine.ended == "hangup"


async def test_a_call_is_moved_to_a_section_of_its_document() -> None:
    played = await run(AI, say("never"), sections={"billing": [say("Billing")]})
    played.machine.move_to("billing")
    assert await played.machine.proceed() is None
    assert played.heard == ["Billing"]


async def test_a_call_is_moved_to_a_document() -> None:
    played = await run(AI, say("never"))
    played.machine.move_to(document({"set": {"a": "${call.from}"}}))
    assert await played.machine.proceed() is None
    assert played.vars["a"] == "+12025550123"


async def test_a_call_is_moved_to_a_url() -> None:
    url = "https://example.com/more"
    played = await run(AI, answers={url: b'{"sections":{"main":[{"play":{"url":"say:More"}}]}}'})
    played.machine.move_to(url)
    await played.machine.proceed()
    assert played.heard == ["More"]
    [webhook] = played.wire.sent
    assert (webhook.kind, webhook.method) == ("document", "POST")
