"""Who answers: SIP usernames and both forms of routing callbacks, on every host (D7, D8)."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from agentkit import AgentServer
from agentkit.testing import AgentClient, SimulatedCall
from tests.documents import JSON
from tests.interaction.hosts import AUTH, Host, Reached
from tests.interaction.test_documents import make

behaviour = pytest.mark.behaviour


async def dial(reached: Reached, to: str, path: str = "/sip") -> Any:
    return await reached.client.post(reached.at(path), json={"call": {"to": to}})


@behaviour("sip.agent")
async def test_an_agent_answers_calls_for_its_sip_usernames(host: Host) -> None:
    agent = make().enable_sip_routing().register_sip_username("Help_Desk")
    async with host(agent) as reached:
        for to in ("sip:help_desk@d", '"X" <SIPS:%48elp_desk:pw@d:5061;x=1>', "/public/support"):
            call = SimulatedCall(reached.client, url=reached.at("/sip"), called=to)
            await call.start()
            assert (await call.tool("ping")).response == "pong"


@behaviour("sip.unknown")
async def test_a_call_for_an_unknown_username_gets_the_fallback_or_404(host: Host) -> None:
    agent = make().enable_sip_routing()
    document: JSON = {"version": "1.0.0", "sections": {"main": [{"hangup": {}}]}}
    agent.enable_sip_routing(path="/other", fallback=document)
    async with host(agent) as reached:
        refused = await dial(reached, "sip:ghost@d")
        assert (refused.status, refused.json()) == (
            404,
            {"error": "no agent here answers to 'ghost'"},
        )
        assert (await dial(reached, "sip:ghost@d", "/other")).json() == document


@behaviour("routing.forms")
@pytest.mark.parametrize("newer", [False, True])
async def test_both_forms_of_a_routing_callback_are_called_as_written(
    host: Host, newer: bool
) -> None:
    def classic(request: Any, body: JSON) -> JSON:
        return say(body["id"], request.headers["x-kind"])

    async def with_headers(body: JSON, headers: JSON) -> JSON:
        return say(body["id"], headers["x-kind"])

    def say(*words: str) -> JSON:
        return {"sections": {"main": [{"play": {"url": f"say:{' '.join(words)}"}}]}}

    agent = make().register_routing_callback(with_headers if newer else classic, "/desk")
    async with host(agent) as reached:
        answer = await reached.client.post(
            reached.at("/desk"), json={"id": "7"}, headers={"x-kind": "vip"}
        )
        assert answer.json()["sections"]["main"] == [{"play": {"url": "say:7 vip"}}]
        queried = await reached.client.get(reached.at("/desk?id=8"), headers={"x-kind": "vip"})
        assert queried.json()["sections"]["main"] == [{"play": {"url": "say:8 vip"}}]


@behaviour("sip.server")
@pytest.mark.parametrize("prefix", ["", "/voice/v1"])
async def test_a_server_answers_with_the_document_of_whom_a_sip_call_is_for(prefix: str) -> None:
    server = AgentServer().register(make()).register(make(route="/sales"), "/sales")
    server.setup_sip_routing(auto_map=False, fallback="/sales")
    server.register_sip_username("help", "/support")
    app = Starlette(routes=[Mount(prefix, app=server)]) if prefix else server
    client = AgentClient(app, auth=AUTH)
    for called, route in (("sip:help@d", "/support"), ("sip:ghost@d", "/sales")):
        call = SimulatedCall(client, url=f"{prefix}/sip", called=called)
        await call.start()
        assert f"{prefix}{route}/swaig/" in str(call.document)
        assert (await call.tool("ping")).response == "pong"


@behaviour("routing.number")
async def test_a_server_answers_with_the_document_of_the_called_number() -> None:
    server = AgentServer().register(make()).route_by_number({"+1 202 555-0100": "/support"})
    client = AgentClient(server, auth=AUTH)
    call = SimulatedCall(client, url="/number", called="+12025550100")
    await call.start()
    assert (await call.tool("ping")).response == "pong"
    answer = await client.post("/number", json={"call": {"to": "+12025550101"}})
    assert answer.status == 404


@behaviour("mount.beside")
async def test_another_application_is_served_beside_an_agent(host: Host) -> None:
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"root": scope["root_path"]})(scope, receive, send)

    async with host(make().mount(page, "/beside")) as reached:
        answer = await reached.client.get(f"{reached.prefix}/beside/x")
        assert answer.json() == {"root": f"{reached.prefix}/beside"}
        call = SimulatedCall(reached.client, url=reached.path)
        await call.start()
        assert (await call.tool("ping")).response == "pong"
