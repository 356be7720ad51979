"""The simulated call beside real requests of the platform, where the samples are at hand."""

import json
from pathlib import Path
from typing import Any

import anyio
import jsonschema_rs
import pytest

from tests.testing.apps import PLAIN, SWAIG, Agent, Data, calls, document, function

PROTOCOL = Path(__file__).parents[2].parent / "shared" / "protocol"
SAMPLES = PROTOCOL / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.exists(), reason="../shared/protocol/samples is not here"
)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def kinds(body: Data) -> dict[str, type]:
    return {key: type(value) for key, value in body.items()}


def fits(real: Data, body: Data) -> bool:
    """Every key of the real body is there and has a value of the same kind."""
    return kinds(real).items() <= kinds(body).items()


def bodies(**options: Any) -> tuple[Data, Data, Data]:
    """What a call sends: the SWML request, a function's request and the post prompt."""
    agent = Agent(
        document(function("look_up"), post_prompt_url=f"{PLAIN}/post"),
        {SWAIG: lambda _: {"response": "Found."}, f"{SWAIG}/post": lambda _: {}},
    )

    async def scenario() -> None:
        call = calls(agent, **options)
        await call.start()
        await call.tool("look_up", order="A-17")
        await call.hang_up(summary="Fine.")

    anyio.run(scenario)
    first, second, third = (body for _, body in agent.requests)
    return first, second, third


def test_a_functions_request_has_every_key_of_the_real_ones() -> None:
    _, request, _ = bodies()

    for exchange in sample("swaig_exchanges.json"):
        assert fits(exchange["request"], request)
        assert kinds(exchange["request"]["argument"]) == kinds(request["argument"])


@pytest.mark.parametrize("name", ["appointment_cancel", "flight_one_way"])
def test_the_post_prompt_has_every_key_of_the_real_ones_but_the_accounting(
    name: str,
) -> None:
    *_, posted = bodies()
    real = {
        key: value
        for key, value in sample(f"post_prompt.{name}.json").items()
        if not key.startswith("total_")  # only with enable_accounting
    }

    assert fits(real, posted)
    assert fits(real["SWMLCall"], posted["SWMLCall"])
    assert kinds(real["post_prompt_data"]) == kinds(posted["post_prompt_data"])
    assert set(real["times"][0]) == set(posted["times"][0])
    of_platform = [entry for entry in real["swaig_log"] if "url" in entry]
    assert kinds(of_platform[0]) == kinds(posted["swaig_log"][0])


@pytest.mark.parametrize(
    ("name", "caller", "called"),
    [
        ("phone", "+12025550124", "+12025550102"),
        ("sip", "sip:alex@a.example", "sip:1@a.example"),
        ("webrtc.constructed", "sip:guest-1@p.example;context=guest", "/public/support"),
    ],
)
def test_the_swml_request_has_every_key_of_the_real_ones(
    name: str, caller: str, called: str
) -> None:
    request, *_ = bodies(caller=caller, called=called)
    real = sample(f"swml_request.{name}.json")

    assert fits(real, request)
    assert fits(real["call"], request["call"])
    assert request["call"]["type"] == real["call"]["type"]
    assert kinds(real["call"].get("sip_data", {})) == kinds(request["call"].get("sip_data", {}))


def test_the_bodies_fit_the_published_schemas() -> None:
    path = PROTOCOL / "schemas" / "webhook-payloads.structure.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    swml, tool, posted = bodies()
    tool["conversation_type"] = "voice"  # required there, absent from every real request

    for root, body in (
        ("inboundCallWebhook", swml),
        ("aiSwaigToolWebhook", tool),
        ("aiPostPromptCallback", posted),
    ):
        validator = jsonschema_rs.validator_for({**schema, "$ref": schema["x-roots"][root]})
        assert [error.message for error in validator.iter_errors(body)] == []
