"""The examples of routing."""

import runpy
from pathlib import Path
from typing import Any

from agentkit.testing import AgentClient, SimulatedCall

ROOT = Path(__file__).parents[1]


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name=name)


async def answered(app: Any, agent: Any, path: str, **body: Any) -> Any:
    client = AgentClient(app, auth=agent.get_basic_auth_credentials())
    return await client.post(path, json=body)


def main_of(answer: Any) -> Any:
    assert answer.status == 200, answer.text
    return answer.json()["sections"]["main"]


CALLED = {
    "sip:support@d": "orders",
    "sip:Help_Desk@d;x=1": "orders",
    "sip:signup@d": "new customers",
    '"New" <sips:register@d>': "new customers",
    "sip:ghost@d": "whom the caller wants",
}


async def test_two_agents_answer_sip_calls_and_a_receptionist_the_rest() -> None:
    found = example("sip_server")
    for to, words in CALLED.items():
        answer = await answered(found["server"], found["support"], "/sip", call={"to": to})
        assert words in main_of(answer)[1]["ai"]["prompt"]["text"]
    numbers = {"+12025550100": "new customers", "+12025550999": "whom"}
    for to, words in numbers.items():
        answer = await answered(found["server"], found["support"], "/number", call={"to": to})
        assert words in main_of(answer)[1]["ai"]["prompt"]["text"]


async def test_a_call_by_sip_reaches_the_tools_of_its_agent() -> None:
    found = example("sip_server")
    client = AgentClient(found["server"], auth=found["support"].get_basic_auth_credentials())
    call = SimulatedCall(client, url="/sip", called="sip:help_desk@d")
    await call.start()
    answer = await call.tool("open_ticket", problem="It came cold.")
    assert answer.response == "I have opened a ticket; we will call you back."


async def test_paths_of_one_agent_have_documents_of_their_own() -> None:
    agent = example("customer_routes")["agent"]
    vip = await answered(agent, agent, "/customer", customer_id="vip-7")
    assert (vip.status, vip.headers["location"]) == (307, "/vip-handler/vip-7")
    greeted = main_of(await answered(agent, agent, "/customer", customer_id="7"))
    assert greeted[1] == {"play": {"url": "say:Welcome to our customer service line."}}
    hurried = main_of(await answered(agent, agent, "/", caller_type="vip"))
    assert hurried[1]["ai"]["params"] == {"wait_for_user": False, "end_of_speech_timeout": 500}
    assert "ai" in main_of(await answered(agent, agent, "/product"))[1]
    client = AgentClient(
        agent, auth=agent.get_basic_auth_credentials(), headers={"x-shop-closed": "1"}
    )
    for name, status in (("shop", 200), ("Tea_Shop", 200), ("other", 404)):
        assert (await client.get(f"/sip?to=sip:{name}@d")).status == status
    closed = main_of(await client.get("/product"))
    assert closed == [{"play": {"url": "say:We are closed."}}]


async def test_a_tenant_has_a_path_a_prompt_and_its_own_urls() -> None:
    found = example("tenants")
    app, agent = found["app"], found["agent"]
    client = AgentClient(app, auth=agent.get_basic_auth_credentials())
    async with client.lifespan():
        for tenant, name in (("acme", "Acme Teas"), ("umbrella", "Umbrella Coffees")):
            call = SimulatedCall(client, url=f"/t/{tenant}/")
            document = await call.start()
            text = document["sections"]["main"][1]["ai"]["prompt"]["text"]
            assert text == f"You sell what {name} has."
            answer = await call.tool("opening_hours")
            assert answer.response == f"{name} is open from 9 to 5."
    assert (await AgentClient(app).get("/t/acme/tenants/")).json() == ["acme", "umbrella"]
    unknown = await client.get("/t/x/")
    assert "an unknown shop" in unknown.text
