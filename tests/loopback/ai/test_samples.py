"""Requests, summaries and events beside real ones and their schema, where those are at hand."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from tests.loopback.ai.comparing import CALL_TIMES, CHECKS, plain, stands_for_itself
from tests.loopback.ai.replaying import Record, play, shape
from tests.loopback.ai.test_hooks import lively
from tests.loopback.ai.test_other_verbs import Beside
from tests.loopback.ai.test_recorded_calls import PAYLOADS
from tests.loopback.ai.wires import URL, Stage, function, started, verb

JSON = dict[str, Any]

PROTOCOL = Path(__file__).parents[3].parent / "shared" / "protocol"
SAMPLES = PROTOCOL / "samples"
REAL = ["appointment_cancel", "flight_one_way", "flight_round_trip_summarize_hook"]

pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="../shared/protocol is not here")


def sample(name: str) -> Any:
    return msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", REAL)
async def test_a_real_call_is_played_again(
    name: str, check: Callable[[Record, Stage], None]
) -> None:
    record = Record(sample(f"post_prompt.{name}"))
    check(record, await play(record))


async def test_each_of_the_thirty_exchanges_stands_for_itself() -> None:
    exchanges = sample("swaig_exchanges")
    assert len(exchanges) == 30
    for each in exchanges:
        await stands_for_itself(each["request"], each["response"], each["url"])


async def test_an_older_request_from_a_browser_has_the_same_fields() -> None:
    real = sample("swaig_request.webrtc_guest")
    described = {"function": real["function"], "purpose": real["purpose"],
                 "parameters": real["argument_desc"], "web_hook_url": URL}  # fmt: skip
    call = {"call_id": real["call_id"], "from": real["caller_id_num"], "type": "webrtc",
            "project_id": real["project_id"], "space_id": real["space_id"]}  # fmt: skip
    ai = {"prompt": {"text": "Be kind."}, "SWAIG": {"functions": [described]}}
    session, stage = await started(ai, call=call)
    await session.call_tool(real["function"], raw=real["argument"]["raw"])
    [body] = stage.wire.bodies("function")
    newer = {"meta_data_token", "meta_data"}
    kept = {key: value for key, value in body.items() if key not in newer}
    assert kept == {**real, "ai_session_id": body["ai_session_id"]}
    assert shape(kept) == shape(real)


async def test_the_newest_summary_has_no_field_that_is_missing() -> None:
    real = sample("post_prompt.mit_conversation_demo")
    stage = await play(Record(real))
    body = stage.summary()
    assert body.keys() - real.keys() == {"SWMLCall"}
    assert real.keys() <= body.keys()
    for log in ("call_log", "times", "swaig_log"):
        ours: dict[Any, set[str]] = {}
        for each in body[log]:
            ours.setdefault(each.get("role"), set()).update(each)
        for each in real[log]:
            known = ours.get(each.get("role"), set(each))  # thinking is not played
            assert plain(each).keys() - CALL_TIMES <= known | {"timestamp"}


async def test_the_signature_request_has_the_same_fields() -> None:
    real = sample("swaig_request.get_signature.constructed")
    ai = verb()
    ai["SWAIG"]["includes"] = [
        {"url": URL, "functions": real["functions"], "meta_data": real["meta_data"]}
    ]
    _, stage = await started(ai, {"signature": []})
    assert shape(stage.wire.bodies("signature")[0]) == shape(real)


# The fictional records ---------------------------------------------------------------------


def entries(body: JSON) -> Iterator[tuple[str, JSON]]:
    for log in ("call_log", "raw_call_log", "call_timeline", "swaig_log", "times"):
        for entry in body[log]:
            yield log, {key: value for key, value in entry.items() if key != "post_response"}


def keys(body: JSON) -> set[Any]:
    """Which keys, in which order, each kind of entry has, down to what is in it."""
    return {(log, entry.get("role"), entry.get("action"), *plain(entry), *entry.get("metadata", {}))
            for log, entry in entries(body)}  # fmt: skip


@pytest.mark.parametrize("fictional", list(PAYLOADS.values()), ids=list(PAYLOADS))
def test_fictional_records_have_the_shapes_of_real_ones(fictional: JSON) -> None:
    real = [sample(f"post_prompt.{each}") for each in REAL]
    assert keys(fictional) <= set().union(*map(keys, real))
    assert list(fictional) == list(real[0])
    request = list(real[0]["swaig_log"][1]["post_data"])
    assert all(list(each["post_data"]) == request for each in Record(fictional).posted)


# The schema --------------------------------------------------------------------------------


def check(root: str, body: JSON) -> None:
    path = PROTOCOL / "schemas" / "webhook-payloads.structure.schema.json"
    schema = msgspec.json.decode(path.read_bytes())
    rooted = {"$defs": schema["$defs"], "$ref": schema["x-roots"][root]}
    jsonschema_rs.validator_for(rooted).validate(body)


async def test_events_and_summaries_have_the_documented_shapes() -> None:
    stage = await lively(2)
    for body in stage.wire.bodies("debug"):
        check("aiDebugWebhook", body)
    check("aiPostPromptCallback", stage.summary())
    for body in stage.wire.requests():
        check("aiSwaigToolWebhook", {**body, "conversation_type": "voice"})


async def test_bedrock_bodies_have_the_documented_shapes() -> None:
    session, stage = await started(
        verb(function("look"), global_data={"a": 1}), verb="amazon_bedrock"
    )
    await session.say("Hello.")
    await session.call_tool("look", {})
    await session.end("hangup", "Over.")
    check("bedrockSwaigToolWebhook", stage.wire.bodies("function")[0])
    check("bedrockPostPromptCallback", stage.summary())


async def test_sidecar_bodies_have_the_documented_shapes() -> None:
    beside = Beside({"look": {"action": {"set_global_data": {"a": 1}}}})
    await beside.session.start()
    await beside.sidecar.turn("remote-caller", "Hm")
    await beside.session.call_tool("look", raw="no json")
    await beside.session.end()
    for body in beside.wire.bodies("debug"):
        check("aiSidecarCallback", body)
    check("aiSidecarSwaigToolWebhook", beside.wire.bodies("function")[0])
