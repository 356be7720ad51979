"""1,000 racing requests, each from a host of its own: no URL of one shows in another's (D4)."""

from typing import Any

import anyio
import pytest

from agentkit import AgentBase, AgentServer
from agentkit.operations import documents
from agentkit.testing.asgi import ASGIApp, Receive, Scope, Send
from tests.hostile.agents import AUTH
from tests.hostile.canaries import SECRET
from tests.hostile.doors import UNAUTHORIZED, Asked, Field, InProcess, Told, get, post
from tests.hostile.test_hosts import PUBLIC, urls_in

JSON = dict[str, Any]

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


WAYS = (
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

    async def ask(self, number: int) -> None:
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
        asked: Asked = WAYS[number % len(WAYS)](fields)
        told = await self.door.send(asked)
        found = {origin(url) for url in urls_in(told.data)}
        is_own = told.status == 200 and found == {self.public or own}
        self.right.append((asked.target, is_own and "evil" not in str(told)))

    async def attack(self, number: int) -> None:
        evil: list[Field] = [("host", f"evil{number}.example"), ("x-test-peer", "proxy")]
        evil.append(("x-forwarded-host", f"evil{number}.example"))
        asked: Asked = WAYS[number % len(WAYS)](evil)
        kept = tuple(field for field in asked.fields if field[0] != "authorization")
        told: Told = await self.door.send(asked._replace(fields=kept))
        self.right.append((asked.target, told == UNAUTHORIZED))


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
async def test_1000_racing_requests_get_urls_of_their_own_origin(
    options: JSON, trusts: bool, public: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 60.0)  # a loaded machine is not a fault
    racer = Racer(application(**options), trusts=trusts, public=public)

    async with anyio.create_task_group() as group:
        for number in range(1_000):
            group.start_soon(racer.ask, number)
            if number % 4 == 0:
                group.start_soon(racer.attack, number)

    assert [target for target, is_right in racer.right if not is_right] == []
    assert len(racer.right) == 1_000 + 250
