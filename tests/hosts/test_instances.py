"""Instances of a function come and go; a call outlives them."""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from agentkit import AgentBase, AgentServer, DefinitionError, MemoryState
from agentkit.adapters import aws, azure, cgi, gcf, vercel
from agentkit.testing import AgentClient, SimulatedCall
from agentkit.testing.client import ASGITransport
from agentkit.testing.messages import Headers, Request, Response
from tests.deadlines import LONG
from tests.hosts import functions
from tests.hosts.desk import Desk
from tests.hosts.functions import Address, Handle, Instance
from tests.interaction.hosts import AUTH
from tests.reliability import servers
from tests.state.stores import NetworkState

behaviour = pytest.mark.behaviour
SECRET = "a secret that all instances have"


def as_asgi(app: ASGIApp, headers: str, address: Address, *, strips: bool) -> Handle:
    """An instance that runs an ASGI application on an event loop of its own."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    front = functions.behind_front(app, functions.recorded(headers), address, strips=strips)

    def handle(request: Request) -> Response:
        return loop.run_until_complete(ASGITransport(front).exchange(request))

    return handle


def lambda_at(front: functions.Front, address: Address, agent: AgentBase) -> Handle:
    return functions.lambda_instance(agent, front, address, "/voice")


def cloud_function(agent: AgentBase) -> Handle:
    app = functions.cloud_function(agent, functions.CLOUD)
    return as_asgi(app, "cloud_functions_headers", functions.CLOUD, strips=True)


def vercel_function(agent: AgentBase) -> Handle:
    app = vercel.asgi_app(agent, prefix=functions.VERCEL.prefix)
    return as_asgi(app, "vercel_headers", functions.VERCEL, strips=False)


Platform = tuple[Callable[[AgentBase], Handle], Address]

PLATFORMS: dict[str, Platform] = {
    "function URL": (
        partial(lambda_at, functions.from_function_url, functions.FUNCTION_URL),
        functions.FUNCTION_URL,
    ),
    "HTTP API": (
        partial(lambda_at, functions.from_http_api, functions.DOMAIN),
        functions.DOMAIN,
    ),
    "REST API": (
        partial(lambda_at, functions.from_rest_api, functions.STAGED),
        functions.STAGED,
    ),
    "load balancer": (
        partial(lambda_at, functions.from_load_balancer, functions.BALANCER),
        functions.BALANCER,
    ),
    "Azure": (functions.azure_instance, functions.AZURE),
    "Cloud Functions": (cloud_function, functions.CLOUD),
    "Vercel": (vercel_function, functions.VERCEL),
}


class Anew:
    """A platform that starts an instance for each request and ends it after the response."""

    def __init__(self, make: Callable[[], Handle]) -> None:
        self._make = make
        self.started = 0

    def lifespan(self) -> Any:
        raise AssertionError("functions have none")

    async def exchange(self, request: Request) -> Response:
        self.started += 1
        instance = Instance(self._make)
        answer = await instance.exchange(request)
        await instance.end()
        return answer


STORES: dict[str, Callable[[MemoryState], Any]] = {
    "a store across the network": NetworkState,
    "Redis": lambda server: servers.redis_url(),
    "PostgreSQL": lambda server: servers.postgres_url(),
}


@behaviour("functions.instances")
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize(("make", "address"), PLATFORMS.values(), ids=PLATFORMS)
async def test_a_call_goes_on_when_each_request_meets_another_instance(
    make: Callable[[AgentBase], Handle], address: Address, store: str
) -> None:
    server = MemoryState()
    STORES[store](server)  # starts it here: it would end with the thread that has started it

    def instance() -> Handle:
        return make(Desk(secret=SECRET, state_manager=STORES[store](server)))

    platform = Anew(instance)
    client = AgentClient(platform, base_url=address.origin, auth=AUTH)
    call = SimulatedCall(client, f"{address.prefix}/desk")
    await call.start()
    assert [(await call.tool("knock")).response for _ in range(3)] == [
        "1 times.", "2 times.", "3 times.",
    ]  # fmt: skip
    assert (await call.tool("greet", name="Zoë")).response == "Hello, Zoë."
    posted = await call.hang_up(summary="All is well.")
    assert posted is not None
    assert posted.json() == {"success": True}
    asked = SimulatedCall(client, f"{address.prefix}/desk")
    await asked.start()
    assert (await asked.tool("heard")).response == "All is well."
    assert platform.started >= 7


class Opened(NetworkState):
    """Counts how often it was opened, over all loops."""

    times = 0

    async def open(self) -> None:
        self.times += 1
        await super().open()


@behaviour("functions.instances")
@pytest.mark.parametrize(("make", "address"), PLATFORMS.values(), ids=PLATFORMS)
async def test_a_store_is_opened_by_the_first_call_and_kept_for_the_next(
    make: Callable[[AgentBase], Handle], address: Address
) -> None:
    state = Opened(MemoryState())
    instance = Instance(partial(make, Desk(secret=SECRET, state_manager=state)))
    client = AgentClient(instance, base_url=address.origin, auth=AUTH)
    call = SimulatedCall(client, f"{address.prefix}/desk")
    await call.start()
    assert state.times == 0
    for number in range(1, 4):
        assert (await call.tool("knock")).response == f"{number} times."
    assert (await call.tool("heard")).response == "None"
    assert state.times == 1
    await instance.end()


MAKERS: dict[str, Callable[[ASGIApp], object]] = {
    "aws": aws.lambda_handler,
    "azure": azure.function_app,
    "gcf": partial(gcf.http_function, name="voice"),
    "vercel": vercel.asgi_app,
}


@pytest.fixture
def loop() -> Any:
    """A loop for what wants the thread's at once, as mangum does."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    made.close()


@behaviour("functions.shared")
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.usefixtures("loop")
def test_what_instances_cannot_share_is_refused_at_the_start(
    make: Callable[[ASGIApp], object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(DefinitionError, match=r"agent 'Desk'.*AGENTKIT_SECRET"):
        make(Desk())
    with pytest.raises(DefinitionError, match=r"agent 'a'.*SWML_BASIC_AUTH_USER"):
        make(AgentServer().register(Desk(secret=SECRET)).register(AgentBase("a", secret=SECRET)))
    with pytest.raises(DefinitionError, match=r"agent 'Desk' keeps call state.*redis"):
        make(Desk(secret=SECRET, state_manager=MemoryState()))
    with pytest.raises(DefinitionError, match=r"agent 'Desk' keeps call state.*redis"):
        make(Desk(secret=SECRET, state=f"sqlite:///{tmp_path}/calls.sqlite3"))
    monkeypatch.setenv("AGENTKIT_SECRET", SECRET)
    monkeypatch.setenv("SWML_BASIC_AUTH_USER", "user")
    monkeypatch.setenv("SWML_BASIC_AUTH_PASSWORD", "password")
    assert make(AgentServer().register(Desk()).register(AgentBase("a")))
    assert make(AgentBase("a", state_manager=NetworkState(MemoryState())))
    assert make(Starlette())  # of which nothing is known


def test_processes_of_one_host_share_its_files(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"agent 'a' keeps call state.*sqlite"):
        cgi.wsgi_app(AgentBase("a", state_manager=MemoryState()))
    cgi.wsgi_app(AgentBase("a", state=f"sqlite:///{tmp_path}/calls.sqlite3"))


LIBRARIES = {"aws": "mangum", "azure": "azure.functions", "gcf": "functions_framework.aio"}


@pytest.mark.parametrize("extra", LIBRARIES)
def test_a_library_that_is_missing_is_named_with_its_extra(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = LIBRARIES[extra]
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DefinitionError, match=rf"{name}: pip install 'agentkit-swml\[{extra}\]'"):
        MAKERS[extra](Desk(secret=SECRET))


def test_cgi_names_its_library_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "a2wsgi", None)
    with pytest.raises(DefinitionError, match=r"a2wsgi: pip install 'agentkit-swml\[cgi\]'"):
        cgi.wsgi_app(Desk())


def test_a_library_that_misses_something_itself_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mangum.py").write_text("import a_part_that_nobody_has\n", "utf-8")
    monkeypatch.delitem(sys.modules, "mangum", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_part_that_nobody_has"):
        aws.lambda_handler(Desk(secret=SECRET))


def test_azures_library_can_end_where_no_loop_runs() -> None:
    """Its destructor tells an application its end on an event loop that never knew it."""
    app = azure.function_app(Desk(secret=SECRET))
    (function,) = app.get_functions()
    asked = functions.azure_request(Request("GET", "https", "a", "/api/desk", "", AUTHORIZED, ()))

    async def serve() -> int:
        with anyio.fail_after(LONG):
            answer = await function.get_user_function()(asked, None)
            status: int = answer.status_code
            return status

    assert anyio.run(serve) == 200
    assert app.startup_task_done
    app.__del__()
    app.startup_task_done = False  # its real end comes later, maybe inside a loop


AUTHORIZED = Headers(
    [("authorization", "Basic dXNlcjpzM2NyZXQvd2l0aDpvZGRAc2lnbnM="), ("host", "a.example")]
)


def test_an_empty_route_prefix_of_azure_is_no_prefix() -> None:
    app = azure.function_app(Desk(secret=SECRET), prefix="", name="voice")
    (function,) = app.get_functions()
    assert function.get_function_name() == "voice"
    asked = functions.azure_request(Request("GET", "https", "a", "/desk", "", AUTHORIZED, ()))
    answer = anyio.run(function.get_user_function(), asked, None)
    app.startup_task_done = False
    assert b"@a.example/desk/post_prompt/" in answer.get_body()
