"""The platform's webhook signature over the URL and the raw body."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import _json
from agentkit.signature import Verifier, spellings

SAMPLES = Path(__file__).parents[2] / "shared/protocol/samples/webhook_signatures.json"

KEY = "fictional key of the tests"
URL = "https://agents.example.com/tea/swaig/?__token=v1.aa"
BODY = '{"function":"brew","say":"café ☃"}'.encode()

OWN = [
    {
        "name": "empty-body",
        "signing_key": "fictional key 1",
        "url": "https://agents.example.com/tea",
        "raw_body": "",
        "sha1_hex": "a6a680b0a13a2be6fc04f6d76462c8bb0b4b122f",
        "sha256_hex": "6a7ab0864ac9ab3c11a290e3beb9c4736b32f61e64454b4f81b12d8d6789488f",
    },
    {
        "name": "key-and-body-beyond-ascii",
        "signing_key": "ключ",
        "url": "https://agents.example.com:8443/r/swaig/?a=%20b&__token=v1.x",
        "raw_body": '{"say":"café ☃"}',
        "sha1_hex": "9bfb58da836260ba7820446ef1babb1fa16f4c21",
        "sha256_hex": "2c9ac75a388ba27a7c4c9217095144c3dbce5d6ac3294209e5c697594420c53e",
    },
]
PUBLISHED = ["vector-a", "swml-request-phone", "non-ascii-body"]


def published(name: str) -> Any:
    """A vector of the protocol folder, skipped by name where that is not beside the project."""
    found = _json.decode(SAMPLES.read_bytes()) if SAMPLES.exists() else []
    vector = next((each for each in found if each["name"] == name), None)
    reason = f"the protocol's vector {name} is not here"
    return pytest.param(vector, marks=pytest.mark.skipif(vector is None, reason=reason), id=name)


def sha1(body: bytes = BODY, url: str = URL, key: str = KEY) -> bytes:
    return hmac.new(key.encode(), url.encode() + body, hashlib.sha1).hexdigest().encode()


def sha256(body: bytes = BODY, url: str = URL, key: str = KEY) -> bytes:
    return hmac.new(key.encode(), url.encode() + body, hashlib.sha256).hexdigest().encode()


def accepts(sha1: bytes | None, sha256: bytes | None = None, body: bytes = BODY) -> bool:
    return Verifier([KEY]).accepts(URL, body, sha1, sha256)


@pytest.mark.parametrize(
    "vector",
    [*(pytest.param(own, id=own["name"]) for own in OWN), *map(published, PUBLISHED)],
)
def test_a_published_vector_is_accepted_and_its_neighbours_are_not(vector: dict[str, str]) -> None:
    verifier = Verifier([vector["signing_key"]])
    url, body = vector["url"], vector["raw_body"].encode()
    one, two = vector["sha1_hex"].encode(), vector["sha256_hex"].encode()
    assert verifier.accepts(url, body, one, two)
    assert verifier.accepts(url, body, one, None)
    assert verifier.accepts(url, body, None, two)
    assert not verifier.accepts(url, body, two, None)
    assert not verifier.accepts(url, body, None, one)
    assert not verifier.accepts(url, body + b" ", one, two)
    assert not verifier.accepts(f"{url}/", body, one, two)
    assert not verifier.accepts(url.replace("https", "http"), body, one, two)
    assert not Verifier([vector["signing_key"] + "x"]).accepts(url, body, one, two)


def test_the_stronger_signature_decides_when_it_is_there() -> None:
    assert accepts(b"wrong", sha256())
    assert accepts(None, sha256())
    assert not accepts(sha1(), b"wrong")
    assert not accepts(sha1(), b"")
    assert not accepts(sha1(), sha1())


def test_no_signature_is_no_proof() -> None:
    assert not accepts(None)
    assert not accepts(b"")


def test_a_signature_is_written_in_one_way_only() -> None:
    given = sha1()
    wrong = [given.upper(), b" " + given, given + b" ", given + b"\n", given + b"\x00", given[:-1],
             b"0x" + given, b"sha1=" + given, given + given, given.replace(b"0", b"O"),
             bytes.fromhex(given.decode()), "\u0660".encode() + given[1:]]  # fmt: skip
    assert accepts(given)
    assert [each for each in wrong if accepts(each)] == []
    assert not accepts(None, sha256().upper())


def test_each_of_several_keys_is_good() -> None:
    verifier = Verifier(["new", "old"])
    for key in ("new", "old"):
        assert verifier.accepts(URL, BODY, sha1(key=key), None)
        assert verifier.accepts(URL, BODY, None, sha256(key=key))
    assert not verifier.accepts(URL, BODY, sha1(key="older"), None)
    assert not verifier.accepts(URL, BODY, sha1(key="new,old"), None)


def test_without_a_key_nothing_is_accepted() -> None:
    assert not Verifier([]).accepts(URL, BODY, sha1(key=""), sha256(key=""))


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_a_signature_is_good_for_one_body(body: bytes, other: bytes) -> None:
    assert accepts(sha1(body), body=body)
    assert accepts(sha1(body), body=other) is (body == other)
    assert accepts(None, sha256(body), body=other) is (body == other)


@given(st.binary(max_size=80))
def test_random_bytes_are_no_signature(given_: bytes) -> None:
    assert not accepts(given_)
    assert not accepts(sha1(), given_)


SPELLINGS = {
    "https://a.example/": [
        "https://a.example/", "https://a.example:443/", "https://a.example",
        "https://a.example:443",
    ],
    "http://a.example/r": ["http://a.example/r", "http://a.example:80/r"],
    "https://a.example:8443/r/": ["https://a.example:8443/r/"],
    "https://a.example/?a=b": ["https://a.example/?a=b", "https://a.example:443/?a=b"],
    "https://a.example:443/": ["https://a.example:443/", "https://a.example:443"],
}  # fmt: skip


@pytest.mark.parametrize("url", SPELLINGS)
def test_a_url_is_accepted_in_every_spelling_that_leads_to_the_same_request(url: str) -> None:
    assert sorted(spellings(url)) == sorted(SPELLINGS[url])
    verifier = Verifier(["old", KEY])
    for spelled in SPELLINGS[url]:
        signed = Verifier([KEY]).sign(spelled, BODY).encode()
        assert verifier.accepts(url, BODY, signed, None)
    for other in ("https://a.example/x", "https://b.example/", f"{url}x"):
        assert not verifier.accepts(url, BODY, Verifier([KEY]).sign(other, BODY).encode(), None)
