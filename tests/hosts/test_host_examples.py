"""Every row of docs/embedding.md and docs/serverless.md is a file that is run here."""

import re
import runpy
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from starlette.types import ASGIApp

from agentkit.testing import AgentClient, SimulatedCall
from agentkit.testing.client import ASGITransport
from tests.hosts import functions
from tests.hosts.frameworks import lowering, wsgi_server
from tests.hosts.functions import Address, Instance, Program
from tests.hosts.proxies import nginx
from tests.interaction.hosts import AUTH, served

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "hosts"
FILES = {file.stem for file in FOLDER.glob("*.py")}
DOCS = {
    name: (ROOT / "docs" / name).read_text("utf-8") for name in ("embedding.md", "serverless.md")
}
SECRETS = {
    "AGENTKIT_SECRET": "a secret that all instances have",
    "SWML_BASIC_AUTH_USER": AUTH[0],
    "SWML_BASIC_AUTH_PASSWORD": AUTH[1],
}

Reached = tuple[AgentClient, str]
Place = AbstractAsyncContextManager[Reached]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(FOLDER)
    for name in FILES:  # an agent belongs to the test that has imported it
        monkeypatch.delitem(sys.modules, name, raising=False)


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / f"{name}.py"), run_name=name)


def at(transport: Any, origin: str, path: str) -> Reached:
    return AgentClient(transport, base_url=origin, auth=AUTH), path


@asynccontextmanager
async def asgi(
    name: str, app: str = "app", path: str = "/voice/concierge", origin: str = "http://testserver"
) -> AsyncIterator[Reached]:
    found: ASGIApp = example(name)[app]
    yield at(ASGITransport(lowering(found)), origin, path)


@asynccontextmanager
async def django() -> AsyncIterator[Reached]:
    from django.conf import settings
    from django.utils.functional import empty

    before, settings._wrapped = settings._wrapped, empty  # it takes its settings only once
    try:
        async with asgi("django_asgi", "application") as reached:
            yield reached
    finally:
        settings._wrapped = before


@asynccontextmanager
async def wsgi(name: str, app: str, path: str) -> AsyncIterator[Reached]:
    with wsgi_server(example(name)[app]) as port:
        origin = f"http://127.0.0.1:{port}"
        yield at(origin, origin, path)


@asynccontextmanager
async def behind(conf: str, name: str, app: str) -> AsyncIterator[Reached]:
    text = (FOLDER / f"{conf}.conf").read_text("utf-8")
    async with served(example(name)[app], proxy_headers=False) as upstream:
        with nginx(text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")) as port:
            origin = f"http://127.0.0.1:{port}"
            yield at(origin, origin, "/voice/concierge")


@asynccontextmanager
async def instance(made: Instance, address: Address) -> AsyncIterator[Reached]:
    yield at(made, address.origin, f"{address.prefix}/concierge")
    await made.end()


def on_lambda() -> Place:
    def make() -> functions.Handle:
        handler = example("lambda_function")["handler"]
        return functions.lambda_handle(handler, functions.from_http_api, functions.STAGED)

    return instance(Instance(make), functions.STAGED)


def on_azure() -> Place:
    def make() -> functions.Handle:
        return functions.azure_handle(example("azure_function")["app"])

    return instance(Instance(make), functions.AZURE)


def on_cgi() -> Place:
    script = str(FOLDER / "cgi_script.py")
    return instance(Program(partial(functions.cgi_program, script, **SECRETS)), functions.CGI)


@asynccontextmanager
async def on_cloud_functions() -> AsyncIterator[Reached]:
    found = await anyio.to_thread.run_sync(example, "cloud_function")  # its library looks at files
    app = functions.framework_app(found["voice"])
    headers = functions.recorded("cloud_functions_headers")
    front = functions.behind_front(app, headers, functions.RUN, strips=True)
    yield at(ASGITransport(front), functions.RUN.origin, "/concierge")


@asynccontextmanager
async def on_vercel() -> AsyncIterator[Reached]:
    address = Address("https://voice-desk.vercel.app")
    headers = functions.recorded("vercel_headers")
    front = functions.behind_front(example("vercel_app")["app"], headers, address, strips=False)
    yield at(ASGITransport(front), address.origin, "/concierge")


PLACES: dict[str, Callable[[], Place]] = {
    **{
        name: partial(asgi, name)
        for name in (
            "starlette_mount", "starlette_routes", "server_mount", "fastapi_mount",
            "fastapi_router", "litestar_app", "quart_app", "beside_flask",
        )
    },
    "starlette_host": partial(
        asgi, "starlette_host", path="/concierge", origin="https://agents.example.com"
    ),
    "django_asgi": django,
    "flask_app": partial(wsgi, "flask_app", "app", "/voice/concierge"),
    "wsgi_module": partial(wsgi, "wsgi_module", "application", "/concierge"),
    "behind_nginx": partial(behind, "nginx_strips", "behind_nginx", "agent"),
    "mounted_behind_nginx": partial(behind, "nginx_keeps", "mounted_behind_nginx", "app"),
    "lambda_function": on_lambda,
    "azure_function": on_azure,
    "cgi_script": on_cgi,
    "cloud_function": on_cloud_functions,
    "vercel_app": on_vercel,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PLACES))
async def test_the_agent_of_an_example_is_reached_through_its_document(name: str) -> None:
    async with PLACES[name]() as (client, path):
        call = SimulatedCall(client, path)
        await call.start()
        home = client.absolute(path).replace("://", "://user:s3cret%2Fwith%3Aodd%40signs@", 1)
        assert f"{home}/post_prompt/?" in str(call.document)
        if "opening_hours" in call.functions:
            answer = await call.tool("opening_hours", place="pool")
            assert answer.response == "The pool is open from 7 to 22."
        posted = await call.hang_up(summary="The pool.")
        assert posted is not None
        assert posted.json() == {"success": True}


def test_every_example_of_a_host_is_a_row_of_the_docs() -> None:
    assert set(PLACES) | {"concierge", "fastapi_shop"} == FILES
    told = "".join(DOCS.values())
    missing = {file.name for file in FOLDER.iterdir() if file.is_file() and file.name not in told}
    assert missing == set()


def blocks(kind: str) -> list[str]:
    found = (
        re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        for text in DOCS.values()
    )
    return [block for each in found for block in each]


@pytest.mark.parametrize("kind", ["python", "nginx"])
def test_code_in_the_docs_is_a_run_of_lines_of_an_example(kind: str) -> None:
    files = [*FOLDER.glob("*.py"), *FOLDER.glob("*.conf")]
    sources = ["\n" + file.read_text("utf-8") for file in files]
    assert blocks(kind)
    assert [block for block in blocks(kind) if not any(f"\n{block}" in s for s in sources)] == []


async def test_the_agent_of_a_fastapi_shop_knows_its_orders() -> None:
    found = runpy.run_path(str(FOLDER / "fastapi_shop.py"))
    client = AgentClient(found["app"], auth=AUTH)
    taken = await client.post("/orders/17?tea=Sencha")
    assert taken.json() == {"number": "17", "tea": "Sencha"}
    assert (await client.post("/orders/17?tea=Assam")).status == 409
    call = SimulatedCall(client, "/voice/desk")
    await call.start()
    answers = [(await call.tool("order_status", number=number)).response for number in ("17", "18")]
    assert answers == ["Order 17: Sencha. It is being packed.", "There is no order 18."]
