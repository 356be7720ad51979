"""Other applications beside agents, lifespans that hosts wire in, and the host's state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from agentkit import AgentBase, AgentServer, Call, DefinitionError
from agentkit.testing import AgentClient, SimulatedCall
from agentkit.testing.asgi import ASGIError, Receive, Scope, Send
from tests.documents import AUTH, JSON, make
from tests.test_agent import Watched


async def tell(request: Request) -> JSONResponse:
    where = {"path": request.url.path, "root": request.scope["root_path"]}
    return JSONResponse({**where, "state": getattr(request.app.state, "who", None)})


class Admin(Starlette):
    """An application with a page at every path, and a lifespan that is watched."""

    def __init__(self) -> None:
        super().__init__(
            routes=[Route("/", tell), Route("/page", tell), WebSocketRoute("/talk", talk)],
            lifespan=self.watched,
        )
        self.events: list[str] = []
        self.state.who = "admin"

    @asynccontextmanager
    async def watched(self, app: Any) -> AsyncIterator[dict[str, str]]:
        self.events.append("start")
        yield {"tea": "green"}
        self.events.append("stop")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


def agent_at(route: str, **options: Any) -> AgentBase:
    agent = make("Agent", route=route, **options)
    return agent.define_tool("ping", "", {}, lambda args, raw: "pong")


async def pinged(app: Any, path: str) -> str:
    call = SimulatedCall(AgentClient(app, auth=AUTH), url=path)
    await call.start()
    return (await call.tool("ping")).response


APPS: dict[str, Any] = {
    "agent": lambda: agent_at("/voice"),
    "root agent": lambda: agent_at("/"),
    "server": lambda: AgentServer().register(agent_at("/voice")),
}


@pytest.mark.parametrize("kind", APPS)
async def test_an_application_is_served_beside_agents(kind: str) -> None:
    app, client = APPS[kind](), None
    assert app.mount(Admin(), prefix="/admin/", name="Admin") is app
    client = AgentClient(app)
    for path in ("/admin/", "/admin/page"):
        answer = await client.get(path)
        assert answer.json() == {"path": path, "root": "/admin", "state": "admin"}
    assert (await client.get("/admin/none")).text == "Not Found"
    assert (await client.get("/administration")).json()["error"] in {
        "Unauthorized",
        "there is nothing at this path",
    }
    assert (await client.get("/health")).json() == {"status": "healthy"}
    assert await pinged(app, "/" if kind == "root agent" else "/voice") == "pong"


@pytest.mark.parametrize("kind", APPS)
async def test_it_is_found_below_a_mount_as_well(kind: str) -> None:
    app = APPS[kind]().mount(Admin(), "/admin")
    host = Starlette(routes=[Mount("/in/here", app=app)])
    answer = await AgentClient(host).get("/in/here/admin/page")
    assert answer.json() == {
        "path": "/in/here/admin/page",
        "root": "/in/here/admin",
        "state": "admin",
    }


def said(word: str) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"by": word})(scope, receive, send)

    return app


@pytest.mark.parametrize("kind", APPS)
async def test_the_longest_prefix_counts_and_agents_come_first(kind: str) -> None:
    app = APPS[kind]().mount(said("all"), "/").mount(said("deep"), "/a/b").mount(said("a"), "/a")
    client, home = AgentClient(app), "" if kind == "root agent" else "/voice"
    paths = {"/a": "a", "/a/": "a", "/a/bc": "a", "/a/b": "deep", "/a/b/c": "deep", "/x": "all"}
    assert {path: (await client.get(path)).json()["by"] for path in paths} == paths
    for path in (home or "/", f"{home}/swaig", f"{home}/post_prompt/", "/health"):
        assert (await client.get(path)).status in {401, 200}
        assert "by" not in (await client.get(path)).json()


def test_a_web_socket_reaches_an_application_but_no_agent() -> None:
    client = TestClient(agent_at("/voice").mount(Admin(), "/admin"))
    with client.websocket_connect("/admin/talk") as talking:
        assert talking.receive_text() == "hello"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/voice"):
        raise AssertionError


WRONG: dict[str, tuple[Any, str]] = {
    "no application": ("admin", "/admin"),
    "a class": (Starlette, "/admin"),
    "no path": (said("x"), "admin"),
    "a path that climbs": (said("x"), "/../x"),
    "an endpoint": (said("x"), "/voice/swaig"),
    "the agent": (said("x"), "/voice/"),
    "health": (said("x"), "/health"),
    "twice": (said("x"), "/taken"),
}


@pytest.mark.parametrize(("app", "prefix"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("kind", ["agent", "server"])
def test_a_wrong_mount_is_an_error_at_once(kind: str, app: Any, prefix: str) -> None:
    ours = APPS[kind]().mount(said("first"), "/taken")
    with pytest.raises(DefinitionError):
        ours.mount(app, prefix)


async def test_a_server_takes_over_what_is_mounted_beside_an_agent() -> None:
    server = AgentServer().register(agent_at("/voice").mount(said("a"), "/a"))
    assert (await AgentClient(server).get("/a/b")).json() == {"by": "a"}
    other = agent_at("/other").mount(said("b"), "/a")
    with pytest.raises(DefinitionError, match="two applications are mounted at '/a'"):
        server.register(other)
    assert [route for route, _ in server.get_agents()] == ["/voice"]
    assert [each.prefix for each in other.neighbours] == ["/a"]


async def test_flat_routes_have_what_is_mounted() -> None:
    agent = agent_at("/voice").mount(Admin(), "/admin")
    host = Starlette(routes=agent.routes("/in"))
    answer = await AgentClient(host).get("/in/admin/page")
    assert answer.json()["root"] == "/in/admin"
    assert await pinged(host, "/in/voice") == "pong"


async def http_only(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError(f"no {scope['type']} here")


@pytest.mark.parametrize("kind", APPS)
async def test_it_starts_and_stops_with_the_agents(kind: str) -> None:
    app, admin, other = APPS[kind](), Admin(), Admin()
    app.mount(admin, "/admin").mount(other, "/other").mount(Router(), "/plain")
    app.mount(said("no lifespan"), "/said").mount(http_only, "/http")
    for _ in range(2):
        async with AgentClient(app).lifespan():
            assert (admin.events[-1], other.events[-1]) == ("start", "start")
            assert (await AgentClient(app).get("/admin/page")).status == 200
    assert admin.events == other.events == ["start", "stop"] * 2


async def raising(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no tea"})


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed"})


@pytest.mark.parametrize(("app", "why"), [(raising, "no tea"), (silent, "it does not start")])
async def test_an_application_that_does_not_start_stops_the_start(app: Any, why: str) -> None:
    watched, admin = Watched(), Admin()
    agent = agent_at("/voice", state_manager=watched).mount(admin, "/a").mount(app, "/b", "Tea")
    with pytest.raises(ASGIError, match=f"the application mounted as 'Tea': {why}"):
        await AgentClient(agent).lifespan().__aenter__()
    assert watched.events == ["open", "close"]
    assert admin.events[-1] == "stop"


async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    raise RuntimeError("canary")


async def test_an_application_that_breaks_at_the_end_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with AgentClient(agent_at("/voice").mount(breaking, "/b")).lifespan():
        pass
    assert "neighbour_failed" in caplog.text
    assert "canary" in caplog.text


@pytest.mark.parametrize("kind", APPS)
async def test_a_host_may_wire_the_lifespan_in(kind: str) -> None:
    watched, admin = Watched(), Admin()
    agent = agent_at("/voice", state_manager=watched).mount(admin, "/admin")
    app = AgentServer().register(agent) if kind == "server" else agent
    for host in (
        Starlette(routes=[Mount("/in", app=app)], lifespan=app.lifespan),
        app.get_app(),
    ):
        async with AgentClient(host).lifespan():
            assert (watched.events[-1], admin.events[-1]) == ("open", "start")
            path = "/in/voice" if host.routes[0].path == "/in" else "/voice"  # type: ignore[attr-defined]
            assert await pinged(host, path) == "pong"
        assert (watched.events[-1], admin.events[-1]) == ("close", "stop")
    async with app.lifespan(), app.lifespan():
        assert await pinged(app, "/voice") == "pong"
    assert await pinged(app, "/voice") == "pong"


@pytest.mark.parametrize("kind", APPS)
async def test_an_error_of_the_host_comes_through_the_lifespan_as_it_is(kind: str) -> None:
    for app in (APPS[kind](), APPS[kind]().mount(Admin(), "/admin")):
        with pytest.raises(LookupError, match="mine"):
            async with app.lifespan():
                raise LookupError("mine")


def test_the_lifespan_of_a_wrong_agent_is_an_error() -> None:
    async def start() -> None:
        async with agent_at("/voice", signing_key="PSK-test").lifespan():
            raise AssertionError

    with pytest.raises(DefinitionError, match="signing_key needs public_url="):
        anyio.run(start)


def knowing() -> AgentBase:
    agent = make("Agent", route="/voice")

    @agent.tool
    async def known(call: Call) -> str:
        """Tell what the host keeps."""
        state: Any = call.app_state
        return str(state["who"] if isinstance(state, dict) else getattr(state, "who", None))

    return agent


async def asked(app: Any, client: AgentClient | None = None, path: str = "/voice") -> str:
    call = SimulatedCall(client or AgentClient(app, auth=AUTH), url=path)
    await call.start()
    return (await call.tool("known")).response


async def test_a_tool_finds_the_state_of_the_host() -> None:
    host = Starlette(routes=[Mount("/in", app=knowing())])
    host.state.who = "host"
    assert await asked(host, path="/in/voice") == "host"
    assert await asked(knowing()) == "None"


async def test_a_tool_finds_what_a_lifespan_has_put_into_the_state() -> None:
    agent = knowing()

    async def host(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["who"] = "lifespan"
        await agent(scope, receive, send)

    client = AgentClient(host, auth=AUTH)
    async with client.lifespan():
        assert await asked(host, client) == "lifespan"


async def test_a_tenant_in_the_path_of_a_mount_configures_a_call() -> None:
    agent = knowing()

    def configure(query: JSON, body: JSON, headers: JSON, copy: Any, request: Request) -> None:
        copy.set_global_data({"tenant": request.path_params["tenant"]})

    agent.set_dynamic_config_callback(configure)
    host = Starlette(routes=[Mount("/t/{tenant}", app=agent)])
    for tenant in ("acme", "umbrella"):
        call = SimulatedCall(AgentClient(host, auth=AUTH), url=f"/t/{tenant}/voice")
        document = await call.start()
        assert document["sections"]["main"][1]["ai"]["global_data"] == {"tenant": tenant}
        assert f"/t/{tenant}/voice/swaig/" in str(document)
        assert (await call.tool("known")).response == "None"
