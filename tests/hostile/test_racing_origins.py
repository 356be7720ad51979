"""Racing requests, each from a host of its own: nothing of one shows in another's answer (D4).

They race in waves, for it takes only a few to meet at every turn of the loop. In one wave of all
1,000 each would be answered at the end of what all of them take together.
"""

import re
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from agentkit import AgentBase, AgentServer
from agentkit.testing.asgi import ASGIApp, Receive, Scope, Send
from tests.hostile.agents import AUTH
from tests.hostile.canaries import SECRET
from tests.hostile.doors import UNAUTHORIZED, Asked, Field, InProcess, Told, get, post
from tests.hostile.test_hosts import PUBLIC, urls_in

JSON = dict[str, Any]

RACERS, WAVE = 1_000, 100
PROXY = "10.1.2.3"
SIGNATURE: JSON = {"action": "get_signature"}


def agent(name: str, **options: Any) -> AgentBase:
    """An agent whose document has every kind of URL, and that is reached in every way."""
    made = AgentBase(name, f"/{name}", basic_auth=AUTH, secret=SECRET, **options)
    made.set_post_prompt("Sum up.").enable_sip_routing()
    made.define_tool("order", handler=lambda: "done", wait_file="/wait.mp3")
    made.register_routing_callback(lambda request, body: None, "/desk")
    made.register_routing_callback(lambda body, headers: "/other", "/away")
    return made


class Changing(AgentBase):
    """An agent whose documents are made anew for each request."""

    async def on_swml_request(
        self,
        request_data: JSON | None = None,
        callback_path: str | None = None,
        request: Any = None,
    ) -> JSON:
        await anyio.lowlevel.checkpoint()
        return {"global_data": {"host": request.headers["host"]}}


def application(**options: Any) -> AgentServer:
    changing = Changing("changing", "/changing", basic_auth=AUTH, secret=SECRET, **options)
    changing.set_post_prompt("Sum up.")
    server = AgentServer().register(agent("agent", **options)).register(agent("other", **options))
    server.register(changing).setup_sip_routing(auto_map=False)
    server.register_sip_username("desk", "/agent").register_sip_username("more", "/changing")
    return server.route_by_number({"+1202": "/other"})


Way = Callable[[list[Field]], Asked]
WAYS: tuple[Way, ...] = (
    lambda fields: get("/agent", *fields),
    lambda fields: post("/agent", {"call": {"call_id": "c"}}, *fields),
    lambda fields: get("/agent/swaig", *fields),
    lambda fields: post("/agent/swaig", SIGNATURE, *fields),
    lambda fields: post("/agent/desk", {}, *fields),
    lambda fields: get("/agent/away", *fields),
    lambda fields: post("/agent/sip", {"to": "sip:agent@d"}, *fields),
    lambda fields: post("/sip", {"call": {"to": "sip:desk@d"}}, *fields),
    lambda fields: post("/sip", {"call": {"to": "sip:more@d"}}, *fields),
    lambda fields: get("/number?to=%2B1202", *fields),
    lambda fields: get("/changing", *fields),
)


ENDPOINTS = [f"{asked.method} {asked.target}" for asked in (way([]) for way in WAYS)]


def from_proxy(app: ASGIApp) -> ASGIApp:
    """The application as servers call it: every other request comes from the trusted proxy."""

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        trusted = (b"x-test-peer", b"proxy") in scope["headers"]
        await app({**scope, "client": (PROXY if trusted else "203.0.113.9", 1)}, receive, send)

    return server


class Racer:
    """Sends requests and remembers under which origin each should have been answered."""

    def __init__(self, app: ASGIApp, *, trusts: bool, public: str | None = None) -> None:
        self.door = InProcess(from_proxy(app))
        self.trusts = trusts
        self.public = public
        self.right: list[tuple[str, bool]] = []

    async def ask(self, number: int, way: Way) -> None:
        host, forwarded = f"h{number}.example", f"f{number}.example"
        proxied = number % 2 == 0
        fields: list[Field] = [
            ("host", host),
            ("x-forwarded-host", forwarded),
            ("x-forwarded-proto", "https"),
            ("forwarded", f"host=evil{number}.example;proto=https"),
            ("x-original-host", f"evil{number}.example"),
        ]
        own = f"https://{forwarded}" if proxied and self.trusts else f"http://{host}"
        if proxied:
            fields.append(("x-test-peer", "proxy"))
        asked = way(fields)
        told = await self.door.send(asked)
        found = {origin(url) for url in urls_in(told.data)}
        is_own = told.status == 200 and found == {self.public or own}
        self.right.append((asked.target, is_own and named_in(told) <= {host, forwarded}))

    async def attack(self, number: int, way: Way) -> None:
        evil: list[Field] = [("host", f"evil{number}.example"), ("x-test-peer", "proxy")]
        evil.append(("x-forwarded-host", f"evil{number}.example"))
        asked = way(evil)
        kept = tuple(field for field in asked.fields if field[0] != "authorization")
        told: Told = await self.door.send(asked._replace(fields=kept))
        self.right.append((asked.target, told == UNAUTHORIZED))


def named_in(told: Told) -> set[str]:
    """Every host of a racer that an answer names, whether in a URL or not."""
    return set(re.findall(r"[a-z]+\d+\.example", str(told)))


def origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    prefix = "/base" if path.startswith("base/") else ""
    return f"{scheme}://{host.rpartition('@')[2]}{prefix}"


SETTINGS: dict[str, tuple[dict[str, Any], bool, str | None]] = {
    "nothing": ({}, False, None),
    "trusted proxies": ({"trusted_proxies": [PROXY]}, True, None),
    "a public URL": ({"public_url": PUBLIC, "trusted_proxies": [PROXY]}, True, PUBLIC),
}


@pytest.mark.parametrize(("options", "trusts", "public"), SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("way", WAYS, ids=ENDPOINTS)
async def test_1000_racing_requests_get_urls_of_their_own_origin(
    way: Way, options: JSON, trusts: bool, public: str | None
) -> None:
    racer = Racer(application(**options), trusts=trusts, public=public)

    for first in range(0, RACERS, WAVE):
        async with anyio.create_task_group() as group:
            for number in range(first, first + WAVE):
                group.start_soon(racer.ask, number, way)
                if number % 4 == 0:
                    group.start_soon(racer.attack, number, way)
                if number % 10 == 0:
                    group.start_soon(racer.ask, RACERS + number, WAYS[number // 10 % len(WAYS)])

    assert [target for target, is_right in racer.right if not is_right] == []
    assert len(racer.right) == RACERS + RACERS // 4 + RACERS // 10
