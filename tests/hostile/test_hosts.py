"""No URL comes from a stranger's headers, and none of one request shows in another (D4)."""

import random
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from agentkit import AgentBase
from agentkit.testing.asgi import ASGIApp, Receive, Scope, Send
from tests.hostile.agents import AUTH, SWAIG, SWML, call, table
from tests.hostile.canaries import SECRET
from tests.hostile.doors import (
    HOST,
    UNAUTHORIZED,
    Asked,
    Door,
    Field,
    Stage,
    Told,
    get,
    post,
    refused,
)

PUBLIC = "https://public.example/base"
EVIL = "evil.example"
NO_HOST = refused(400, "the Host header is not a host name")


def shop(**options: Any) -> AgentBase:
    """An agent whose document has every kind of URL."""
    agent = AgentBase("shop", "/agent", **{"basic_auth": AUTH, "secret": SECRET, **options})
    agent.set_post_prompt("Sum up.")
    agent.define_tool("order", handler=lambda: "done", wait_file="/wait.mp3")
    agent.define_tool("ask", handler=lambda: "done", secure=False)
    return agent


def origins(answer: Told) -> set[str]:
    """Scheme, host and prefix of every URL in an answer."""
    assert answer.status == 200, answer
    return {without_user(url).removesuffix("/") for url in urls_in(answer.data)}


def without_user(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.rpartition("@")[2].partition("/")
    return f"{scheme}://{host}/{path.partition('agent/')[0].partition('wait.mp3')[0]}"


def urls_in(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for value in data.values():
            yield from urls_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from urls_in(value)
    elif isinstance(data, str) and "://" in data:
        yield data


FORWARDED = (
    "forwarded", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port",
    "x-forwarded-prefix", "x-forwarded-server", "x-forwarded-for", "x-forwarded-path",
    "x-forwarded-scheme", "x-forwarded-protocol", "x-forwarded-ssl", "x-forwarded-uri",
    "x-real-ip", "x-host", "x-original-host", "x-original-url", "x-rewrite-url",
    "x-http-host-override", "x-url-scheme", "front-end-https", "cf-visitor", "via", "origin",
    "referer", "true-client-ip", "client-ip",
)  # fmt: skip
VALUES = (
    EVIL, f"{EVIL}:1", f"user:pass@{EVIL}", f"host={EVIL};proto=https", "https", "http", "443",
    "/evil", "//evil.example", "127.0.0.1", f"{EVIL}, {HOST}", f"{HOST}, {EVIL}",
    '{"scheme":"https"}', "on", f"https://{EVIL}/x",
)  # fmt: skip


def lies(chance: random.Random) -> list[Field]:
    """A handful of headers, each with a value that another one might have."""
    names = chance.sample(FORWARDED, chance.randint(1, 8))
    return [(name, chance.choice(VALUES)) for name in names]


LIES = [
    *([(name, value)] for name in FORWARDED for value in VALUES),
    *(lies(random.Random(seed)) for seed in range(100)),
]


def test_there_are_300_lies() -> None:
    assert len(LIES) >= 300


async def test_without_trusted_proxies_forwarded_headers_say_nothing(door: Door) -> None:
    door.app = shop()

    found = {str(each): origins(await door.send(get(SWML, *each))) for each in LIES}

    assert {each for each in found.items() if each[1] != {f"http://{HOST}"}} == set()


HOSTS = {
    "another name": EVIL,
    "with a user": f"user:pass@{EVIL}",
    "with a path": f"{EVIL}/path",
    "a number": "0",
    "a loopback address": "127.0.0.1:80",
    "an IPv6 address": "[::1]:80",
    "a broken IPv6 address": "[::1",
    "no port": f"{EVIL}:",
    "a port that is no number": f"{EVIL}:http",
    "a quote": f'{EVIL}"',
    "an angle bracket": f"{EVIL}<script>",
    "a backslash": f"{EVIL}\\",
    "a hash": f"{EVIL}#",
    "a question mark": f"{EVIL}?",
    "a percent sign": f"{EVIL}%00",
    "a space": f"{EVIL} {HOST}",
    "a list": f"{EVIL}, {HOST}",
    "a template": "${global_data.secret}",
    "letters beyond ASCII": "\xe9vil.example",
    "punycode": "xn--vil-9la.example",
    "a dot before": f".{EVIL}",
    "a dot after": f"{EVIL}.",
    "a dash before": f"-{EVIL}",
    "very long": "a" * 10_000,
    "a scheme": f"http://{EVIL}",
    "empty": "",
}


@table(HOSTS)
async def test_with_a_public_url_no_host_gets_into_a_document(case: str, door: Door) -> None:
    door.app = shop(public_url=PUBLIC)

    answer = await door.send(get(SWML, ("host", case)))
    signed = await door.send(post(SWAIG, {"action": "get_signature"}, ("host", case)))

    assert [origins(answer), origins(signed)] == [{PUBLIC}] * 2


async def test_with_a_public_url_no_header_gets_into_a_document(door: Door) -> None:
    door.app = shop(public_url=PUBLIC, trusted_proxies=["127.0.0.1"])

    found = {str(each): origins(await door.send(get(SWML, *each))) for each in LIES}

    assert {each for each in found.items() if each[1] != {PUBLIC}} == set()


OWN = {
    "another name": EVIL,
    "a number": "0",
    "a loopback address": "127.0.0.1:80",
    "an IPv6 address": "[::1]:80",
    "punycode": "xn--vil-9la.example",
    "an underscore": "a_b.example",
    "very long": "a" * 10_000,
}


@table(OWN)
async def test_without_a_public_url_a_document_has_its_requests_own_host(
    case: str, door: Door
) -> None:
    door.app = shop()

    assert origins(await door.send(get(SWML, ("host", case)))) == {f"http://{case}"}


@table({name: host for name, host in HOSTS.items() if name not in OWN and name != "empty"})
async def test_without_a_public_url_a_host_that_is_none_is_refused(case: str, door: Door) -> None:
    door.app = shop()
    fields = ("host", case)

    answers = [
        await door.send(get(SWML, fields)),
        await door.send(post(SWML, {}, fields)),
        await door.send(post(SWAIG, {"action": "get_signature"}, fields)),
    ]

    assert answers == [NO_HOST] * 3


async def test_two_hosts_are_refused(door: Door) -> None:
    door.app = shop()

    answer = await door.send(get(SWML, ("host", HOST), ("host", EVIL)))

    assert answer.by_server if door.name == "h11" else answer == NO_HOST


async def test_two_hosts_do_no_harm_with_a_public_url(door: Door) -> None:
    door.app = shop(public_url=PUBLIC)

    answer = await door.send(get(SWML, ("host", HOST), ("host", EVIL)))

    assert answer.by_server if door.name == "h11" else origins(answer) == {PUBLIC}


@pytest.mark.parametrize("fields", [[], [("accept", "a"), ("accept", "b")]])
async def test_without_a_host_the_servers_own_address_is_used(
    fields: list[Field], door: Door
) -> None:
    door.app = shop()
    port = f":{door.port}" if isinstance(door, Stage) else ":80"

    answer = await door.send(get(SWML, *fields, without=("host",)))

    assert (
        answer.by_server if door.name == "h11" else origins(answer) == {f"http://127.0.0.1{port}"}
    )


async def test_a_host_that_is_none_harms_no_tool(door: Door) -> None:
    door.app = shop()

    answer = await door.send(post(SWAIG, call("ask"), ("host", f"{EVIL}\\")))

    assert answer == Told(200, {"response": "done"})


def from_peer(app: ASGIApp, peer: object) -> ASGIApp:
    """The application as a server calls it for a connection from this peer."""

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": peer}, receive, send)

    return server


PROXIED = (
    ("x-forwarded-host", "voice.example"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-prefix", "/behind"),
)
PEERS: dict[str, tuple[object, bool]] = {
    "the proxy": (("10.1.2.3", 1), True),
    "the last of the network": (("10.1.255.255", 1), True),
    "beside the network": (("10.2.0.0", 1), False),
    "a stranger": (("203.0.113.9", 1), False),
    "loopback": (("127.0.0.1", 1), False),
    "the proxy, mapped into IPv6": (("::ffff:10.1.2.3", 1), True),
    "IPv6 of the proxy": (("fd00::1", 1), True),
    "a name": (("10.1.2.3.evil.example", 1), False),
    "empty": (("", 1), False),
    "a unix socket": (None, False),
    "a path": (("/run/proxy.sock", 0), False),
}


@table(PEERS)
async def test_forwarded_headers_count_from_the_trusted_peer_only(
    case: tuple[object, bool], door: Door
) -> None:
    peer, trusted = case
    door.app = from_peer(shop(trusted_proxies=["10.1.0.0/16", "fd00::1"]), peer)

    found = origins(await door.send(get(SWML, *PROXIED)))

    assert found == {"https://voice.example/behind" if trusted else f"http://{HOST}"}


async def test_the_peer_of_a_real_socket_is_the_one_that_counts(server: Stage) -> None:
    claims = [("x-forwarded-for", "203.0.113.9"), ("x-real-ip", "203.0.113.9")]

    server.app = shop(trusted_proxies=["127.0.0.1"])
    trusted = await server.send(get(SWML, *PROXIED, *claims))
    server.app = shop(trusted_proxies=["203.0.113.9"])
    pretended = await server.send(get(SWML, *PROXIED, *claims))

    assert origins(trusted) == {"https://voice.example/behind"}
    assert origins(pretended) == {f"http://{HOST}"}


FROM_PROXY: dict[str, tuple[tuple[Field, ...], str]] = {
    "nothing": ((), f"http://{HOST}"),
    "only a scheme": ((("x-forwarded-proto", "https"),), f"https://{HOST}"),
    "a scheme in capitals": ((("x-forwarded-proto", "HTTPS"),), f"https://{HOST}"),
    "only a host": ((("x-forwarded-host", "a.example:8443"),), "http://a.example:8443"),
    "empty": ((("x-forwarded-host", ""), ("x-forwarded-proto", "")), f"http://{HOST}"),
    "the nearest of several hosts": (
        (("x-forwarded-host", f"{EVIL}, a.example"),),
        "http://a.example",
    ),
    "the nearest of two headers": (
        (("x-forwarded-host", EVIL), ("x-forwarded-host", "a.example")),
        "http://a.example",
    ),
    "the nearest of several schemes": ((("x-forwarded-proto", "http, https"),), f"https://{HOST}"),
    "a prefix": ((("x-forwarded-prefix", "/p/q/"),), f"http://{HOST}/p/q"),
    "only a slash as prefix": ((("x-forwarded-prefix", "/"),), f"http://{HOST}"),
    "Forwarded": ((("forwarded", f"host={EVIL};proto=https"),), f"http://{HOST}"),
}


@table(FROM_PROXY)
async def test_the_trusted_proxy_says_where_it_is_reached(
    case: tuple[tuple[Field, ...], str], door: Door
) -> None:
    fields, expected = case
    door.app = from_peer(shop(trusted_proxies=["10.1.2.3"]), ("10.1.2.3", 1))

    assert origins(await door.send(get(SWML, *fields))) == {expected}


NO_PREFIX = refused(400, "the path prefix of this request cannot stand in a URL")
BAD_FROM_PROXY: dict[str, tuple[str, str, Told]] = {
    "a host with a user": ("x-forwarded-host", f"user@{EVIL}", NO_HOST),
    "a host with a path": ("x-forwarded-host", f"{EVIL}/x", NO_HOST),
    "a template as host": ("x-forwarded-host", "${x}", NO_HOST),
    "another scheme": ("x-forwarded-proto", "javascript", NO_HOST),
    "two schemes": ("x-forwarded-proto", "https http", NO_HOST),
    "a prefix without a slash": ("x-forwarded-prefix", "evil", NO_PREFIX),
    "a prefix of another host": ("x-forwarded-prefix", "//evil.example", NO_PREFIX),
    "a prefix with a quote": ("x-forwarded-prefix", '/"x', NO_PREFIX),
    "a prefix with a query": ("x-forwarded-prefix", "/x?y=", NO_PREFIX),
}


@table(BAD_FROM_PROXY)
async def test_what_a_trusted_proxy_says_must_be_fit_for_a_url(
    case: tuple[str, str, Told], door: Door
) -> None:
    name, value, expected = case
    door.app = from_peer(shop(trusted_proxies=["10.1.2.3"]), ("10.1.2.3", 1))

    assert await door.send(get(SWML, (name, value))) == expected


class Slow(AgentBase):
    """Lets other requests run between its own steps."""

    async def on_swml_request(self, request_data: Any = None, callback_path: Any = None) -> Any:
        await anyio.lowlevel.checkpoint()
        return {"global_data": {"asked": request_data["call"]["call_id"]}}


@pytest.mark.parametrize("kind", [AgentBase, Slow], ids=["plain", "with a hook"])
async def test_200_racing_requests_see_nothing_of_each_other(
    kind: type[AgentBase], door: Door
) -> None:
    agent = kind("canary", "/agent", basic_auth=AUTH, secret=SECRET)
    agent.set_post_prompt("Sum up.")
    agent.define_tool("order", handler=lambda: "done", wait_file="/wait.mp3")
    door.app = agent
    found: dict[str, Told] = {}
    strangers: list[Told] = []

    async def ask_as(host: str) -> None:
        body = {"call": {"call_id": host}}
        found[host] = await door.send(post(SWML, body, ("host", host)))

    async def attack(number: int) -> None:
        evil = ("host", f"evil{number}.example"), ("x-forwarded-host", EVIL)
        strangers.append(await door.send(post(SWML, {}, *evil, without=("authorization",))))

    async with anyio.create_task_group() as group:
        for number in range(200):
            group.start_soon(ask_as, f"h{number}.example")
            if number % 4 == 0:
                group.start_soon(attack, number)

    assert {host: origins(told) for host, told in found.items()} == {
        host: {f"http://{host}"} for host in found
    }
    assert len(found) == 200
    assert strangers == [UNAUTHORIZED] * 50
    assert "evil" not in str(found)


async def test_an_attacker_before_leaves_nothing_behind(door: Door) -> None:
    door.app = shop()
    evil: list[Field] = [("host", EVIL), *((name, EVIL) for name in FORWARDED if "host" in name)]
    attacks: list[Asked] = [
        get(SWML, *evil, without=("authorization",)),
        get("/agent/x", *evil, without=("authorization",)),
        get("/health", *evil, without=("authorization",)),
        get(SWML, *evil),
        post(SWAIG, {"action": "get_signature"}, *evil),
    ]

    for attack in attacks:
        await door.send(attack)
        assert origins(await door.send(get(SWML))) == {f"http://{HOST}"}


async def test_very_many_hosts_do_not_crowd_out_the_right_one(door: Door) -> None:
    door.app = agent = shop()

    for number in range(200):
        await door.send(get(SWML, ("host", f"h{number}.example")))

    assert origins(await door.send(get(SWML))) == {f"http://{HOST}"}
    assert len(agent.compiled()._bound) <= 64
