"""Documents without a model, served like an agent."""

from typing import Any

import pytest

import agentkit.methods.serving
from agentkit import SWML, AgentBase, AgentServer, DefinitionError, SWMLBuilder, SWMLService
from agentkit.testing import AgentClient
from agentkit.verbs import AiSidecar
from tests.documents import AUTH, SECRET, make

JSON = dict[str, Any]


def service(route: str = "/menu", **options: Any) -> SWMLService:
    return SWMLService("menu", route, basic_auth=AUTH, secret=SECRET, **options)


def client(app: Any) -> AgentClient:
    return AgentClient(app, auth=AUTH)


async def served(app: Any, url: str, body: JSON | None = None) -> Any:
    return (await client(app).post(url, json=body or {})).json()


async def test_a_service_serves_the_verbs_that_it_was_given() -> None:
    made = service().answer(max_duration=60).say("Hello.").hangup()
    assert await served(made, "/menu") == made.to_dict()
    assert (made.name, made.route) == ("menu", "/menu")


async def test_a_change_is_served_from_the_next_request_on() -> None:
    made = service().answer()
    assert await served(made, "/menu") == SWML().answer().to_dict()
    made.hangup()
    assert await served(made, "/menu") == SWML().answer().hangup().to_dict()
    made.reset_document()
    assert await served(made, "/menu") == SWML().to_dict()


async def test_credentials_are_demanded() -> None:
    assert (await AgentClient(service()).get("/menu")).status == 401
    assert service().get_basic_auth_credentials() == AUTH
    assert service().get_basic_auth_credentials(include_source=True) == (*AUTH, "provided")


def test_the_vendors_names_write_the_same_document() -> None:
    made = service().add_section("x").add_verb("answer", {}).add_verb("sleep", 500)
    made.add_verb_to_section("x", "hangup", {}).add_verb_to_section("new", "play", {"url": "say:a"})
    assert made.get_document()["sections"] == {
        "main": [{"answer": {}}, {"sleep": 500}],
        "x": [{"hangup": {}}],
        "new": [{"play": {"url": "say:a"}}],
    }
    assert made.render_document() == made.to_json().decode()


def test_the_vendors_builder_writes_into_the_service() -> None:
    made = service()
    builder = SWMLBuilder(made).answer(max_duration=5, codecs="OPUS").play("say:a", volume=2)
    builder.play(urls=["say:b"]).say("c", "v").add_section("x")
    builder.ai("p", post_prompt="q", post_prompt_url="u", swaig={"functions": []}, hints=["tea"])
    assert builder.hangup("busy").build() == made.get_document()
    assert made.get_document()["sections"] == {
        "main": [
            {"answer": {"max_duration": 5, "codecs": "OPUS"}},
            {"play": {"url": "say:a", "volume": 2}},
            {"play": {"urls": ["say:b"]}},
            {"play": {"url": "say:c", "say_voice": "v"}},
            {
                "ai": {
                    "prompt": {"text": "p"},
                    "post_prompt": {"text": "q"},
                    "post_prompt_url": "u",
                    "SWAIG": {"functions": []},
                    "hints": ["tea"],
                }
            },
            {"hangup": {"reason": "busy"}},
        ],
        "x": [],
    }
    sections = [{"title": "t", "body": "b"}]
    assert (
        builder.reset().ai(prompt_pom=sections).render()
        == SWML().verb("ai", {"prompt": {"pom": sections}}).to_json().decode()
    )


class Menu(SWMLService):
    """Greets by the number called."""

    def on_request(self, request_data: JSON | None = None, callback_path: str | None = None) -> Any:
        if callback_path == "/night":
            return SWML().say("We sleep.").hangup()
        name = (request_data or {}).get("name")
        return {"sections": {"main": [{"play": {"url": f"say:Hello, {name}."}}]}} if name else None


async def test_a_request_can_change_its_document() -> None:
    made = Menu("menu", "/menu", basic_auth=AUTH, secret=SECRET).say("Hello.")
    assert service().on_request({}) is None  # what an overriding method may call
    assert await served(made, "/menu") == SWML().say("Hello.").to_dict()
    assert await served(made, "/menu", {"name": "Robin"}) == SWML().say("Hello, Robin.").to_dict()
    assert await served(made, "/menu") == SWML().say("Hello.").to_dict()


async def test_routing_callbacks_and_hooks_work_together() -> None:
    made = Menu("menu", "/menu", basic_auth=AUTH, secret=SECRET).say("Hello.")
    made.register_routing_callback(lambda request, body: None, "/night")
    made.register_routing_callback(lambda request, body: SWML().say("Routed."), "/other")
    made.register_routing_callback(lambda request, body: service().say("Served."), "/third")
    assert await served(made, "/menu/night") == SWML().say("We sleep.").hangup().to_dict()
    assert await served(made, "/menu/other") == SWML().say("Routed.").to_dict()
    assert await served(made, "/menu/third") == SWML().say("Served.").to_dict()


async def test_each_caller_can_get_another_document() -> None:
    made = service().say("Hello.")

    def configure(query: JSON, body: JSON, headers: JSON, agent: AgentBase) -> None:
        if query.get("lang") == "es":
            agent.set_document(SWML().say("Hola."))

    made.agent.add_per_call_config(configure)
    assert await served(made, "/menu?lang=es") == SWML().say("Hola.").to_dict()
    assert await served(made, "/menu") == SWML().say("Hello.").to_dict()


async def test_a_service_stands_on_a_server_beside_agents() -> None:
    made = service().say("Hello.")
    server = AgentServer().register(make(route="/agent")).register(made, "/other")
    assert await served(server, "/other") == SWML().say("Hello.").to_dict()
    assert made.route == "/other"
    assert server.get_agent("/other") is made.agent
    with pytest.raises(DefinitionError, match="takes an agent, not a SWML"):
        server.register(SWML())  # type: ignore[arg-type]


async def test_the_tools_of_a_copilot_are_answered() -> None:
    made = service().manual_set_proxy_url("https://e.com")

    @made.tool
    def look_up(order: str) -> str:
        """Look an order up.

        Args:
            order: Its number.
        """
        return f"{order} is here."

    made.define_tool("ping", "Answer.", {}, lambda args, raw: "pong")
    made.register_swaig_function(
        {"function": "far", "description": "d", "data_map": {"output": {"response": "x"}}}
    )
    sidecar = AiSidecar("en-US", SWAIG=made.swaig())  # type: ignore[arg-type]
    made.add(sidecar)
    document = await served(made, "/menu", {"call": {"call_id": "c-1"}})
    swaig = document["sections"]["main"][0]["ai_sidecar"]["SWAIG"]
    assert [entry["function"] for entry in swaig["functions"]] == ["look_up", "ping", "far"]
    url = swaig["defaults"]["web_hook_url"]
    assert url.startswith("https://u:p@e.com/menu/swaig/?__token=")
    asked = {"function": "look_up", "call_id": "c-1", "argument": {"parsed": [{"order": "A-1"}]}}
    token = url.partition("?")[2]
    answer = await client(made).post(f"/menu/swaig?{token}", json=asked)
    assert answer.json() == {"response": "A-1 is here."}
    assert (await client(made).post("/menu/swaig", json=asked)).status == 403


async def test_a_service_may_stand_before_its_tools() -> None:
    class Before(SWMLService):
        def on_function_call(self, name: str, args: JSON, raw_data: JSON | None = None) -> Any:
            return f"{name}: {super().on_function_call(name, args, raw_data)}"

    made = Before("menu", "/menu", basic_auth=AUTH, secret=SECRET)
    made.define_tool("ping", "Answer.", {}, lambda args, raw: "pong", secure=False)
    answer = await client(made).post("/menu/swaig", json={"function": "ping", "call_id": "c-1"})
    assert answer.json() == {"response": "ping: pong"}


def test_a_service_reads_sip_usernames() -> None:
    assert SWMLService.extract_sip_username({"call": {"to": "sip:bob@e.com"}}) == "bob"


async def test_a_service_can_be_mounted() -> None:
    made = service().say("Hello.")
    assert await served(made.get_app(), "/menu") == made.to_dict()
    assert await served(made.as_router(), "/menu") == made.to_dict()


def test_a_service_runs_as_an_agent_does(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(agentkit.methods.serving, "run_server", lambda *args: ran.append(args))
    made = service()
    made.serve(port=3001)
    made.run(host="127.0.0.1")
    assert [app for app, _ in ran] == [made.agent, made.agent]
    assert [options.port for _, options in ran] == [3001, 3000]


@pytest.mark.parametrize(
    "document", [5, [], {}, {"sections": []}, {"sections": {"main": {}}}, {"sections": {"main": 5}}]
)
def test_an_agent_serves_only_what_is_a_document(document: Any) -> None:
    with pytest.raises(DefinitionError, match="set_document"):
        make().set_document(document)


async def test_an_agent_can_take_its_own_document_back() -> None:
    agent = make().set_document(SWML().hangup())
    assert await served(agent, "/") == SWML().hangup().to_dict()
    agent.set_document({"sections": {"main": []}})
    assert await served(agent, "/") == SWML().to_dict()
    agent.set_document(None)
    assert "ai" in (await served(agent, "/"))["sections"]["main"][1]


async def test_a_hook_of_an_agent_may_return_a_document() -> None:
    class Busy(AgentBase):
        def on_swml_request(
            self, request_data: JSON | None = None, callback_path: str | None = None
        ) -> Any:
            return SWML().hangup("busy")

    assert await served(make(kind=Busy), "/") == SWML().hangup("busy").to_dict()
