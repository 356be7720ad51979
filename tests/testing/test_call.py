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


async def test_the_call_begins_with_the_request_of_a_phone_call() -> None:
    agent = Agent(document())
    call = calls(agent, call_id="c-1", caller="+12025550124", called="+12025550102")

    found = await call.start()

    assert found == call.document == agent.document
    [(path, request)] = agent.requests
    assert path == "/agent"
    assert set(request) == {"call", "vars", "envs", "params"}
    assert request["call"].pop("node_id").endswith("@us-west")
    assert request["call"] == {
        "call_id": "c-1",
        "segment_id": "c-1",
        "call_state": "created",
        "direction": "inbound",
        "type": "phone",
        "from": "+12025550124",
        "to": "+12025550102",
        "from_number": "+12025550124",
        "to_number": "+12025550102",
        "headers": [],
        "project_id": "00000000-0000-4000-8000-0000000000aa",
        "space_id": "00000000-0000-4000-8000-0000000000bb",
    }


async def test_every_call_has_an_id_of_its_own() -> None:
    agent = Agent(document())

    assert len({calls(agent).call_id for _ in range(3)}) == 3


async def test_a_sip_call_carries_the_parts_of_its_uris() -> None:
    agent = Agent(document())

    await calls(agent, caller="sips:alex@a.example", called="sip:tea@b.example").start()

    call = agent.requests[0][1]["call"]
    assert (call["type"], "from_number" in call) == ("sip", False)
    assert len(call["sip_data"]) == 14
    assert call["sip_data"]["sip_req_uri"] == "tea@b.example"
    assert call["sip_data"]["sip_from_uri"] == "alex@a.example"
    assert call["sip_data"]["sip_to_host"] == "b.example"


async def test_a_call_to_a_path_comes_from_a_browser() -> None:
    agent = Agent(document())

    await calls(agent, caller="sip:guest-1@p.example;context=guest", called="/public/tea").start()

    call = agent.requests[0][1]["call"]
    assert (call["type"], "sip_data" in call, "to_number" in call) == ("webrtc", False, False)


async def test_the_first_request_can_be_changed() -> None:
    agent = Agent(document())
    call = calls(agent)
    call.swml_request["vars"]["userVariables"] = {"a": 1}

    await call.start()

    assert agent.requests[0][1]["vars"] == {"userVariables": {"a": 1}}


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ((401, {"error": "no"}), 'was answered with status 401: {"error":"no"}'),
        ((307, b"away"), 'was answered with status 307: "away"'),
        ([], "the answer to the SWML request must be an object, not []"),
        (b"<html>", 'the answer to the SWML request must be an object, not "<html>"'),
        ({"version": "1.0.0"}, "sections of the document must be an object, not null"),
        ({"sections": {"main": {}}}, "section main must be a list of objects"),
        ({"sections": {"main": ["hangup"]}}, "an item of section main must be an object"),
        ({"sections": {"main": [{"answer": {}}, {"hangup": {}}]}}, "only: answer, hangup"),
        ({"sections": {"main": []}}, "no ai verb, only: nothing"),
        ({"sections": {"main": [{"ai": []}]}}, "the ai verb must be an object, not []"),
        (document(SWAIG=[]), "ai.SWAIG: an object belongs here, not []"),
        (document(SWAIG={"functions": {}}), "ai.SWAIG.functions: a list belongs here"),
        (document(SWAIG={"defaults": ""}), 'ai.SWAIG.defaults: an object belongs here, not ""'),
        (document(global_data="x"), "ai.global_data: an object belongs here"),
    ],
)
async def test_an_answer_that_is_no_usable_document_fails_the_call(
    answer: object, complaint: str
) -> None:
    call = calls(Agent(None, {"/agent": lambda _: answer}))

    with pytest.raises(CallError) as caught:
        await call.start()

    assert complaint in str(caught.value)
    with pytest.raises(CallError, match="has not started"):
        await call.tool("a")


async def test_a_call_starts_once() -> None:
    call, _ = await started()

    with pytest.raises(CallError, match="started already"):
        await call.start()


async def test_only_a_function_that_was_called_is_sent_again() -> None:
    call, _ = await started()

    with pytest.raises(CallError, match="no function was called yet"):
        await call.resend()


def test_an_error_of_a_call_is_an_assertion_that_failed() -> None:
    assert issubclass(CallError, AssertionError)


async def test_credentials_for_the_document_go_nowhere_else() -> None:
    agent = Agent(
        document(function("bare", web_hook_url=PLAIN), post_prompt_url=f"{PLAIN}/post"),
        {SWAIG: lambda _: {}, f"{SWAIG}/post": lambda _: {}},
    )
    client = AgentClient(agent, auth=("client", "c"))
    call = SimulatedCall(client, auth=("tea", "pot"))

    await call.start()
    await call.tool("bare")
    await call.hang_up()

    assert agent.authorizations == ["Basic dGVhOnBvdA==", None, None]


async def test_the_clients_credentials_or_those_of_the_url_serve_for_the_document() -> None:
    agent = Agent(document())

    await SimulatedCall(AgentClient(agent, auth=("tea", "pot"))).start()
    await SimulatedCall(AgentClient(agent), "http://a:b@testserver/agent").start()

    assert agent.authorizations == ["Basic dGVhOnBvdA==", "Basic YTpi"]


async def test_credentials_in_the_document_are_used_wherever_they_stand() -> None:
    beside = {"web_hook_url": PLAIN, "web_hook_auth_user": "a", "web_hook_auth_password": "b"}
    agent = Agent(
        document(
            function("in_defaults"),
            function("beside", **beside),
            function("user_alone", web_hook_url=PLAIN, web_hook_auth_user="a"),
            function("password_alone", web_hook_url=PLAIN, web_hook_auth_password="b"),
            post_prompt_url=f"{PLAIN}/post",
            post_prompt_auth_user="c",
            post_prompt_auth_password="d",
        ),
        {SWAIG: lambda _: {}, f"{SWAIG}/post": lambda _: {}},
    )
    call = calls(agent)

    await call.start()
    for name in ("in_defaults", "beside", "user_alone", "password_alone"):
        await call.tool(name)
    await call.hang_up()

    sent = ["YWdlbnQ6c2VjcmV0", "YTpi", "YTo=", "OmI=", "Yzpk"]
    assert agent.authorizations == [None, *(f"Basic {each}" for each in sent)]


async def test_a_url_of_another_host_fails_the_call_and_gets_nothing() -> None:
    call, agent = await started(
        function("away", web_hook_url="https://u:pw@testserver/agent/swaig?__token=t"),
        function("relative", web_hook_url="/agent/swaig"),
    )

    with pytest.raises(CallError) as caught:
        await call.tool("away")
    with pytest.raises(CallError, match="'/agent/swaig'"):
        await call.tool("relative")

    assert "'https://testserver/agent/swaig', but this client serves" in str(caught.value)
    assert len(agent.requests) == 1


async def test_urls_may_lead_to_the_host_of_the_document_or_of_the_client() -> None:
    functions = [
        function("here", web_hook_url="http://here.example:80/agent/swaig"),
        function("there", web_hook_url="http://there.example/agent/swaig"),
    ]
    agent = Agent(document(*functions), {SWAIG: lambda _: {}})
    client = AgentClient(agent, base_url="http://here.example")
    call = SimulatedCall(client, "http://there.example/agent")

    await call.start()
    await call.tool("here")
    await call.tool("there")

    assert [path for path, _ in agent.requests] == ["/agent", SWAIG, SWAIG]
