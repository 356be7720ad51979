"""An agent as a value that setters replace, and as an application."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Router

import agentkit.methods.serving
from agentkit import AgentBase, AgentServer, Call, DefinitionError, MemoryState, StateManager
from agentkit.serve import ServeOptions
from agentkit.testing import AgentClient, SimulatedCall
from agentkit.testing.asgi import ASGIApp, ASGIError
from tests.deadlines import LONG
from tests.documents import AUTH, JSON, document_of, make, pong


def test_an_agent_tells_its_name_and_route() -> None:
    agent = make("Support", route="/support/")
    assert (agent.name, agent.get_name(), agent.route) == ("Support", "Support", "/support")
    assert make().route == "/"
    assert make(basic_auth=[("new", "n"), AUTH]).get_basic_auth_credentials() == ("new", "n")


@pytest.mark.parametrize("name", ["", "  ", None, 5])
def test_an_agent_needs_a_name(name: Any) -> None:
    with pytest.raises(DefinitionError, match="an agent needs a name"):
        make(name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"route": "support"}, "route 'support' is not a path"),
        ({"route": None}, "route None is not a path"),
        ({"basic_auth": ("u", "")}, "user and password must be text, not empty"),
        ({"basic_auth": "u:p"}, "takes \\(user, password\\) or a list"),
        ({"token_scope": "all"}, "token_scope must be one of"),
        ({"token_expiry_secs": 0}, "token_expiry_secs must be more than 0"),
        ({"secret": "short"}, "a secret needs at least 16 characters"),
        ({"public_url": "agents.example.com"}, "is not like 'https://agents.example.com'"),
        ({"trusted_proxies": ["proxy"]}, "trusted_proxies: 'proxy'"),
        ({"native_functions": "check_time"}, "native_functions takes a list of texts"),
        ({"error_document": []}, "error_document must be a dict, not list"),
        ({"default_webhook_url": "x"}, "set_web_hook_url: 'x' is not an absolute"),
    ],
)
def test_a_wrong_option_is_an_error_at_once(options: JSON, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        make(**options)


def test_settings_that_do_not_go_together_are_an_error_when_compiled() -> None:
    agent = make(signing_key="PSK-test")
    with pytest.raises(DefinitionError, match="signing_key needs public_url="):
        agent.compiled()
    agent.manual_set_proxy_url("https://agents.example.com").compiled()


def test_a_spec_is_a_value_that_a_setter_replaces_and_never_changes() -> None:
    agent = make().set_params({"a": 1}).add_hint("x")
    old, compiled = agent.spec, agent.compiled()
    assert agent.compiled() is compiled
    agent.set_params({"b": 2}).add_hint("y").define_tool("t", "T.", {}, pong)
    assert (old.params, old.hints, old.tools) == ({"a": 1}, ("x",), {})
    assert (agent.spec.params, agent.spec.hints) == ({"a": 1, "b": 2}, ("x", "y"))
    assert agent.compiled() is not compiled
    with pytest.raises(AttributeError, match="immutable"):
        old.name = "Other"  # type: ignore[misc]


def test_setting_the_copy_does_not_reach_the_agent() -> None:
    agent = make(route="/a").set_params({"a": 1})
    before = document_of(agent)
    copy = agent.fork()
    assert copy.compiled() is agent.compiled()
    copy.set_params({"b": 2}).at_route("/b").define_tool("t", "T.", {}, pong)
    copy.manual_set_proxy_url("https://agents.example.com").set_post_prompt("Sum up.")
    assert document_of(agent) == before
    assert (agent.route, copy.route) == ("/a", "/b")
    assert type(copy) is type(agent)
    assert copy.states is agent.states


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "http://localhost:3000"),
        ({"route": "/support"}, "http://localhost:3000/support"),
        ({"host": "127.0.0.1", "port": 8080}, "http://127.0.0.1:8080"),
        ({"host": "::"}, "http://localhost:3000"),
        ({"host": "::1", "route": "/a"}, "http://[::1]:3000/a"),
        ({"public_url": "https://x.example/base/", "route": "/a"}, "https://x.example/base/a"),
    ],
)
def test_the_full_url_is_public_or_local(options: JSON, url: str) -> None:
    agent = make(**options)
    assert agent.get_full_url() == url
    assert agent.get_full_url(include_auth=True) == url.replace("://", "://u:p@")


@pytest.mark.parametrize("variable", ["AGENTKIT_PUBLIC_URL", "SWML_PROXY_URL_BASE"])
def test_the_public_url_may_come_from_the_environment(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "https://x.example")
    assert make(route="/a").get_full_url() == "https://x.example/a"
    assert make(public_url="https://y.example").get_full_url() == "https://y.example"


def test_state_is_kept_in_a_manager_or_a_backend() -> None:
    manager = StateManager(MemoryState())
    assert make(state_manager=manager).states is manager
    backend = MemoryState()
    one, two = make(state_manager=backend), make(state_manager=backend)
    one.set_state("c-1", {"a": 1})
    assert two.get_state("c-1") == {"a": 1}
    assert make().get_state("c-1") is None


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ServeOptions]]:
    calls: list[tuple[object, ServeOptions]] = []
    monkeypatch.setattr(agentkit.methods.serving, "run_server", lambda *args: calls.append(args))
    return calls


Served = list[tuple[object, ServeOptions]]


def test_run_passes_its_options_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = make(host="127.0.0.1", port=8080)
    agent.run()
    agent.run("0.0.0.0", 9090, workers=2, drain_seconds=5.0, log_level="warning")
    agent.serve(port=0)
    monkeypatch.setenv("PORT", "7070")
    make().run()
    assert [app for app, _ in served[:3]] == [agent] * 3
    assert [options for _, options in served] == [
        ServeOptions(host="127.0.0.1", port=8080),
        ServeOptions(host="0.0.0.0", port=9090, workers=2, drain_seconds=5.0, log_level="warning"),
        ServeOptions(host="127.0.0.1", port=0),
        ServeOptions(host="0.0.0.0", port=7070),
    ]


def test_nothing_is_served_when_a_setting_is_wrong(served: Served) -> None:
    with pytest.raises(DefinitionError, match="unknown \\['colour'\\]"):
        make().run(colour="red")
    with pytest.raises(DefinitionError, match="signing_key needs"):
        make(signing_key="PSK-test").run()
    assert served == []


async def test_the_routes_serve_the_agent_in_any_application() -> None:
    agent = make(route="/support").define_tool("ping", "Ping.", {}, pong)
    agent.register_routing_callback(lambda request, body: None, "/customer")
    apps: list[tuple[ASGIApp, str]] = [
        (agent.get_app(), ""),
        (agent.as_router(), ""),
        (Starlette(routes=agent.routes("/v1")), "/v1"),
        (Starlette(routes=[Mount("/v2", app=agent.as_router())]), "/v2"),
        (Router(routes=[Mount("/v3", app=agent.get_app())]), "/v3"),
    ]
    for app, prefix in apps:
        client = AgentClient(app, auth=AUTH)
        call = SimulatedCall(client, url=f"{prefix}/support/customer")
        await call.start()
        assert (await call.tool("ping")).response == "pong"
        assert f"{prefix}/support/swaig/" in str(call.document)


async def test_an_agent_has_no_websocket() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await make()({"type": "websocket", "path": "/"}, cast("Any", None), send)
    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


class Watched(MemoryState):
    """Notes when it is opened and closed."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []

    def open(self) -> None:
        self.events.append("open")

    def close(self) -> None:
        self.events.append("close")


async def test_the_lifespan_opens_and_closes_the_state() -> None:
    state = Watched()
    agent = make(state_manager=state)
    for _ in range(2):
        async with AgentClient(agent).lifespan():
            assert state.events[-1] == "open"
    assert state.events == ["open", "close"] * 2


async def test_who_starts_a_server_is_told_where_generated_credentials_are(
    private_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    agents = [AgentBase(name, f"/{name}") for name in ("a", "b")]
    given = make(route="/given")
    server = AgentServer().register(agents[0]).register(given).register(agents[1])
    caplog.set_level(logging.INFO, "agentkit")
    for app, times in ((agents[0], 1), (server, 1), (given, 0)):
        caplog.clear()
        async with AgentClient(app).lifespan():
            told = f"basic_auth_generated path={private_home / 'credentials.json'}"
            assert caplog.text.count(told) == times


async def test_a_wrong_agent_does_not_start() -> None:
    with pytest.raises(ASGIError, match="signing_key needs public_url="):
        await AgentClient(make(signing_key="PSK-test")).lifespan().__aenter__()


class Slow(AgentBase):
    """Waits in the middle of making a document."""

    async def on_swml_request(
        self, request_data: JSON | None = None, callback_path: str | None = None
    ) -> JSON:
        self.reached.set()
        await self.go_on.wait()
        return {"global_data": {"seen": True}}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.reached, self.go_on = anyio.Event(), anyio.Event()


async def test_a_request_keeps_the_agent_that_it_began_with() -> None:
    agent = make(kind=Slow).add_hint("before")
    client = AgentClient(agent, auth=AUTH)
    documents: list[JSON] = []

    async def fetch() -> None:
        documents.append((await client.get("/")).json())

    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            group.start_soon(fetch)
            await agent.reached.wait()  # type: ignore[attr-defined]
            agent.add_hint("after").set_params({"a": 1})
            agent.go_on.set()  # type: ignore[attr-defined]
        await fetch()
    first, second = (each["sections"]["main"][1]["ai"] for each in documents)
    assert (first["hints"], first["params"]) == (["before"], {})
    assert (second["hints"], second["params"]) == (["before", "after"], {"a": 1})


async def test_a_tool_registered_during_a_call_is_offered_to_the_next_and_works_in_this() -> None:
    agent = make()

    @agent.tool
    def grow() -> str:
        """Register another tool."""
        agent.define_tool("ping", "Ping.", {}, pong)
        return "Done."

    client = AgentClient(agent, auth=AUTH)
    first, second = SimulatedCall(client, url="/"), SimulatedCall(client, url="/")
    await first.start()
    assert (await first.tool("grow")).response == "Done."
    await second.start()
    assert (first.functions, second.functions) == (["grow"], ["grow", "ping"])
    assert (await second.tool("ping")).response == "pong"


class Guarded(AgentBase):
    """Stands before every tool."""

    seen: tuple[Any, ...] = ()

    def on_function_call(self, name: str, args: JSON, raw_data: JSON | None = None) -> Any:
        self.seen = (name, args, (raw_data or {})["call_id"])
        return super().on_function_call(name, {**args, "n": args["n"] + 1}, raw_data)

    @AgentBase.tool
    def plain(self, n: int, call: Call) -> str:
        """Say a number."""
        return f"{n} in {call.function}"

    @AgentBase.tool
    async def waiting(self, n: int) -> str:
        """Say a number."""
        return str(n)


async def test_on_function_call_stands_before_plain_and_async_tools() -> None:
    agent = make(kind=Guarded)
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/", call_id="c-1")
    await call.start()
    assert (await call.tool("plain", n="1")).response == "2 in plain"
    assert agent.seen == ("plain", {"n": 1}, "c-1")  # type: ignore[attr-defined]
    assert (await call.tool("waiting", n=2)).response == "3"


def test_on_function_call_runs_nothing_outside_of_a_call() -> None:
    with pytest.raises(LookupError, match="only while a call is answered"):
        make(kind=Guarded).on_function_call("plain", {"n": 1}, {"call_id": "c-1"})


def test_hooks_that_are_not_overridden_do_nothing() -> None:
    agent = make()
    assert agent.on_swml_request({}, None) is None
    assert agent.on_summary({}, {}) is None


class Forgetful(AgentBase):
    """An agent whose `__init__` does not call that of its class."""

    def __init__(self, then: Callable[[AgentBase], object]) -> None:
        then(self)


@pytest.mark.parametrize(
    "then",
    [
        lambda agent: agent.prompt_add_section("Task", "Help."),
        lambda agent: agent.add_hints(["tea"]),
        lambda agent: agent.set_param("debug", True),
        lambda agent: agent.get_name(),
    ],
)
def test_an_agent_that_was_not_made_says_what_its_author_forgot(
    then: Callable[[AgentBase], object],
) -> None:
    with pytest.raises(DefinitionError, match=r"super\(\).__init__\(name=...\)"):
        Forgetful(then)


def test_what_is_no_tool_is_refused() -> None:
    wrong: Any = 5
    with pytest.raises(DefinitionError, match="add_tool takes a tool, not 5"):
        AgentBase("shop").add_tool(wrong)


def test_what_is_no_store_is_refused_though_it_is_empty() -> None:
    wrong: Any = {}
    with pytest.raises(DefinitionError, match="state_manager= takes a manager"):
        AgentBase("shop", state_manager=wrong)
