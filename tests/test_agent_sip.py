"""An agent's own SIP endpoint: its document for its usernames, and for nobody else's."""

from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from agentkit.testing import AgentClient, SimulatedCall
from tests.documents import AUTH, JSON, make


def support(**options: Any) -> AgentBase:
    return make("Support Agent", **{"route": "/support", **options})


async def dial(agent: AgentBase, to: Any, path: str = "/support/sip") -> Any:
    return await AgentClient(agent, auth=AUTH).post(path, json={"call": {"to": to}})


def prompt_in(answer: Any) -> str:
    assert answer.status == 200, answer.text
    prompt: JSON = answer.json()["sections"]["main"][1]["ai"]["prompt"]
    return str(prompt["text"])


MINE = ["sip:supportagent@d", "sip:SUPPORT@d", "sip:spprtgnt@d", "sip:help%5Fdesk@d", "/public/hq"]
OTHERS = ["sip:sales@d", "sip:help@d", "sip:@d", "", None, 7, "isbn:1", "sip:support%20agent@d"]


async def test_calls_for_its_usernames_get_the_agents_document_and_tools() -> None:
    agent = support().set_prompt_text("Help.").define_tool("ping", "", {}, lambda a, r: "pong")
    agent.enable_sip_routing().register_sip_username("help_desk").register_sip_username("HQ")
    for to in MINE:
        assert prompt_in(await dial(agent, to)) == "Help."
    queried = await AgentClient(agent, auth=AUTH).get("/support/sip/?to=sip:Support@d")
    assert prompt_in(queried) == "Help."
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/support/sip", called="sip:hq@d")
    await call.start()
    assert (await call.tool("ping")).response == "pong"


@pytest.mark.parametrize("to", OTHERS, ids=repr)
async def test_calls_for_others_are_refused(to: Any) -> None:
    answer = await dial(support().enable_sip_routing(), to)
    assert answer.status == 404
    assert "no agent here answers to" in answer.json()["error"]


async def test_without_auto_mapping_only_registered_names_count() -> None:
    agent = support().register_sip_username("desk").enable_sip_routing(auto_map=False, path="/in")
    assert agent.get_sip_usernames() == ("desk",)
    assert (await dial(agent, "sip:desk@d", "/support/in")).status == 200
    assert (await dial(agent, "sip:support@d", "/support/in")).status == 404
    agent.auto_map_sip_usernames()
    assert agent.get_sip_usernames() == ("supportagent", "support", "spprtgnt", "desk")
    assert (await dial(agent, "sip:support@d", "/support/in")).status == 200


async def test_names_may_come_later_and_follow_the_route() -> None:
    agent = support().enable_sip_routing()
    assert (await dial(agent, "sip:late@d")).status == 404
    agent.register_sip_username("late").register_sip_username("LATE").at_route("/moved")
    assert agent.get_sip_usernames() == ("supportagent", "moved", "spprtgnt", "late")
    assert (await dial(agent, "sip:late@d", "/moved/sip")).status == 200
    assert (await dial(agent, "sip:support@d", "/moved/sip")).status == 404


class Greeting(AgentBase):
    def on_swml_request(
        self, request_data: JSON | None = None, callback_path: str | None = None
    ) -> JSON | None:
        return {"global_data": {"path": callback_path}} if callback_path else None


async def test_the_hook_sees_the_path_that_a_sip_call_came_by() -> None:
    agent = support(kind=Greeting).enable_sip_routing()
    main = (await dial(agent, "sip:support@d")).json()["sections"]["main"]
    assert main[1]["ai"]["global_data"] == {"path": "/sip"}


DOCUMENT: JSON = {"sections": {"main": [{"hangup": {"reason": "busy"}}]}}


async def test_a_fallback_answers_calls_for_others() -> None:
    other = make("Reception", route="/elsewhere").set_prompt_text("Who is there?")
    routes: dict[str, Any] = {"agent": other, "own route": "/support", "document": DOCUMENT}
    agents = {
        name: support().set_prompt_text("Help.").enable_sip_routing(fallback=fallback)
        for name, fallback in routes.items()
    }
    assert prompt_in(await dial(agents["agent"], "sip:x@d")) == "Who is there?"
    assert prompt_in(await dial(agents["own route"], "sip:x@d")) == "Help."
    answer = await dial(agents["document"], "sip:x@d")
    assert answer.json() == {"version": "1.0.0", **DOCUMENT}
    elsewhere = support().enable_sip_routing(fallback="https://other.example/agent")
    answer = await dial(elsewhere, "sip:x@d")
    assert (answer.status, answer.headers["location"]) == (307, "https://other.example/agent")


async def test_a_document_given_as_fallback_is_copied() -> None:
    given: JSON = {"sections": {"main": [{"hangup": {}}]}}
    agent = support().enable_sip_routing(fallback=given)
    given["sections"]["main"].clear()
    assert (await dial(agent, "sip:x@d")).json()["sections"] == {"main": [{"hangup": {}}]}


WRONG: dict[str, dict[str, Any]] = {
    "an endpoint": {"path": "/swaig"},
    "the agent itself": {"path": "/"},
    "no path": {"path": "sip"},
    "a class": {"fallback": AgentBase},
    "a path that climbs": {"fallback": "/../x"},
    "no path as fallback": {"fallback": "support"},
    "no document": {"fallback": {"main": []}},
    "no JSON": {"fallback": {"sections": {"main": [object()]}}},
    "a number": {"fallback": 5},
}


@pytest.mark.parametrize("options", WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_an_error_at_once(options: JSON) -> None:
    agent = support()
    with pytest.raises(DefinitionError):
        agent.enable_sip_routing(**options)
    assert agent.spec.callbacks == {}


async def test_the_endpoint_is_guarded_like_every_other() -> None:
    agent = support().enable_sip_routing()
    stranger = AgentClient(agent)
    assert (await stranger.post("/support/sip", json={"call": {"to": "support"}})).status == 401
    assert (await AgentClient(agent, auth=AUTH).request("PUT", "/support/sip")).status == 405
    bad = await AgentClient(agent, auth=AUTH).post("/support/sip", json=["sip:support@d"])
    assert bad.status == 400


async def test_a_per_call_configuration_may_give_names() -> None:
    agent = support().enable_sip_routing()
    agent.set_dynamic_config_callback(
        lambda query, body, headers, copy: copy.register_sip_username(query["tenant"])
    )
    client = AgentClient(agent, auth=AUTH)
    for tenant, to, status in (("acme", "acme", 200), ("acme", "other", 404)):
        answer = await client.post(f"/support/sip?tenant={tenant}", json={"to": to})
        assert answer.status == status
    assert "acme" not in agent.get_sip_usernames()


async def test_a_per_call_configuration_may_take_the_request() -> None:
    async def later(
        query: JSON, body: JSON, headers: JSON, agent: AgentBase, *, request: Any
    ) -> None:
        agent.set_params({"tenant": request.url.path, "seen": query["a"]})

    agent = support().set_dynamic_config_callback(later)
    answer = await AgentClient(agent, auth=AUTH).get("/support?a=1")
    params = answer.json()["sections"]["main"][1]["ai"]["params"]
    assert params == {"tenant": "/support", "seen": "1"}
