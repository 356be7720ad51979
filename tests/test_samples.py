"""What the platform sends, answered: made-up payloads in `payloads/`, and real ones if at hand.

The made-up ones have the shapes of the real ones and run through the same tests.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from agentkit import AgentBase, _json
from agentkit.testing import AgentClient
from tests.documents import AUTH, JSON, NOW, functions_of, make

OWN = Path(__file__).parent / "payloads"
REAL = OWN.parents[2] / "shared" / "protocol" / "samples"
REAL_NAMES = {
    "post_prompt.appointment_cancel.json",
    "post_prompt.flight_one_way.json",
    "post_prompt.flight_round_trip_summarize_hook.json",
    "post_prompt.mit_conversation_demo.json",
    "swaig_exchanges.json",
    "swaig_request.get_signature.constructed.json",
    "swaig_request.webrtc_guest.json",
    "swml_document.sdk_gather_info_voyager.json",
    "swml_document.sdk_voyager_public.json",
    "swml_request.phone.json",
    "swml_request.sip.json",
    "swml_request.webrtc.constructed.json",
    "webhook_signatures.json",
}


def test_no_real_sample_is_left_out() -> None:
    assert {file.name for file in REAL.glob("*")} <= REAL_NAMES


def files(prefix: str) -> pytest.MarkDecorator:
    """Run a test on every payload whose name begins like this."""
    own = sorted(OWN.glob(f"{prefix}*"))
    assert own
    real = [REAL / name for name in sorted(REAL_NAMES) if name.startswith(prefix)]
    cases = [pytest.param(file, id=f"own {file.stem}") for file in own]
    for file in real:
        missing = pytest.mark.skipif(not file.exists(), reason=f"{file.name} is not here")
        cases.append(pytest.param(file, id=f"real {file.stem}", marks=missing))
    return pytest.mark.parametrize("file", cases)


def read(file: Path) -> Any:
    return _json.decode(file.read_bytes())


def client_of(agent: AgentBase) -> AgentClient:
    return AgentClient(agent, auth=AUTH)


async def ai_for(agent: AgentBase, call_id: str) -> JSON:
    """The `ai` verb of the document of a call."""
    answer = await client_of(agent).post(agent.route, json={"call": {"call_id": call_id}})
    ai: JSON = next(verb["ai"] for verb in answer.json()["sections"]["main"] if "ai" in verb)
    return ai


class Recorder(AgentBase):
    """Answers every function with what was recorded, and notes what reached it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.calls: list[tuple[str, JSON, JSON]] = []
        self.summaries: list[tuple[Any, JSON | None]] = []
        self.answers: list[JSON] = []
        self.set_post_prompt("Sum up.")

    def expect(self, request: JSON) -> None:
        """Have the function that a request names, with the schema that it repeats."""
        name = request["function"]
        if name not in self.spec.tools:
            self.define_tool(name, "Recorded.", request["argument_desc"], self.noting(name))

    def noting(self, name: str) -> Any:
        def answer(args: JSON, raw_data: JSON) -> JSON:
            self.calls.append((name, args, raw_data))
            return self.answers.pop(0)

        return answer

    def on_summary(self, summary: Any, raw_data: JSON | None = None) -> None:
        self.summaries.append((summary, raw_data))


def recorder() -> Recorder:
    agent = make("Recorder", Recorder)
    assert isinstance(agent, Recorder)
    return agent


@files("swml_request.")
async def test_a_request_for_a_document_gets_one_that_is_bound_to_its_call(file: Path) -> None:
    agent, body = recorder(), read(file)
    agent.expect({"function": "ping", "argument_desc": {}})
    call = body.get("call") or body["params"]["call"]
    answer = await client_of(agent).post("/", json=body)
    address = ("http", "testserver", "")
    assert answer.status == 200
    assert answer.body == agent.compiled().document(address, call["call_id"], NOW)
    agent.answers = [{"response": "pong"}]
    swaig = answer.json()["sections"]["main"][1]["ai"]["SWAIG"]["defaults"]["web_hook_url"]
    for call_id, status in ((call["call_id"], 200), ("another", 403)):
        posted = {"function": "ping", "call_id": call_id}
        assert (await client_of(agent).post(swaig, json=posted)).status == status


@files("swaig_exchanges")
async def test_every_recorded_exchange_is_answered_as_it_was(file: Path) -> None:
    agent, exchanges = recorder(), read(file)
    assert len(exchanges) == (6 if file.parent == OWN else 30)
    for exchange in exchanges:
        agent.expect(exchange["request"])
    for exchange in exchanges:
        request = exchange["request"]
        agent.answers = [exchange["response"]]
        ai = await ai_for(agent, request["call_id"])
        url = ai["SWAIG"]["defaults"]["web_hook_url"]
        answer = await client_of(agent).post(url, json=request)
        assert (answer.status, answer.json()) == (200, exchange["response"])
        arguments = _json.decode(exchange["command_arg"])
        assert agent.calls[-1] == (request["function"], arguments, request)
        assert arguments == request["argument"]["parsed"][0]
    assert len(agent.calls) == len(exchanges)


@files("swaig_request.get_signature")
async def test_a_request_for_signatures_names_the_functions_asked_for(file: Path) -> None:
    agent, body = recorder(), read(file)
    [name] = body["functions"]
    for function in (name, "other"):
        agent.expect({"function": function, "argument_desc": {"n": {"type": "integer"}}})
    answer = await client_of(agent).post("/swaig", json=body)
    described = answer.json()
    assert (answer.status, described["functions"]) == (200, [functions_of(agent)[name]])
    agent.answers = [{"response": "Found."}]
    call = {"function": name, "call_id": "any", "argument": {"parsed": [{"n": "1"}]}}
    url = described["defaults"]["web_hook_url"]
    assert (await client_of(agent).post(url, json=call)).json() == {"response": "Found."}
    assert agent.calls[0][1] == {"n": 1}


@files("swaig_request.webrtc_guest")
async def test_a_tool_call_of_the_older_form_is_answered(file: Path) -> None:
    agent, body = recorder(), read(file)
    agent.expect(body)
    agent.answers = [{"response": "Found."}]
    url = (await ai_for(agent, body["call_id"]))["SWAIG"]["defaults"]["web_hook_url"]
    assert (await client_of(agent).post(url, json=body)).json() == {"response": "Found."}
    assert agent.calls == [(body["function"], body["argument"]["parsed"][0], body)]


@files("post_prompt.")
async def test_the_summary_after_a_call_reaches_on_summary(file: Path) -> None:
    agent, body = recorder(), read(file)
    url = (await ai_for(agent, body["call_id"]))["post_prompt_url"]
    answer = await client_of(agent).post(url, json=body)
    data = body["post_prompt_data"]
    assert (answer.status, answer.json()) == (200, {"success": True})
    assert agent.summaries == [((data["parsed"] or [data["raw"]])[0], body)]
    other = (await ai_for(agent, "another"))["post_prompt_url"]
    assert (await client_of(agent).post(other, json=body)).status == 403
    ask = {**body, "action": "fetch_conversation"}
    stored = (await client_of(agent).post(url, json=ask)).json()
    assert stored.get("conversation_summary") == body.get("conversation_summary")
    assert len(agent.summaries) == 1


@files("swml_document")
async def test_a_whole_document_is_served_as_it_is(file: Path) -> None:
    document = read(file)

    class Serving(AgentBase):
        def on_swml_request(
            self, request_data: JSON | None = None, callback_path: str | None = None
        ) -> Any:
            return document

    answer = await client_of(make(kind=Serving)).get("/")
    assert answer.json() == document == read(file)


@files("webhook_signatures")
async def test_signed_requests_get_a_document_and_no_others(file: Path) -> None:
    for vector in [each for each in read(file) if each["scheme"] == "json-body"]:
        await check_signature(vector)


async def check_signature(vector: JSON) -> None:
    parts = urlsplit(vector["url"])
    agent = make(
        route=parts.path,
        public_url=f"{parts.scheme}://{parts.netloc}",
        signing_key=["a newer key", vector["signing_key"]],
    )
    path = f"{parts.path}{'?' if parts.query else ''}{parts.query}"
    body, other = vector["raw_body"].encode(), vector["raw_body"].replace("{", "{ ", 1).encode()
    sha1, sha256 = "x-signalwire-signature", "x-signalwire-sha256-signature"
    sent: list[tuple[str, bytes, JSON, int]] = [
        (path, body, {sha1: vector["sha1_hex"]}, 200),
        (path, body, {sha256: vector["sha256_hex"]}, 200),
        (path, body, {sha1: "no", sha256: vector["sha256_hex"]}, 200),
        (path, body, {sha1: vector["sha1_hex"], sha256: "no"}, 403),
        (path, body, {sha1: vector["sha1_hex"][:-1]}, 403),
        (path, body, {}, 403),
        (path, other, {sha1: vector["sha1_hex"]}, 403),
        (f"{parts.path}?other=1", body, {sha1: vector["sha1_hex"]}, 403),
    ]
    for where, data, headers, status in sent:
        more = {"content-type": "application/json", **headers}
        answer = await client_of(agent).post(where, content=data, headers=more)
        assert answer.status == status, (vector["name"], headers)
    assert (await client_of(agent).get(path)).status == 403
