from pathlib import Path

import pytest

from agentkit import AgentBase, _json
from agentkit.loopback.line.parcel import signatures
from agentkit.testing.messages import Request
from tests.loopback.line.apps import App, answering, redirect
from tests.loopback.line.conftest import Lines, tool, webhook

KEY = "PSKfictional"
VECTORS = Path(__file__).parents[2] / "payloads" / "webhook_signatures.json"
PUBLISHED = Path(__file__).parents[4] / "shared/protocol/samples/webhook_signatures.json"
MISSING = pytest.mark.skipif(not PUBLISHED.exists(), reason="../shared is not beside this clone")
OWN = (
    "https://agent.example.com/support?tenant=7",
    '{"call":{"call_id":"c-1"},"text":"café ☃"}'.encode(),
)
SHA1, SHA256 = "x-signalwire-signature", "x-signalwire-sha256-signature"


def test_the_signature_covers_url_and_body() -> None:
    signed = {
        name.decode(): value.decode() for name, value in signatures(KEY.encode(), *OWN).items()
    }
    assert signed == {
        SHA1: "7175484d6065bf6a90d30c8ec2cd6e0c161f9a30",
        SHA256: "00d240269cd767b5cdb3a57093b80e7080a2adda2e9473aea161e37e937e1dfd",
    }


@pytest.mark.parametrize(
    "file", [VECTORS, pytest.param(PUBLISHED, marks=MISSING)], ids=["own", "published"]
)
def test_known_vectors_are_signed_alike(file: Path) -> None:
    vectors = [each for each in _json.decode(file.read_bytes()) if "raw_body" in each]
    for each in vectors:
        made = signatures(each["signing_key"].encode(), each["url"], each["raw_body"].encode())
        assert made == {
            SHA1.encode(): each["sha1_hex"].encode(),
            SHA256.encode(): each["sha256_hex"].encode(),
        }
    assert len(vectors) >= 3


async def test_a_document_is_fetched_signed_over_its_url_without_credentials(
    line_to: Lines,
) -> None:
    agent = answering()
    line = line_to(agent, base_url="https://agent.example.com", signing_key=KEY)
    await line.send(webhook("document", "https://u:p@agent.example.com/support?tenant=7", OWN[1]))
    headers = agent.got[0].headers
    assert (headers[SHA1], headers[SHA256]) == (
        "7175484d6065bf6a90d30c8ec2cd6e0c161f9a30",
        "00d240269cd767b5cdb3a57093b80e7080a2adda2e9473aea161e37e937e1dfd",
    )
    assert headers["authorization"] == "Basic dTpw"


async def test_nothing_but_documents_is_signed(line_to: Lines) -> None:
    agent = answering()
    line = line_to(agent, signing_key=KEY)
    await line.send(tool())
    for kind in ("poll", "hook", "post_prompt", "signature", "debug", "datamap", "mcp", "request"):
        await line.send(webhook(kind, "/"))
    assert not any(SHA1 in got.headers or SHA256 in got.headers for got in agent.got)


async def test_documents_of_others_are_signed_too(line_to: Lines) -> None:
    seen: list[str | None] = []

    def other(request: Request) -> object:
        seen.append(request.headers.get(SHA1))
        return {}

    line = line_to(answering(), signing_key=KEY, outside={"other.example": other})
    await line.send(webhook("document", "https://other.example/"))
    assert seen[0]


async def test_without_a_key_nothing_is_signed(line_to: Lines) -> None:
    agent = answering()
    await line_to(agent).send(webhook("document", "/"))
    assert SHA1 not in agent.got[0].headers


async def test_an_agent_that_demands_signatures_serves_a_signed_fetch_only(line_to: Lines) -> None:
    origin = "https://agent.example.com"
    agent = AgentBase(
        "signed", route="/", basic_auth=("u", "p"), signing_key=KEY, public_url=origin
    )
    fetch = webhook("document", "https://u:p@agent.example.com/", b'{"call":{"call_id":"c-1"}}')
    signed = await line_to(agent, base_url=origin, signing_key=KEY).send(fetch)
    unsigned = await line_to(agent, base_url=origin).send(fetch)
    assert (signed.status, unsigned.status) == (200, 403)


async def test_headers_of_a_webhook_replace_those_of_the_platform(line_to: Lines) -> None:
    agent = answering()
    await line_to(agent).send(
        webhook("request", "/", b"a=1", headers=(("Content-Type", "text/x"), ("X-One", "1")))
    )
    await line_to(agent).send(webhook("datamap", "/"))
    first, second = agent.got
    assert (first.headers["content-type"], first.headers["x-one"]) == ("text/x", "1")
    assert second.headers["user-agent"] == "SignalWire-CallFabric/1.0"


async def test_words_of_a_caller_in_a_header_stay_in_it(line_to: Lines) -> None:
    agent = answering()
    said = (("x-said", "Zoë ☃\r\nx-signalwire-signature: forged\x00"), ("x-lone", "\ud800"))
    await line_to(agent).send(webhook("request", "/", headers=said))
    headers = agent.got[0].headers
    assert headers["x-said"].encode("latin-1").decode() == "Zoë ☃ x-signalwire-signature: forged "
    assert headers["x-lone"] == "?"
    assert SHA1 not in headers


async def test_a_redirect_is_not_followed_for_ever(line_to: Lines) -> None:
    agent = App([redirect("/again")])
    reply = await line_to(agent).send(webhook("post_prompt", "/"))
    assert (reply.status, reply.error, len(agent.got)) == (0, "redirects", 16)
