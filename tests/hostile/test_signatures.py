"""With a signing key, documents go to signed requests only, and a wrong signature nowhere (D2)."""

import hmac
import json
from typing import Any

import pytest

from tests.hostile.agents import (
    CALL_ID,
    CALLBACK,
    CHECK_FOR_INPUT,
    SWAIG,
    SWML,
    Everything,
    call,
    plain,
    table,
    target,
)
from tests.hostile.canaries import PASSWORD, SIGNING_KEY, USER
from tests.hostile.doors import UNAUTHORIZED, Asked, Door, Field, Told, get, post, refused

PUBLIC = "https://voice.example/base"
WRONG = refused(403, "the webhook signature is missing or wrong")
ONLY_SIGNED = refused(403, "with a signing key only signed requests get a document")
SHA1, SHA256 = "x-signalwire-signature", "x-signalwire-sha256-signature"


def signature(
    path: str, body: bytes, key: str = SIGNING_KEY, digest: str = "sha1", origin: str = PUBLIC
) -> str:
    return hmac.digest(key.encode(), f"{origin}{path}".encode() + body, digest).hex()


def signed(path: str, data: Any, *digests: str, **options: str) -> Asked:
    """A POST as the platform signs it."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    fields = [
        ({"sha1": SHA1, "sha256": SHA256}[digest], signature(path, body, digest=digest, **options))
        for digest in digests or ("sha1",)
    ]
    return post(path, body, *fields)


def agent() -> Everything:
    return Everything(signing_key=SIGNING_KEY, public_url=PUBLIC)


FETCHES = (SWML, f"{SWML}/", CALLBACK)


async def test_an_unsigned_fetch_is_refused(door: Door) -> None:
    door.app = everything = agent()

    posts = [await door.send(post(path, {})) for path in FETCHES]
    gets = [await door.send(get(path)) for path in (*FETCHES, SWAIG)]

    assert posts == [WRONG] * 3
    assert gets == [ONLY_SIGNED] * 4
    assert everything.ran == []


async def test_credentials_are_asked_for_before_a_signature(door: Door) -> None:
    door.app = agent()
    asked = signed(SWML, {})
    fields = tuple(field for field in asked.fields if field[0] != "authorization")

    assert await door.send(asked._replace(fields=fields)) == UNAUTHORIZED


GOOD = {
    "SHA-1": (SWML, {}, ("sha1",)),
    "SHA-256": (SWML, {}, ("sha256",)),
    "both": (SWML, {"call": {"call_id": "c"}}, ("sha1", "sha256")),
    "a slash": (f"{SWML}/", {}, ("sha1",)),
    "a query": (f"{SWML}?a=b&c=%20", {}, ("sha1",)),
    "an empty body": (SWML, b"", ("sha1",)),
    "a callback": (CALLBACK, {}, ("sha1",)),
    "odd spacing": (SWML, b'{ "a" :1 }', ("sha256",)),
}


@table(GOOD)
async def test_a_signed_fetch_gets_its_document(
    case: tuple[str, Any, tuple[str, ...]], door: Door
) -> None:
    path, data, digests = case
    door.app = agent()

    assert (await door.send(signed(path, data, *digests))).status == 200


RIGHT = signature(SWML, b"{}")
BAD: dict[str, tuple[Field, ...]] = {
    "empty": ((SHA1, ""),),
    "cut": ((SHA1, RIGHT[:-1]),),
    "longer": ((SHA1, f"{RIGHT}0"),),
    "zeros": ((SHA1, "0" * 40),),
    "capitals": ((SHA1, RIGHT.upper()),),
    "in quotes": ((SHA1, f'"{RIGHT}"'),),
    "with a scheme": ((SHA1, f"sha1={RIGHT}"),),
    "beyond ASCII": ((SHA1, f"{RIGHT[:-1]}\xe9"),),
    "very long": ((SHA1, "a" * 10_000),),
    "of another key": ((SHA1, signature(SWML, b"{}", key="other")),),
    "of no key": ((SHA1, signature(SWML, b"{}", key="")),),
    "of another body": ((SHA1, signature(SWML, b'{"a":1}')),),
    "of another path": ((SHA1, signature(CALLBACK, b"{}")),),
    "of the path with a slash": ((SHA1, signature(f"{SWML}/", b"{}")),),
    "of another query": ((SHA1, signature(f"{SWML}?a=b", b"{}")),),
    "of another host": ((SHA1, signature(SWML, b"{}", origin="https://evil.example")),),
    "of the request's own host": ((SHA1, signature(SWML, b"{}", origin="http://agents.example")),),
    "of another scheme": ((SHA1, signature(SWML, b"{}", origin="http://voice.example/base")),),
    "without the prefix": ((SHA1, signature(SWML, b"{}", origin="https://voice.example")),),
    "with user and password": (
        (SHA1, signature(SWML, b"{}", origin=f"https://{USER}:{PASSWORD}@voice.example/base")),
    ),
    "SHA-256 as SHA-1": ((SHA1, signature(SWML, b"{}", digest="sha256")),),
    "SHA-1 as SHA-256": ((SHA256, RIGHT),),
    "SHA-1 right, SHA-256 wrong": ((SHA1, RIGHT), (SHA256, "0" * 64)),
    "SHA-1 right, SHA-256 empty": ((SHA1, RIGHT), (SHA256, "")),
    "another platform's": (("x-twilio-signature", RIGHT),),
    "in the query": (("x-original-url", f"{SWML}?{SHA1}={RIGHT}"),),
}


@table(BAD)
async def test_a_fetch_with_a_wrong_signature_is_refused(
    case: tuple[Field, ...], door: Door
) -> None:
    door.app = everything = agent()

    assert await door.send(post(SWML, b"{}", *case)) == WRONG
    assert everything.ran == []


async def test_a_changed_query_breaks_a_signature(door: Door) -> None:
    door.app = agent()

    assert await door.send(signed(f"{SWML}?a=b", {})._replace(target=f"{SWML}?a=c")) == WRONG
    assert await door.send(signed(f"{SWML}?a=b", {})._replace(target=SWML)) == WRONG


async def test_headers_do_not_change_the_url_that_is_signed(door: Door) -> None:
    door.app = agent()
    evil = "https://evil.example"
    asked = signed(SWML, {}, origin=evil)
    lies: tuple[Field, ...] = (("x-forwarded-host", "evil.example"), ("x-forwarded-prefix", ""))

    assert await door.send(asked._replace(fields=(*asked.fields, *lies))) == WRONG


async def test_elsewhere_an_unsigned_request_is_taken_as_the_platform_sends_it(door: Door) -> None:
    door.app = everything = agent()
    dialled = await dial_signed(door)
    everything.ran.clear()

    answers = [
        await door.send(post(dialled["swaig"], call("order", tea="Assam"))),
        await door.send(post(dialled["post_prompt"], {"call_id": CALL_ID})),
        await door.send(post(CHECK_FOR_INPUT, {"conversation_id": "c"})),
        await door.send(get(f"{CHECK_FOR_INPUT}?conversation_id=c")),
    ]

    assert [answer.status for answer in answers] == [200] * 4
    assert everything.ran == ["order", "on_summary", "check_for_input", "check_for_input"]


async def dial_signed(door: Door) -> dict[str, str]:
    found = await door.send(signed(SWML, {"call": {"call_id": CALL_ID}}))
    ai = found.data["sections"]["main"][-1]["ai"]
    urls = {"swaig": ai["SWAIG"]["defaults"]["web_hook_url"], "post_prompt": ai["post_prompt_url"]}
    return {name: target(url).removeprefix("/base") for name, url in urls.items()}


@pytest.mark.parametrize("header", [SHA1, SHA256])
@pytest.mark.parametrize("value", ["0" * 40, "0" * 64, "x", ""])
async def test_elsewhere_a_wrong_signature_is_refused(value: str, header: str, door: Door) -> None:
    door.app = everything = agent()
    dialled = await dial_signed(door)
    everything.ran.clear()
    field = (header, value)

    answers = [
        await door.send(post(dialled["swaig"], call("order", tea="Assam"), field)),
        await door.send(post(dialled["post_prompt"], {"call_id": CALL_ID}, field)),
        await door.send(post(CHECK_FOR_INPUT, {"conversation_id": "c"}, field)),
        await door.send(get(f"{CHECK_FOR_INPUT}?conversation_id=c", field)),
    ]

    assert answers == [WRONG] * 4
    assert everything.ran == []


async def test_elsewhere_a_right_signature_is_taken(door: Door) -> None:
    door.app = agent()
    dialled = await dial_signed(door)

    answer = await door.send(signed(dialled["swaig"], call("order", tea="Assam"), "sha256"))

    assert answer == Told(200, {"response": "One Assam."})


async def test_a_signature_is_no_token(door: Door) -> None:
    door.app = everything = agent()

    answer = await door.send(signed(SWAIG, call("order", tea="Assam")))

    assert answer == refused(403, "the token is missing, wrong, expired or of another call")
    assert everything.ran == []


async def test_without_a_signing_key_signatures_are_not_looked_at(door: Door) -> None:
    door.app = plain()

    assert (await door.send(post(SWML, {}, (SHA1, "nonsense")))).status == 200
