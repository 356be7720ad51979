"""Wherever an application is mounted, its own path and the place are told apart."""

import hmac
import sys

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from agentkit import AgentBase
from agentkit.mounts import flat, placed
from agentkit.testing import AgentClient

AUTH = ("user", "password")
KEY = "PSKfictional"

PLACED = {
    "nowhere": ({"path": "/a"}, ("/a", "")),
    "no path at all": ({"path": ""}, ("", "")),
    "no root, whole raw path": ({"path": "/a", "raw_path": b"/a"}, ("/a", "")),
    "the server says it": ({"path": "/v/a", "root_path": "/v"}, ("/a", "/v")),
    "the root itself": ({"path": "/v", "root_path": "/v"}, ("", "/v")),
    "the root with a slash": ({"path": "/v/", "root_path": "/v"}, ("/", "/v")),
    "a proxy took it": ({"path": "/a", "root_path": "/v"}, ("/a", "/v")),
    "a longer name": ({"path": "/va", "root_path": "/v"}, ("/va", "/v")),
    "a root with a slash": ({"path": "/v//a", "root_path": "/v/"}, ("/a", "/v")),
    "a root with a slash, said once": ({"path": "/v/a", "root_path": "/v/"}, ("/a", "/v")),
    "a mount that took more than the path has": (
        {"path": "/x", "root_path": "/v/m", "app_root_path": "/v", "raw_path": b"/x"},
        ("/x", "/v/m"),
    ),
    "a root that is only a slash": ({"path": "//a", "root_path": "/"}, ("/a", "")),
    "a mount behind a proxy that took the root": (
        {"path": "/m/a", "root_path": "/v/m", "app_root_path": "/v"},
        ("/a", "/v/m"),
    ),
    "mounts in mounts behind such a proxy": (
        {"path": "/m/n/a", "root_path": "/v/m/n", "app_root_path": "/v/"},
        ("/a", "/v/m/n"),
    ),
    "a mount under a server that says the root": (
        {"path": "/v/m/a", "root_path": "/v/m", "app_root_path": "/v"},
        ("/a", "/v/m"),
    ),
    "a proxy took the root, and an agent is called like it": (
        {"path": "/x/m", "root_path": "/v/m", "app_root_path": "/v"},
        ("/x/m", "/v/m"),
    ),
    "a host took it in silence": ({"path": "/a", "raw_path": b"/v/a"}, ("/a", "/v")),
    "a host took it and put a slash behind": (
        {"path": "/a/", "raw_path": b"/v/a"},
        ("/a", "/v"),
    ),
    "a host took all of it": ({"path": "/", "raw_path": b"/v"}, ("", "/v")),
    "a host took all but the slash": ({"path": "/", "raw_path": b"/v/"}, ("/", "/v")),
    "a host took it under a root": (
        {"path": "/a", "root_path": "/v", "raw_path": b"/v/m/a"},
        ("/a", "/v/m"),
    ),
    "a host took it behind a proxy that took the root": (
        {"path": "/a", "root_path": "/v", "raw_path": b"/m/a"},
        ("/a", "/v/m"),
    ),
    "a percent-encoded path": ({"path": "/ü", "raw_path": b"/%C3%BC"}, ("/ü", "")),
    "a percent-encoded prefix": ({"path": "/a", "raw_path": b"/%76/a"}, ("/a", "/v")),
    "a raw path beyond ASCII": ({"path": "/ü", "raw_path": "/ü".encode()}, ("/ü", "")),
    "a path that a host has changed": ({"path": "/b", "raw_path": b"/a"}, ("/b", "")),
    "no raw path": ({"path": "/v/a", "root_path": "/v", "raw_path": None}, ("/a", "/v")),
}


@pytest.mark.parametrize(("scope", "expected"), PLACED.values(), ids=PLACED)
def test_a_path_and_its_place(scope: dict[str, object], expected: tuple[str, str]) -> None:
    assert placed(scope) == expected


FLAT = {
    "no prefix": ({"path": "/a/swaig"}, "", "/a/swaig"),
    "the host's prefix": ({"path": "/v/a/swaig"}, "/v", "/v/a/swaig"),
    "a mount's prefix too": ({"path": "/m/v/a/swaig", "root_path": "/m"}, "/m/v", "/m/v/a/swaig"),
    "a proxy took the root": ({"path": "/v/a/swaig", "root_path": "/m"}, "/m/v", "/m/v/a/swaig"),
    "a name that begins like the root": (
        {"path": "/mv/a/swaig", "root_path": "/m"},
        "/m/mv",
        "/m/mv/a/swaig",
    ),
}


@pytest.mark.parametrize(("scope", "root", "path"), FLAT.values(), ids=FLAT)
def test_what_stands_before_an_own_path_is_the_place(
    scope: dict[str, object], root: str, path: str
) -> None:
    found = flat(scope, "/a/swaig")
    assert (found["root_path"], found["path"]) == (root, path)
    assert placed(found) == ("/a/swaig", root)


@pytest.fixture
def without_fastapi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastapi.routing", None)


@pytest.mark.usefixtures("without_fastapi")
async def test_a_router_is_starlettes_own_where_there_is_no_fastapi() -> None:
    agent = AgentBase("a", route="/a", basic_auth=AUTH)
    agent.define_tool("ping", "Answer.", {}, lambda args, raw: "pong")
    router = agent.as_router()
    assert type(router) is Router
    client = AgentClient(Starlette(routes=[Mount("/v", app=router)]), auth=AUTH)
    assert "@testserver/v/a/swaig/?" in (await client.get("/v/a/swaig")).text


async def test_a_signature_is_checked_over_the_url_that_the_platform_was_given() -> None:
    agent = AgentBase(
        "a", route="/a", basic_auth=AUTH, signing_key=KEY, public_url="https://agents.example"
    )

    async def host(scope: Scope, receive: Receive, send: Send) -> None:
        below = scope["path"].removeprefix("/v").rstrip("/")
        await agent({**scope, "path": f"{below}/"}, receive, send)

    for path in ("/v/a", "/v/a/"):
        signed = f"https://agents.example{path}?x=1{{}}".encode()
        headers = {"x-signalwire-signature": hmac.digest(KEY.encode(), signed, "sha1").hex()}
        client = AgentClient(host, auth=AUTH, headers=headers)
        assert (await client.post(f"{path}?x=1", json={})).status == 200
        assert (await client.post(f"{path}?x=2", json={})).status == 403


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, ["close"]),
        ({"http_version": "1.0"}, ["close"]),
        ({"http_version": "2"}, []),
        ({"http_version": "3"}, []),
        ({"wsgi_environ": {}}, []),
    ],
)
async def test_only_who_owns_the_connection_is_told_to_close_it(
    more: dict[str, object], told: list[str]
) -> None:
    agent = AgentBase("a", route="/a", basic_auth=AUTH)

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        await agent({**scope, **more}, receive, send)

    headers = {"content-length": str(1 << 21), "content-type": "application/json"}
    answer = await AgentClient(server, auth=AUTH).post("/a", content=b"{}", headers=headers)
    assert (answer.status, answer.headers.get_list("connection")) == (413, told)
