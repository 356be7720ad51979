"""A tool or a summary hook runs for the token of its own call, agent and purpose only (D3)."""

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentkit import AgentBase, AgentServer
from tests.hostile.agents import (
    AUTH,
    CALL_ID,
    FORBIDDEN,
    POST_PROMPT,
    SWAIG,
    Dialled,
    Everything,
    call,
    dial,
    plain,
    table,
)
from tests.hostile.canaries import SECRET
from tests.hostile.doors import Door, InProcess, Told, post, refused

REFUSED = refused(403, FORBIDDEN)
MUTATIONS = 100_000 if "AGENTKIT_LONG" in os.environ else 1_000
HEX = "0123456789abcdef"
DAY = 86_400.0


class Clock:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Shop(AgentBase):
    """Two tools and a summary that count how often they ran."""

    def __init__(self, name: str = "shop", route: str = "/agent", **options: Any) -> None:
        super().__init__(name, route, **{"basic_auth": AUTH, "secret": SECRET, **options})
        self.sold = 0
        self.set_post_prompt("Sum up.")

    @AgentBase.tool
    async def sell(self) -> str:
        """Sell."""
        self.sold += 1
        return "sold"

    @AgentBase.tool
    async def give(self) -> str:
        """Give away."""
        self.sold += 1
        return "given"

    def on_summary(self, summary: Any, raw_data: Any = None) -> None:
        self.sold += 1


def token_of(target: str) -> str:
    return target.partition("__token=")[2]


TARGETS: dict[str, Callable[[str], str]] = {
    "no query": lambda token: "",
    "no token": lambda token: "?a=b",
    "an empty token": lambda token: "?__token=",
    "another name": lambda token: f"?_token={token}",
    "a longer name": lambda token: f"?x__token={token}",
    "another case": lambda token: f"?__TOKEN={token}",
    "an encoded name": lambda token: f"?%5F%5Ftoken={token}",
    "a list's name": lambda token: f"?__token[]={token}",
    "a semicolon before": lambda token: f"?a=b;__token={token}",
    "in a fragment": lambda token: f"?%23__token={token}",
    "twice": lambda token: f"?__token={token}&__token={token}",
    "twice, under both names": lambda token: f"?token={token}&__token={token}",
    "wrong, then right": lambda token: f"?__token=x&__token={token}",
    "right, then wrong": lambda token: f"?__token={token}&__token=x",
    "right, then empty": lambda token: f"?__token={token}&token=",
    "a space before": lambda token: f"?__token=%20{token}",
    "a space after": lambda token: f"?__token={token}%20",
    "a plus after": lambda token: f"?__token={token}+",
    "a newline after": lambda token: f"?__token={token}%0A",
    "a NUL after": lambda token: f"?__token={token}%00",
    "in quotes": lambda token: f"?__token=%22{token}%22",
    "a dot after": lambda token: f"?__token={token}.",
    "capitals": lambda token: f"?__token={token.upper()}",
    "a full-width digit": lambda token: f"?__token={token.replace('1', '%EF%BC%91', 1)}",
    "twice encoded": lambda token: f"?__token={token.replace('.', '%252E')}",
    "very long": lambda token: f"?__token={token}{'0' * 20_000}",
    "only dots": lambda token: "?__token=....",
    "no signature": lambda token: f"?__token={token.rpartition('.')[0]}.",
    "no expiry": lambda token: f"?__token={replaced(token, 2, '')}",
    "a later expiry": lambda token: f"?__token={replaced(token, 2, 'ffffffff')}",
    "an expiry that is no number": lambda token: f"?__token={replaced(token, 2, 'zz')}",
    "a negative expiry": lambda token: f"?__token={replaced(token, 2, '-1')}",
    "bound to the agent alone": lambda token: f"?__token={replaced(token, 3, 'a')}",
    "an unknown scope": lambda token: f"?__token={replaced(token, 3, 'x')}",
    "another key": lambda token: f"?__token={replaced(token, 1, '00000000')}",
    "another version": lambda token: f"?__token={replaced(token, 0, 'v2')}",
    "no version": lambda token: f"?__token={token.partition('.')[2]}",
    "a signature of zeros": lambda token: f"?__token={replaced(token, 4, '0' * 64)}",
    "half a signature": lambda token: f"?__token={token[:-32]}",
    "a JWT without signature": lambda token: "?__token=eyJhbGciOiJub25lIn0.e30.",
}


def replaced(token: str, part: int, by: str) -> str:
    parts = token.split(".")
    parts[part] = by
    return ".".join(parts)


@pytest.mark.parametrize("scope", ["call", "function"])
@table(TARGETS)
async def test_a_token_that_is_not_the_one_given_runs_nothing(
    case: Callable[[str], str], scope: str, door: Door
) -> None:
    door.app = shop = Shop(token_scope=scope)
    dialled = await dial(door)
    url = dialled.swaig if scope == "call" else own_target(dialled, "sell")

    sold = await door.send(post(f"{SWAIG}{case(token_of(url))}", call("sell")))
    summed = await door.send(
        post(f"{POST_PROMPT}{case(token_of(dialled.post_prompt))}", {"call_id": CALL_ID})
    )

    assert [sold, summed] == [REFUSED, REFUSED]
    assert shop.sold == 0


def own_target(dialled: Dialled, function: str) -> str:
    """Where a function is answered that has a URL of its own."""
    functions = dialled.ai["SWAIG"]["functions"]
    url: str = next(f["web_hook_url"] for f in functions if f["function"] == function)
    return f"{SWAIG}?{url.partition('?')[2]}"


async def test_a_token_in_the_body_or_in_headers_does_not_count(door: Door) -> None:
    door.app = shop = Shop()
    token = token_of((await dial(door)).swaig)
    body = {**call("sell"), "__token": token, "token": token, "meta_data_token": token}
    fields = [("x-token", token), ("cookie", f"__token={token}"), ("x-swaig-token", token)]

    assert await door.send(post(SWAIG, body, *fields)) == REFUSED
    assert shop.sold == 0


OTHER_CALLS = {
    "another call": "call-2",
    "no call": None,
    "an empty id": "",
    "a longer id": "call-11",
    "a shorter id": "call-",
    "capitals": "CALL-1",
    "a space after": "call-1 ",
    "a combining mark": "call-1\u0301",
    "a dot and more": "call-1.c",
}


@table(OTHER_CALLS)
async def test_a_token_of_another_call_runs_nothing(case: str | None, door: Door) -> None:
    door.app = shop = Shop()
    dialled = await dial(door)

    assert await door.send(post(dialled.swaig, call("sell", call_id=case))) == REFUSED
    assert await door.send(post(dialled.post_prompt, {"call_id": case})) == REFUSED
    assert shop.sold == 0


async def test_a_token_without_a_call_is_good_for_any_call_of_its_agent(door: Door) -> None:
    door.app = shop = Shop()
    dialled = await dial(door, call_id=None)

    answers = [
        await door.send(post(dialled.swaig, call("sell", call_id=call_id)))
        for call_id in ("call-1", "call-2", None)
    ]

    assert answers == [Told(200, {"response": "sold"})] * 3
    assert shop.sold == 3


async def test_a_token_is_good_for_its_purpose_only(door: Door) -> None:
    door.app = shop = Shop()
    dialled = await dial(door)
    swaig, post_prompt = token_of(dialled.swaig), token_of(dialled.post_prompt)

    assert await door.send(post(f"{SWAIG}?__token={post_prompt}", call("sell"))) == REFUSED
    assert await door.send(post(f"{POST_PROMPT}?__token={swaig}", {"call_id": CALL_ID})) == REFUSED
    assert shop.sold == 0


async def test_with_a_token_a_function_no_token_is_good_for_another(door: Door) -> None:
    door.app = shop = Shop(token_scope="function")
    dialled = await dial(door)
    sell, give = own_target(dialled, "sell"), own_target(dialled, "give")

    crossed = [
        await door.send(post(sell, call("give"))),
        await door.send(post(give, call("sell"))),
        await door.send(post(dialled.swaig, call("sell"))),
        await door.send(post(f"{POST_PROMPT}?__token={token_of(sell)}", {"call_id": CALL_ID})),
    ]

    assert crossed == [REFUSED] * 4
    assert shop.sold == 0
    assert await door.send(post(sell, call("sell"))) == Told(200, {"response": "sold"})
    assert await door.send(post(give, call("give"))) == Told(200, {"response": "given"})


FOREIGN: dict[str, tuple[dict[str, Any], str]] = {
    "another name": ({"name": "other"}, "/agent"),
    "another route": ({"route": "/other"}, "/other"),
    "another secret": ({"secret": "another-secret-0123456789"}, "/agent"),
}


@table(FOREIGN)
async def test_a_token_of_another_agent_runs_nothing(
    case: tuple[dict[str, Any], str], door: Door
) -> None:
    options, path = case
    door.app = other = Shop(**options)
    foreign = await dial(door, path=path)
    door.app = shop = Shop()

    swaig = f"{SWAIG}?__token={token_of(foreign.swaig)}"
    post_prompt = f"{POST_PROMPT}?__token={token_of(foreign.post_prompt)}"

    assert await door.send(post(swaig, call("sell"))) == REFUSED
    assert await door.send(post(post_prompt, {"call_id": CALL_ID})) == REFUSED
    assert (shop.sold, other.sold) == (0, 0)


async def test_agents_of_one_server_do_not_take_each_others_tokens(door: Door) -> None:
    shops = {route: Shop("shop", route) for route in ("/a", "/b", "/a/b")}
    server = AgentServer()
    for shop in shops.values():
        server.register(shop)
    door.app = server
    dialled = {route: await dial(door, path=route) for route in shops}

    for at in shops:
        for given in shops:
            target = f"{at}/swaig?__token={token_of(dialled[given].swaig)}"
            expected = Told(200, {"response": "sold"}) if at == given else REFUSED
            assert await door.send(post(target, call("sell"))) == expected
    assert [shop.sold for shop in shops.values()] == [1, 1, 1]


AGES = {
    "at once": (0.0, 200),
    "at its end": (DAY, 200),
    "within the tolerance": (DAY + 60, 200),
    "after it": (DAY + 62, 403),
    "a year later": (365 * DAY, 403),
    "before it was made": (-DAY, 200),
}


@table(AGES)
async def test_a_token_ends_when_it_said(case: tuple[float, int], door: Door) -> None:
    seconds, status = case
    clock = Clock()
    door.app = shop = Shop(clock=clock)
    dialled = await dial(door)

    clock.now += seconds
    answers = [
        await door.send(post(dialled.swaig, call("sell"))),
        await door.send(post(dialled.post_prompt, {"call_id": CALL_ID})),
    ]

    assert [answer.status for answer in answers] == [status] * 2
    assert status == 200 or answers == [REFUSED] * 2
    assert shop.sold == (2 if status == 200 else 0)


async def test_a_token_outlives_its_secret_only_while_that_is_listed(door: Door) -> None:
    old, new = "old-canary-secret-0123456789", "new-canary-secret-0123456789"
    door.app = Shop(secret=old)
    dialled = await dial(door)

    door.app = Shop(secret=f"{new},{old}")
    assert (await door.send(post(dialled.swaig, call("sell")))).status == 200
    door.app = Shop(secret=new)
    assert await door.send(post(dialled.swaig, call("sell"))) == REFUSED


def mutations(token: str, chance: random.Random) -> Iterator[str]:
    """Tokens that differ from a genuine one in one place or a few."""
    while True:
        text = list(token)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            kind = chance.randrange(4)
            if kind == 0:
                text[at] = chance.choice(HEX + ".vac-_zZ")
            elif kind == 1 and len(text) > 1:
                del text[at]
            elif kind == 2:
                text.insert(at, chance.choice(HEX + "."))
            else:
                other = chance.randrange(len(text))
                text[at], text[other] = text[other], text[at]
        if (made := "".join(text)) != token:
            yield made


@pytest.mark.timeout(120)
async def test_no_mutation_of_a_token_is_accepted() -> None:
    door = InProcess(shop := Shop())
    token = token_of((await dial(door)).swaig)
    mutated = mutations(token, random.Random(11))

    for _ in range(MUTATIONS):
        answer = await door.send(post(f"{SWAIG}?__token={next(mutated)}", call("sell")))
        assert answer == REFUSED
    assert shop.sold == 0


async def test_a_tool_that_is_not_secure_asks_for_no_token_but_for_credentials(door: Door) -> None:
    agent = plain()
    agent.define_tool("hours", handler=lambda: "nine to five", secure=False)
    door.app = agent

    told = await door.send(post(SWAIG, call("hours")))
    stranger = await door.send(post(SWAIG, call("hours"), without=("authorization",)))

    assert told == Told(200, {"response": "nine to five"})
    assert stranger.status == 401


async def test_a_summary_without_its_token_is_not_heard(door: Door) -> None:
    door.app = agent = Everything()
    await dial(door)
    agent.ran.clear()

    for body in ({"call_id": CALL_ID}, {}, {"action": "fetch_conversation"}):
        assert await door.send(post(POST_PROMPT, body)) == REFUSED
    assert agent.ran == []
