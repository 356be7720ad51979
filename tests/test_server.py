"""Several agents as one application."""

from typing import Any

import anyio
import pytest
from starlette.requests import Request
from starlette.routing import Mount, Router

import agentkit.server
from agentkit import AgentBase, AgentServer, DefinitionError
from agentkit.serve import ServeOptions
from agentkit.testing import AgentClient, SimulatedCall
from agentkit.testing.asgi import ASGIError
from agentkit.testing.messages import Response
from tests.deadlines import LONG
from tests.documents import AUTH, JSON, make
from tests.test_agent import Watched


def named(route: str, **options: Any) -> AgentBase:
    """An agent that says its route, in the document and by a tool."""
    agent = make(route.strip("/") or "root", route=route, **options)
    agent.set_params({"name": agent.name})
    return agent.define_tool("who", "Tell.", {}, lambda args, raw: agent.name)


def client_of(app: Any) -> AgentClient:
    return AgentClient(app, auth=AUTH)


def name_in(answer: Response) -> str:
    assert answer.status == 200, answer.text
    params: JSON = answer.json()["sections"]["main"][1]["ai"]["params"]
    return str(params["name"])


async def called(app: Any, path: str) -> str:
    """What the tool of the agent at a path says, by the URLs of its document."""
    call = SimulatedCall(client_of(app), url=path)
    await call.start()
    return (await call.tool("who")).response


ROUTES = ["/", "/a", "/a/b", "/a/b/c/d", "/ab"]


async def test_every_agent_answers_at_its_route_however_they_are_nested() -> None:
    server = AgentServer()
    for route in ROUTES:
        assert server.register(named(route)) is server
    for route in ROUTES:
        assert await called(server, route) == (route.strip("/") or "root")
        answer = await client_of(server).get(f"{route.rstrip('/')}/")
        assert name_in(answer) == (route.strip("/") or "root")
    assert [route for route, _ in server.get_agents()] == ROUTES


async def test_an_unknown_path_belongs_to_the_nearest_agent_above_it() -> None:
    server = AgentServer().register(named("/a")).register(named("/a/b"))
    anybody = AgentClient(server)
    statuses = {
        "/a/x": 401,
        "/a/b/c": 401,
        "/ab": 404,
        "/": 404,
        "/b": 404,
        "//a": 404,
        "/A": 404,
    }
    assert {path: (await anybody.get(path)).status for path in statuses} == statuses
    assert (await anybody.get("/b")).json() == {"error": "there is nothing at this path"}
    assert (await client_of(server).get("/a/b/c")).status == 404


async def test_a_very_long_path_is_looked_up_as_quickly_as_a_short_one() -> None:
    server = AgentServer().register(named("/abc"))
    for path in ("/abc" + "/a" * 200_000, "/a" * 200_000, "/abcd" * 100_000):
        answer = await AgentClient(server).get(path)
        assert answer.status == (401 if path.startswith("/abc/") else 404)


async def test_a_root_agent_answers_what_no_other_does() -> None:
    server = AgentServer().register(named("/")).register(named("/a"))
    assert name_in(await client_of(server).get("/")) == "root"
    assert name_in(await client_of(server).get("/a")) == "a"
    assert (await AgentClient(server).get("/b")).status == 401
    assert (await AgentClient(server).get("/health")).json() == {"status": "healthy"}


async def test_an_agent_that_is_taken_off_is_gone_at_once() -> None:
    server = AgentServer().register(named("/a")).register(named("/a/b"))
    assert server.unregister("/a/")
    assert not server.unregister("/a")
    assert not server.unregister("/x")
    for path in ("/a", "/a/", "/a/swaig", "/a/post_prompt", "/a/check_for_input"):
        assert (await AgentClient(server).get(path)).status == 404
    assert await called(server, "/a/b") == "a/b"
    assert server.get_agent("/a") is None
    server.register(named("/a"))
    assert await called(server, "/a") == "a"


async def test_a_request_in_flight_keeps_an_agent_that_is_taken_off() -> None:
    agent, reached, go_on = make(route="/a"), anyio.Event(), anyio.Event()
    said: list[str] = []

    @agent.tool
    async def wait() -> str:
        """Wait."""
        reached.set()
        await go_on.wait()
        return "late"

    server = AgentServer().register(agent)
    call = SimulatedCall(client_of(server), url="/a")
    await call.start()

    async def run() -> None:
        said.append((await call.tool("wait")).response)

    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            group.start_soon(run)
            await reached.wait()
            server.unregister("/a")
            go_on.set()
    assert said == ["late"]


async def test_an_agent_may_be_registered_at_another_route_and_its_urls_follow() -> None:
    agent = named("/old")
    before = (await client_of(agent).post("/old", json={"call_id": "c-1"})).json()
    old_url = before["sections"]["main"][1]["ai"]["SWAIG"]["defaults"]["web_hook_url"]
    server = AgentServer().register(agent, "/new/place/")
    assert agent.route == "/new/place"
    assert server.get_agent("/new/place") is agent
    assert await called(server, "/new/place") == "old"
    moved = old_url.replace("/old/", "/new/place/")
    body = {"function": "who", "call_id": "c-1"}
    assert (await client_of(server).post(moved, json=body)).status == 403
    assert (await client_of(server).post(old_url, json=body)).status == 404


TWICE = named("/a")
WRONG: dict[str, tuple[list[Any], Any, str]] = {
    "one route": ([named("/a")], (named("/a"),), "two agents have the route '/a'"),
    "one root": ([named("/")], (named("/"),), "two agents have the route '/'"),
    "at another's route": ([named("/a")], (named("/b"), "/a/"), "two agents have the route '/a'"),
    "health": ([], (named("/health"),), "the route '/health' is the server's own"),
    "ready": ([], (named("/b"), "/ready"), "the route '/ready' is the server's own"),
    "no agent": ([], ("agent",), "register takes an agent, not a str"),
    "a class": ([], (AgentBase,), "register takes an agent, not a type"),
    "no path": ([], (named("/a"), "a"), "route 'a' is not a path"),
    "twice": ([TWICE], (TWICE, "/b"), "registered already; register its fork() as well"),
    "an endpoint": ([named("/a")], (named("/a/swaig"),), "would hide another's endpoints"),
    "an endpoint of the root": (
        [named("/")],
        (named("/swaig"),),
        "at '/swaig' an agent",
    ),
    "above": ([named("/a/post_prompt")], (named("/a"),), "at '/a' an agent would hide"),
    "root above": ([named("/swaig")], (named("/"),), "at '/' an agent would hide"),
}


@pytest.mark.parametrize(("before", "arguments", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_registration_is_an_error_at_once_and_changes_nothing(
    before: list[AgentBase], arguments: tuple[Any, ...], message: str
) -> None:
    server = AgentServer()
    for agent in before:
        server.register(agent)
    agents, route = server.get_agents(), getattr(arguments[0], "route", None)
    with pytest.raises(DefinitionError) as error:
        server.register(*arguments)
    assert message in str(error.value)
    assert server.get_agents() == agents
    assert getattr(arguments[0], "route", None) == route


async def test_a_fork_of_an_agent_may_be_registered_beside_it() -> None:
    agent = named("/a")
    server = AgentServer().register(agent).register(agent.fork(), "/b")
    assert (await called(server, "/a"), await called(server, "/b")) == ("a", "a")


def locating(request: Request, body: JSON) -> str:
    return f"https://elsewhere.example/{body.get('id')}"


async def test_a_global_callback_answers_below_earlier_and_later_agents() -> None:
    server = AgentServer().register(named("/a"))
    assert server.register_global_routing_callback(locating, "/customer/") is server
    server.register(named("/b")).register(named("/"))
    for path in ("/a/customer", "/b/customer/", "/customer"):
        answer = await client_of(server).post(path, json={"id": 7})
        assert (answer.status, answer.headers["location"]) == (307, "https://elsewhere.example/7")


@pytest.mark.parametrize("path", ["customer", "/swaig", "/", "/health"])
@pytest.mark.parametrize("agents", [[], ["/a", "/b"]])
def test_a_global_callback_at_a_wrong_path_is_an_error_at_once(
    path: str, agents: list[str]
) -> None:
    server = AgentServer()
    for route in agents:
        server.register(named(route))
    with pytest.raises(DefinitionError, match=r"customer|endpoint"):
        server.register_global_routing_callback(locating, path)
    assert server.register(named("/c")).get_agent("/c")
    assert all(agent.compiled().spec.callbacks == {} for _, agent in server.get_agents())


async def test_a_callback_passes_a_request_on_to_another_agent_in_process() -> None:
    server = AgentServer().register(named("/a")).register(named("/b"))
    server.register_global_routing_callback(lambda request, body: body["to"], "/go")
    for to in ("/a", "/b"):
        answer = await client_of(server).post("/a/go", json={"to": to})
        assert name_in(answer) == to[1:]
    answer = await client_of(server).post("/a/go", json={"to": "/c"})
    assert (answer.status, answer.headers["location"]) == (307, "/c")


async def test_a_thousand_agents_are_each_reachable() -> None:
    server = AgentServer()
    for number in range(1000):
        server.register(named(f"/agents/n{number}"))
    client = client_of(server)
    for number in range(1000):
        assert name_in(await client.get(f"/agents/n{number}")) == f"agents/n{number}"
    assert await called(server, "/agents/n999") == "agents/n999"


async def test_the_lifespan_opens_and_closes_the_state_of_every_agent() -> None:
    one, two, late = Watched(), Watched(), Watched()
    server = AgentServer().register(named("/a", state_manager=one))
    server.register(named("/b", state_manager=two))
    async with client_of(server).lifespan():
        assert [one.events, two.events] == [["open"], ["open"]]
        server.register(named("/late", state_manager=late))
        assert await called(server, "/late") == "late"
    assert [one.events, two.events, late.events[-1:]] == [["open", "close"]] * 2 + [["close"]]


async def test_a_server_with_a_wrong_agent_does_not_start() -> None:
    server = AgentServer().register(named("/a")).register(named("/c", signing_key="PSK-test"))
    with pytest.raises(ASGIError, match="signing_key needs public_url="):
        await client_of(server).lifespan().__aenter__()


async def test_a_server_has_no_websocket() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    nothing: Any = None
    await AgentServer()({"type": "websocket", "path": "/a"}, nothing, send)
    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


async def test_a_server_may_be_mounted() -> None:
    app = Router(routes=[Mount("/voice", app=AgentServer().register(named("/a")))])
    assert await called(app, "/voice/a") == "a"
    assert (await AgentClient(app).get("/voice/health")).json() == {"status": "healthy"}


Served = list[tuple[object, ServeOptions]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    calls: Served = []
    monkeypatch.setattr(agentkit.server, "run_server", lambda *args: calls.append(args))
    return calls


def test_run_passes_its_options_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    server = AgentServer("127.0.0.1", 8080, log_level="warning")
    server.run()
    server.run("0.0.0.0", 9090, workers=2, log_level="debug")
    monkeypatch.setenv("PORT", "7070")
    AgentServer().run()
    assert [app for app, _ in served[:2]] == [server] * 2
    assert [options for _, options in served] == [
        ServeOptions(host="127.0.0.1", port=8080, log_level="warning"),
        ServeOptions(host="0.0.0.0", port=9090, workers=2, log_level="debug"),
        ServeOptions(host="0.0.0.0", port=7070),
    ]


def test_nothing_is_served_when_an_agent_is_wrong(served: Served) -> None:
    server = AgentServer().register(named("/a")).register(named("/b", signing_key="PSK-test"))
    with pytest.raises(DefinitionError, match="signing_key needs"):
        server.run()
    assert served == []
