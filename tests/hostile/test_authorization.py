"""Only the right credentials, well formed, come in; all else is one and the same 401 (D2)."""

import base64
import random
import unicodedata
from collections.abc import Iterator

import pytest

from agentkit import AgentBase
from tests.hostile.agents import (
    AUTH,
    CALLBACK,
    CHECK_FOR_INPUT,
    POST_PROMPT,
    SWAIG,
    SWML,
    Everything,
    plain,
    table,
)
from tests.hostile.canaries import AUTHORIZATION, PASSWORD, SECRET, USER
from tests.hostile.doors import UNAUTHORIZED, Door, Field, InProcess, ask, basic, get, post

GOOD = AUTHORIZATION.removeprefix("Basic ")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
EVERYWHERE = (SWML, SWAIG, POST_PROMPT, CHECK_FOR_INPUT, CALLBACK, "/agent/x", "/")


def encoded(text: str | bytes) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    return f"Basic {base64.b64encode(raw).decode()}"


SCHEMES = {
    "empty": "",
    "only the scheme": "Basic",
    "only the scheme and a space": "Basic ",
    "no scheme": GOOD,
    "no space": f"Basic{GOOD}",
    "a tab": f"Basic\t{GOOD}",
    "a no-break space": f"Basic\xa0{GOOD}",
    "a comma": f"Basic,{GOOD}",
    "a colon": f"Basic: {GOOD}",
    "an equals sign": f"Basic={GOOD}",
    "bearer": f"Bearer {GOOD}",
    "digest": f"Digest {GOOD}",
    "token": f"Token {GOOD}",
    "longer": f"Basics {GOOD}",
    "shorter": f"Basi {GOOD}",
    "twice": f"Basic Basic {GOOD}",
    "in quotes": f'Basic "{GOOD}"',
    "a dotless i": f"Bas\u0131c {GOOD}",
    "letters that look alike": f"B\u0430sic {GOOD}",
    "two in one": f"{AUTHORIZATION}, {AUTHORIZATION}",
    "two by a comma": f"{AUTHORIZATION},{AUTHORIZATION}",
    "wrong then right": f"{encoded('a:b')}, {AUTHORIZATION}",
    "a parameter": f"{AUTHORIZATION}; charset=UTF-8",
    "auth-param": f"{AUTHORIZATION}, realm=agentkit",
}
TOKENS = {
    "no padding": GOOD.rstrip("=") + "A",
    "more padding": f"{GOOD}=",
    "much padding": f"{GOOD}====",
    "text after it": f"{GOOD}x",
    "a word after it": f"{GOOD} x",
    "a space within": f"{GOOD[:4]} {GOOD[4:]}",
    "a dash": f"{GOOD[:4]}-{GOOD[5:]}",
    "URL alphabet": GOOD.replace("+", "-").replace("/", "_"),
    "percent-encoded": GOOD.replace("=", "%3D") + "%",
    "hexadecimal": f"{USER}:{PASSWORD}".encode().hex(),
    "in the clear": f"{USER}:x",
    "base64 twice": base64.b64encode(GOOD.encode()).decode(),
    "4 KiB of padding": "=" * 4096,
    "beyond 4 KiB": GOOD + "A" * 4096,
    "60 KB": "A" * 60_000,
}
TEXTS: dict[str, str | bytes] = {
    "nothing": "",
    "a colon": ":",
    "many colons": ":" * 50,
    "no colon": f"{USER}{PASSWORD}",
    "user only": f"{USER}:",
    "user without colon": USER,
    "password only": f":{PASSWORD}",
    "swapped": f"{PASSWORD}:{USER}",
    "password twice": f"{PASSWORD}:{PASSWORD}",
    "user twice": f"{USER}:{USER}",
    "user in capitals": f"{USER.upper()}:{PASSWORD}",
    "password in capitals": f"{USER}:{PASSWORD.upper()}",
    "a colon more": f"{USER}::{PASSWORD}",
    "a colon before": f":{USER}:{PASSWORD}",
    "a space before": f" {USER}:{PASSWORD}",
    "a space after": f"{USER}:{PASSWORD} ",
    "a space before the password": f"{USER}: {PASSWORD}",
    "a newline after": f"{USER}:{PASSWORD}\n",
    "CR LF after": f"{USER}:{PASSWORD}\r\n",
    "a NUL after": f"{USER}:{PASSWORD}\0",
    "a NUL and more": f"{USER}:{PASSWORD}\0x",
    "a NUL before": f"\0{USER}:{PASSWORD}",
    "a NUL between": f"{USER}\0:{PASSWORD}",
    "a byte order mark": f"\ufeff{USER}:{PASSWORD}",
    "latin-1": f"{USER}:{PASSWORD}".encode("latin-1"),
    "UTF-16": f"{USER}:{PASSWORD}".encode("utf-16"),
    "no UTF-8": f"{USER}:".encode() + b"\xff\xfe",
    "decomposed": unicodedata.normalize("NFD", f"{USER}:{PASSWORD}"),
    "compatible": f"{USER}:{PASSWORD}".replace("a", "\uff41"),
    "percent-encoded": f"{USER}:{PASSWORD}".replace("/", "%2F"),
    "an example": "user:password",
    "empty user and password": ":",
    "null": "null:null",
    "None": "None:None",
    "SQL": "' OR 1=1 --:x",
    "a template": "${user}:${password}",
    "the agent's name": "canary:canary",
}


def wrong() -> Iterator[str]:
    """Headers that are not the right one; no two are alike."""
    yield from SCHEMES.values()
    yield from (f"Basic {token}" for token in TOKENS.values())
    yield from map(encoded, TEXTS.values())
    for cut in range(len(GOOD)):
        yield f"Basic {GOOD[:cut]}".rstrip()
        yield f"Basic {GOOD[:cut]}{GOOD[cut + 1 :]}"
        other = ALPHABET[(ALPHABET.index(GOOD[cut]) + 17) % 64] if GOOD[cut] != "=" else "A"
        yield f"Basic {GOOD[:cut]}{other}{GOOD[cut + 1 :]}"
        yield f"Basic {GOOD[:cut]}={GOOD[cut:]}"
    pair = f"{USER}:{PASSWORD}".encode()
    for index in range(len(pair)):
        for bit in range(8):
            flipped = pair[:index] + bytes([pair[index] ^ 1 << bit]) + pair[index + 1 :]
            yield encoded(flipped)
        yield encoded(pair[:index])
        yield encoded(pair[:index] + pair[index : index + 1] * 2 + pair[index + 1 :])
    chance = random.Random(7)
    for _ in range(100):
        yield encoded(chance.randbytes(chance.randrange(1, 60)))
        yield f"Basic {chance.randbytes(chance.randrange(1, 60)).decode('latin-1')}"


def sendable(value: str) -> bool:
    """Whether a server lets a header through, and as it is."""
    plain_text = all(c == "\t" or (" " <= c <= "\xff" and c != "\x7f") for c in value)
    return plain_text and value == value.strip(" \t")


VARIANTS = list(dict.fromkeys(value for value in wrong() if value != AUTHORIZATION))


def test_there_are_500_variants() -> None:
    assert len(VARIANTS) >= 500
    assert sum(map(sendable, VARIANTS)) >= 500


async def test_every_variant_of_the_header_is_the_same_401(door: Door) -> None:
    door.app = agent = Everything()
    everything = isinstance(door, InProcess)
    values = [value for value in VARIANTS if everything or sendable(value)]

    answers = {
        value: await door.send(post(SWML, {}, ("authorization", latin(value)))) for value in values
    }

    assert {v: a for v, a in answers.items() if a != UNAUTHORIZED} == {}
    assert agent.ran == []


def latin(value: str) -> str:
    """A header value of bytes, as text that latin-1 carries."""
    return value.encode("utf-8").decode("latin-1") if not value.isascii() else value


RIGHT = {
    "as it should be": AUTHORIZATION,
    "small letters": f"basic {GOOD}",
    "capitals": f"BASIC {GOOD}",
    "odd case": f"bAsIc {GOOD}",
    "two spaces": f"Basic  {GOOD}",
    "many spaces": f"Basic{' ' * 100}{GOOD}",
}


@table(RIGHT)
async def test_the_right_header_may_be_written_with_another_case_and_more_spaces(
    case: str, door: Door
) -> None:
    door.app = plain()

    assert (await door.send(get(SWML, ("authorization", case)))).status == 200


SEVERAL: dict[str, tuple[Field, ...]] = {
    "the right one twice": (("authorization", AUTHORIZATION),) * 2,
    "right, then wrong": (("authorization", AUTHORIZATION), basic("a", "b")),
    "wrong, then right": (basic("a", "b"), ("authorization", AUTHORIZATION)),
    "right, then empty": (("authorization", AUTHORIZATION), ("authorization", "")),
    "empty, then right": (("authorization", ""), ("authorization", AUTHORIZATION)),
    "in two cases": (("Authorization", AUTHORIZATION), ("AUTHORIZATION", AUTHORIZATION)),
    "three": (("authorization", AUTHORIZATION),) * 3,
    "a bearer beside it": (("authorization", AUTHORIZATION), ("authorization", "Bearer x")),
}


@table(SEVERAL)
async def test_of_several_headers_none_counts(case: tuple[Field, ...], door: Door) -> None:
    door.app = plain()

    assert await door.send(get(SWML, *case)) == UNAUTHORIZED


ELSEWHERE: dict[str, tuple[str, tuple[Field, ...]]] = {
    "Proxy-Authorization": (SWML, (("proxy-authorization", AUTHORIZATION),)),
    "X-Authorization": (SWML, (("x-authorization", AUTHORIZATION),)),
    "a cookie": (SWML, (("cookie", f"authorization={AUTHORIZATION}"),)),
    "the query": (f"{SWML}?authorization=Basic%20x&user=canary-user", ()),
    "an underscore": (SWML, (("http_authorization", AUTHORIZATION),)),
}


@table(ELSEWHERE)
async def test_credentials_elsewhere_do_not_count(
    case: tuple[str, tuple[Field, ...]], door: Door
) -> None:
    path, fields = case
    door.app = plain()

    assert await door.send(get(path, *fields, without=("authorization",))) == UNAUTHORIZED


@pytest.mark.parametrize("path", EVERYWHERE)
async def test_every_path_but_health_asks_for_credentials(path: str, door: Door) -> None:
    door.app = agent = Everything()
    strangers = ("authorization",)
    asked = [
        ask("GET", path, None, without=strangers),
        ask("POST", path, b"{}", without=strangers),
        ask("POST", path, b"nonsense", ("content-type", "text/plain"), without=strangers),
        ask("DELETE", f"{path}/", None, without=strangers),
        ask("GET", f"{path}?__token=x&call_id=c", None, basic("canary", "wrong")),
    ]

    assert [await door.send(each) for each in asked] == [UNAUTHORIZED] * len(asked)
    assert agent.ran == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/health", "/health/", "/ready", "/ready/"])
async def test_health_is_told_to_everybody(path: str, method: str, door: Door) -> None:
    door.app = plain()
    state = "ready" if "ready" in path else "healthy"

    for fields in ((), (basic("a", "b"),), (("authorization", "nonsense"),)):
        answer = await door.send(ask(method, path, None, *fields, without=("authorization",)))
        assert (answer.status, answer.data) == (200, {"status": state})


ROTATED = [("old", "old-canary:pass"), AUTH, ("\u00fcser", "\U0001f375")]


def rotated() -> AgentBase:
    return AgentBase("canary", "/agent", basic_auth=ROTATED, secret=SECRET)


@pytest.mark.parametrize("pair", ROTATED, ids=["first", "second", "beyond ASCII"])
async def test_each_of_several_pairs_is_good(pair: tuple[str, str], door: Door) -> None:
    door.app = rotated()

    assert (await door.send(get(SWML, basic(*pair)))).status == 200


async def test_halves_of_different_pairs_are_not_good(door: Door) -> None:
    door.app = rotated()
    mixed = [(a[0], b[1]) for a in ROTATED for b in ROTATED if a != b]

    assert [await door.send(get(SWML, basic(*pair))) for pair in mixed] == [UNAUTHORIZED] * 6
